package llm

import (
	"context"
	"strconv"
	"strings"
)

// Settings are the values that [Defaults] fills in. The zero value sets nothing.
type Settings struct {
	// Temperature is for requests whose temperature is nil; nil leaves it to the provider.
	Temperature *float64
	// MaxTokens is for requests whose bound is 0; 0 leaves it to the provider.
	MaxTokens int
	// Seed is for requests whose seed is nil; nil asks for none.
	Seed *int64
}

// Defaults returns the middleware that fills in what a request leaves unset and never changes what it sets. The request of the
// caller is not modified, and the settings are copied: changing what they point to later has no effect. Values are passed on as
// they are; one that a provider does not take fails there, with [CodeInvalid].
//
// The identity names the settings: "defaults(temperature=0.2,max_tokens=800) openai/gpt-4o". Without any setting the middleware
// is the model itself. A model without an [Identifier] stands there as [IdentityOf] says.
func Defaults(s Settings) Middleware {
	s.Temperature, s.Seed = copied(s.Temperature), copied(s.Seed)
	return func(m Model) Model {
		if s == (Settings{}) {
			return m
		}
		return &defaults{s, m}
	}
}

type defaults struct {
	settings Settings
	model    Model
}

var (
	_ Identifier = (*defaults)(nil)
	_ Describer  = (*defaults)(nil)
	_ Rehearser  = (*defaults)(nil)
)

func (d *defaults) Generate(ctx context.Context, req Request) (Response, error) {
	return d.model.Generate(ctx, d.filled(req)) //nolint:wrapcheck // a model's own error is the error of this port
}

func (d *defaults) Rehearse(ctx context.Context, req Request) (Response, error) {
	return Rehearse(ctx, d.model, d.filled(req))
}

func (d *defaults) ModelInfo() (provider, model string) { return ModelInfoOf(d.model) }

// filled returns the request with what it leaves unset.
func (d *defaults) filled(req Request) Request {
	if req.Temperature == nil {
		req.Temperature = copied(d.settings.Temperature)
	}
	if req.MaxTokens == 0 {
		req.MaxTokens = d.settings.MaxTokens
	}
	if req.Seed == nil {
		req.Seed = copied(d.settings.Seed)
	}
	return req
}

func (d *defaults) Identity() string {
	var set []string
	if t := d.settings.Temperature; t != nil {
		set = append(set, "temperature="+strconv.FormatFloat(*t, 'g', -1, 64))
	}
	if n := d.settings.MaxTokens; n != 0 {
		set = append(set, "max_tokens="+strconv.Itoa(n))
	}
	if s := d.settings.Seed; s != nil {
		set = append(set, "seed="+strconv.FormatInt(*s, 10))
	}
	return "defaults(" + strings.Join(set, ",") + ") " + IdentityOf(d.model)
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
