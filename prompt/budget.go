package prompt

import (
	"fmt"

	"github.com/gloss-sdk/gloss/llm"
)

// Budget bounds the size of a prompt. The zero value allows nothing.
type Budget struct {
	// MaxTokens is the most that the whole request may count before the answer: the model's window less the room for the answer.
	MaxTokens int
	// Counter counts tokens; nil is [llm.Estimate].
	Counter llm.Counter
}

// Cut is one part of a prompt that was shortened or left out to keep a [Budget].
type Cut struct {
	// Tag is the tag of a section; that of an [Instruction] is empty.
	Tag Tag `json:"tag,omitempty"`
	// Example is the ID of an example, or its place such as "#2" if it has none; it is empty for a section.
	Example string `json:"example,omitempty"`
	// From and To are the tokens of the part before and after; To is 0 for a part that was left out.
	From int `json:"from"`
	To   int `json:"to"`
}

// String says what was cut, as in "class_documents: 3200 to 1100 tokens".
func (c Cut) String() string {
	name := string(c.Tag)
	switch {
	case c.Example != "":
		name = "example " + c.Example
	case c.Tag == Instruction:
		name = "instruction"
	}
	return fmt.Sprintf("%s: %d to %d tokens", name, c.From, c.To)
}

// OverBudgetError is a prompt that exceeds a [Budget] with everything cut that may be.
type OverBudgetError struct {
	// Need counts the tokens of what is never cut, Max is the budget.
	Need, Max int
}

// Error says what is needed, what is allowed and what would be right.
func (e *OverBudgetError) Error() string {
	return fmt.Sprintf("prompt: what may not be cut needs %d tokens and %d are allowed: want a larger window, a shorter submission, "+
		"or a cut order on more parts", e.Need, e.Max)
}

// ErrorClass returns "context_too_long".
func (e *OverBudgetError) ErrorClass() string { return string(llm.CodeContextTooLong) }

// Fit returns p, cut so that its request counts at most MaxTokens by [llm.CountRequest], and what was cut in the order in which it went. A
// prompt that fits is returned as it is. Otherwise parts go by their cut order, those of one order from the end of the prompt (the question,
// then the examples, then the system's part) to its start, until the rest fits; a section that may be trimmed loses its paragraphs
// from the last on, as far as that saves tokens and no further than needed, before it goes as a whole. A line at its end then says so. Parts
// of cut order 0 stay byte for byte, and so does p. A larger budget never shows less. The error is an [*OverBudgetError], or that of
// [Prompt.Request].
//
// Each part is counted once. A counter may find that a text counts less than its pieces do, so a few tokens of the budget can stay unused.
func (b Budget) Fit(p Prompt) (Prompt, []Cut, error) {
	need, err := b.count(p)
	if err != nil {
		return Prompt{}, nil, err
	}
	if need <= b.MaxTokens {
		return p, nil, nil
	}
	parts := b.parts(p)
	for i := range parts {
		parts[i].at = len(parts[i].steps) - 1
	}
	least, err := b.count(without(p, parts))
	if err != nil {
		return Prompt{}, nil, fmt.Errorf("%w: want a part of the question at cut order 0", err)
	}
	if least > b.MaxTokens {
		return Prompt{}, nil, &OverBudgetError{Need: least, Max: b.MaxTokens}
	}
	room := b.MaxTokens - least
	for i := range parts {
		parts[i].at = 0
		room -= parts[i].tokens()
	}
	return b.cut(p, parts, room)
}

// cut takes step after step until what is left fits the room by its parts, and then as a whole. The steps are the same for every budget,
// which is what makes a larger one never show less.
func (b Budget) cut(p Prompt, parts []part, room int) (Prompt, []Cut, error) {
	for i := range parts {
		for part := &parts[i]; part.at < len(part.steps)-1; {
			room += part.tokens()
			part.at++
			room -= part.tokens()
			if room < 0 {
				continue
			}
			fitted := without(p, parts)
			need, err := b.count(fitted)
			if err != nil {
				return Prompt{}, nil, err
			}
			if need <= b.MaxTokens {
				return fitted, cuts(parts), nil
			}
		}
	}
	return Prompt{}, nil, &OverBudgetError{Need: b.MaxTokens - room, Max: b.MaxTokens} // Fit has found that the last step fits
}

func (b Budget) count(p Prompt) (int, error) {
	req, err := p.Request()
	if err != nil {
		return 0, err
	}
	return llm.CountRequest(b.Counter, req), nil
}
