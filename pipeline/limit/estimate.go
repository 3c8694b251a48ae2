package limit

import "github.com/gloss-sdk/gloss/pipeline"

// mean is an average that forgets: from the hundredth value on, each counts for a hundredth.
type mean struct {
	count int
	value float64
}

func (m *mean) add(v float64) {
	const memory = 100
	m.count = min(m.count+1, memory)
	m.value += (v - m.value) / float64(m.count)
}

// kind tells calls apart that can be expected to take different amounts. A program has as many as it has stages that call.
type kind struct{ resource, provider, model, stage string }

// demand is what a call says for itself. Without a word from its input, stated is false.
type demand struct {
	kind
	input, bound int // tokens; bound is that of the output, 0 if there is none
	stated       bool
}

// demandOf asks the input of a call.
func demandOf(c pipeline.CallInfo, in any) demand {
	const most = 1 << 30 // no call takes more tokens; what claims to is kept from overflowing
	d := demand{kind: kind{c.Resource, c.Provider, c.Model, c.Stage}}
	d.input, d.bound, d.stated = pipeline.EstimateTokens(in)
	d.input = min(max(d.input, 0), most)
	return d
}

// usage is what a call took, 0 if its output does not say, as with providers that report nothing.
type usage struct{ input, output int }

// usageOf asks the output of a call.
func usageOf(out any) usage {
	u := pipeline.TokensOf(out)
	return usage{u.Input, u.Output}
}

func (u usage) tokens() int { return u.input + u.output }

// consumption averages what the calls of a kind took.
type consumption struct{ input, output mean }

// experience is what the calls of each kind took. The caller's lock guards it.
type experience struct {
	start int // output expected of an unknown kind
	kinds map[kind]*consumption
}

// expect returns how many tokens a call takes: the input that it states, and the average output of its kind. If it states nothing it
// is the average of both, and none where no call of the kind has reported any, as with resources that have no tokens.
func (e *experience) expect(d demand) int {
	known := e.kinds[d.kind]
	switch {
	case known == nil && !d.stated:
		return 0
	case !d.stated:
		return int(known.input.value + known.output.value)
	}
	output := e.start
	if known != nil {
		output = int(known.output.value)
	}
	if d.bound > 0 {
		output = min(output, d.bound)
	}
	return d.input + output
}

// add counts what a call of a kind took.
func (e *experience) add(k kind, u usage) {
	known := e.kinds[k]
	if known == nil {
		known = &consumption{}
		e.kinds[k] = known
	}
	known.input.add(float64(u.input))
	known.output.add(float64(u.output))
}
