package openaillm

// Params is the model in a configuration file. It holds no credentials: they come with the options of [Params.New].
//
//	config.WithModel("openai", func(p openaillm.Params, env config.Environment) (llm.Model, error) {
//		key, err := env.Secret("api_key")
//		if err != nil {
//			return nil, err
//		}
//		return p.New(openaillm.WithAPIKey(key.Reveal()))
//	})
type Params struct {
	// Model is the model, or the deployment on Azure. It is required.
	Model string `json:"model"`
	// BaseURL is for [WithBaseURL]; empty is OpenAI.
	BaseURL string `json:"base_url,omitempty"`
	// ReplyMode is for [WithReplyMode]; empty is the default.
	ReplyMode ReplyMode `json:"reply_mode,omitempty"`
	// MaxTokensField is for [WithMaxTokensField]; empty is the default.
	MaxTokensField MaxTokensField `json:"max_tokens_field,omitempty"`
}

// New returns the model that p describes. The options come after what p says and win over it.
func (p Params) New(opts ...Option) (*Model, error) {
	var own []Option
	if p.BaseURL != "" {
		own = append(own, WithBaseURL(p.BaseURL))
	}
	if p.ReplyMode != "" {
		own = append(own, WithReplyMode(p.ReplyMode))
	}
	if p.MaxTokensField != "" {
		own = append(own, WithMaxTokensField(p.MaxTokensField))
	}
	return New(p.Model, append(own, opts...)...)
}
