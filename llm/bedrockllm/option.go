package bedrockllm

import "fmt"

// Option configures a [Model].
type Option interface{ apply(*settings) error }

type option func(*settings) error

func (o option) apply(s *settings) error { return o(s) }

type settings struct{ mode ReplyMode }

// ReplyMode is how a reply is made to fit [llm.Request.Reply].
type ReplyMode string

// The modes of a reply.
const (
	// ForcedTool sends the schema as the input of the only tool, which the model must use; the input is the text of the response.
	ForcedTool ReplyMode = "forced_tool"
	// NativeSchema sends the schema as the format of the text, without the bounds that Bedrock refuses there.
	NativeSchema ReplyMode = "native_schema"
)

// WithReplyMode sets how a reply is made to fit a schema. The default is [ForcedTool]. The last use wins.
func WithReplyMode(mode ReplyMode) Option {
	return option(func(s *settings) error {
		if mode != ForcedTool && mode != NativeSchema {
			return fmt.Errorf("bedrockllm: the reply mode is %q; want %s or %s", mode, ForcedTool, NativeSchema)
		}
		s.mode = mode
		return nil
	})
}
