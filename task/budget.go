package task

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/prompt"
)

// Budget bounds what is shown to the model by its context window.
type Budget struct {
	// Window is the size of the model's context in tokens, prompt and answers together.
	Window int `json:"window"`
	// Answer is how many tokens are kept free for an answer; 0 means generation.max_tokens, or 1,024 without.
	Answer int `json:"answer"`
}

// DefaultAnswerTokens is what a budget keeps free for an answer whose length is not bounded.
const DefaultAnswerTokens = 1024

func (b *Budget) fill(g Generation) {
	if b.Answer == 0 {
		b.Answer = cmp.Or(g.MaxTokens, DefaultAnswerTokens)
	}
}

// tokens is how long a prompt may be, so that it, its answer and the critiques that follow fit into the window.
func (s Spec) promptTokens() int {
	return s.Budget.Window - s.Budget.Answer*(1+2*s.Technique.Critiques)
}

func (s Spec) validateBudget(bad complain) {
	switch b := s.Budget; {
	case b == nil:
	case b.Window < 1 || b.Answer < 1:
		bad("budget.window is %d and budget.answer %d; want 1 or more tokens", b.Window, b.Answer)
	case s.promptTokens() < 1:
		bad("budget.window is %d, which %d answers of %d tokens fill; want more than %d",
			b.Window, 1+2*s.Technique.Critiques, b.Answer, b.Window-s.promptTokens())
	}
}

// fit cuts a prompt to the budget. Without one nothing is counted.
func (s Spec) fit(p prompt.Prompt, c llm.Counter) (prompt.Prompt, []prompt.Cut, error) {
	if s.Budget == nil {
		return p, nil, nil
	}
	fitted, cuts, err := prompt.Budget{MaxTokens: s.promptTokens(), Counter: c}.Fit(p)
	if err != nil {
		return p, nil, fmt.Errorf("budget of a window of %d tokens: %w", s.Budget.Window, err)
	}
	return fitted, cuts, nil
}

// cutFlags says what was cut of a question. Only criteria are named: an exemplar that others are compared with is none.
func (s Spec) cutFlags(about string, cuts []prompt.Cut) []Flag {
	var out []Flag
	for _, c := range cuts {
		f := Flag{Kind: FlagContextCut, Detail: c.String()}
		if s.Technique.PerCriterion {
			f.Criterion = about
		}
		out = append(out, f)
	}
	return out
}

// omissions count how many questions leave something out altogether.
type omissions map[omission]int

type omission struct {
	tag     prompt.Tag
	example string
}

func (o omissions) add(cuts []prompt.Cut) {
	for _, c := range cuts {
		if c.To == 0 {
			o[omission{c.Tag, c.Example}]++
		}
	}
}

// from leaves out of a provenance what none of so many questions showed.
func (o omissions) from(p Provenance, questions int) Provenance {
	if o[omission{tag: prompt.Documents}] == questions {
		p.Documents = nil
	}
	if o[omission{tag: prompt.Passages}] == questions {
		p.Passages = nil
	}
	p.Exemplars = slices.DeleteFunc(slices.Clone(p.Exemplars), func(id string) bool { return o[omission{example: id}] == questions })
	return p
}
