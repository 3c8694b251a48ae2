package task

import "cmp"

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
