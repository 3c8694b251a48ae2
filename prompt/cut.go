package prompt

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/llm"
)

// leftOut is the last line of a section that was shortened.
const leftOut = "[The rest is left out.]"

// paragraphEnd is the blank line, or lines, between two paragraphs.
var paragraphEnd = regexp.MustCompile(`\n(?:[ \t\r]*\n)+`)

// part is one part of a prompt that may be cut, in steps.
type part struct {
	list  list
	index int
	order int
	cut   Cut
	steps []step
	at    int // the step that was taken last
}

// step is what a part can be: whole, shortened, and at last nothing. Each takes fewer tokens than the one before.
type step struct {
	tokens int
	keep   int // how many bytes of a section that is shortened stay
}

// list says in which part of a prompt a part stands.
type list int

const (
	inSystem list = iota
	inExamples
	inUser
)

func (p *part) tokens() int { return p.steps[p.at].tokens }

func (p *part) dropped() bool { return p.at == len(p.steps)-1 }

// shortened returns what stays of a section's text.
func (p *part) shortened(text string) string {
	if p.dropped() {
		return ""
	}
	return text[:p.steps[p.at].keep] + separator + leftOut
}

// parts lists what may be cut, in the order in which it goes, with every part whole.
func (b Budget) parts(p Prompt) []part {
	var out []part
	tags := p.tags()
	sections := func(in list, sections []Section) {
		for i, s := range sections {
			if s.CutOrder > 0 && s.Text != "" {
				out = append(out, part{list: in, index: i, order: s.CutOrder, cut: Cut{Tag: s.Tag}, steps: b.steps(s, tags)})
			}
		}
	}
	sections(inSystem, p.System)
	framing := llm.CountRequest(b.Counter, llm.Request{}) // that of a request as a whole
	for i, e := range p.Examples {
		if e.CutOrder > 0 {
			tokens := llm.CountRequest(b.Counter, llm.Request{Messages: e.messages(tags)}) - framing
			out = append(out, part{list: inExamples, index: i, order: e.CutOrder, cut: Cut{Example: cmp.Or(e.ID, fmt.Sprintf("#%d", i+1))},
				steps: []step{{tokens: tokens}, {}}})
		}
	}
	sections(inUser, p.User)
	slices.Reverse(out)
	slices.SortStableFunc(out, func(a, b part) int { return cmp.Compare(a.order, b.order) })
	return out
}

// steps returns what a section can be. The paragraphs are counted one by one, never again for each length that the section can have.
func (b Budget) steps(s Section, tags []Tag) []step {
	count := func(text string) int { return b.tokens(guarded(text, tags)) }
	var frame strings.Builder
	Section{Tag: s.Tag}.write(&frame, tags)
	used := b.tokens(frame.String() + separator)
	if !s.Trim {
		return []step{{tokens: used + count(s.Text)}, {}}
	}
	marker := count(separator + leftOut)
	var shorter []step
	from := 0
	for _, end := range paragraphEnd.FindAllStringIndex(s.Text, -1) {
		used += count(s.Text[from:end[1]])
		from = end[1]
		if strings.TrimSpace(s.Text[:end[0]]) != "" {
			shorter = append(shorter, step{used + marker, end[0]})
		}
	}
	whole := used + count(s.Text[from:])
	out := []step{{tokens: whole}}
	for _, st := range slices.Backward(shorter) {
		if st.tokens < out[len(out)-1].tokens {
			out = append(out, st)
		}
	}
	return append(out, step{})
}

func (b Budget) tokens(text string) int {
	if b.Counter == nil {
		return llm.Estimate{}.CountTokens(text)
	}
	return b.Counter.CountTokens(text)
}

// without returns p with its parts as they are at their steps.
func without(p Prompt, parts []part) Prompt {
	for _, in := range []list{inSystem, inUser} {
		sections := &p.System
		if in == inUser {
			sections = &p.User
		}
		*sections = slices.Clone(*sections)
		for i := range parts {
			if part := &parts[i]; part.list == in && part.at > 0 {
				s := &(*sections)[part.index]
				s.Text = part.shortened(s.Text)
			}
		}
		*sections = slices.DeleteFunc(*sections, func(s Section) bool { return s.Text == "" })
	}
	gone := map[int]bool{}
	for i := range parts {
		if part := &parts[i]; part.list == inExamples && part.dropped() {
			gone[part.index] = true
		}
	}
	var examples []Example
	for i, e := range p.Examples {
		if !gone[i] {
			examples = append(examples, e)
		}
	}
	p.Examples = examples
	return p
}

// cuts lists the parts that are not whole.
func cuts(parts []part) []Cut {
	var out []Cut
	for i := range parts {
		if p := &parts[i]; p.at > 0 {
			c := p.cut
			c.From, c.To = p.steps[0].tokens, p.tokens()
			out = append(out, c)
		}
	}
	return out
}
