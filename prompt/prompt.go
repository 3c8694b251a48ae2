package prompt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/llm"
)

// Tag names a kind of section. It is what the section's text stands between: <rubric> … </rubric>.
type Tag string

// The tags of the shipped tasks.
const (
	Assignment  Tag = "assignment"
	Rubric      Tag = "rubric"
	Documents   Tag = "class_documents"
	Passages    Tag = "passages"
	PriorDraft  Tag = "prior_draft"
	Submission  Tag = "submission"
	Target      Tag = "target_passage"
	Anchor      Tag = "graded_text"
	Instruction Tag = ""
)

// Tags lists the tags that delimit text; [Instruction] is not one of them, it stands on its own.
func Tags() []Tag {
	return []Tag{Assignment, Rubric, Documents, Passages, PriorDraft, Submission, Target, Anchor}
}

// Section is one part of a prompt. A section without text is absent: it leaves no trace in what is sent.
type Section struct {
	Tag  Tag    `json:"tag,omitempty"`
	Text string `json:"text"`
	// CutOrder says when a [Budget] may cut the section: 0 is never, 1 is the first to go, higher numbers go later.
	CutOrder int `json:"cut_order,omitempty"`
	// Trim lets a [Budget] shorten the section from its end, paragraph by paragraph, before it drops it.
	Trim bool `json:"trim,omitempty"`
}

// Example is a worked example: what a user would have sent and what the assistant should have answered.
type Example struct {
	// ID names the example in a [Cut]; it is not sent.
	ID    string    `json:"id,omitempty"`
	User  []Section `json:"user"`
	Reply string    `json:"reply"`
	// CutOrder is that of a [Section]: an example is dropped whole. The cut orders of the sections in User mean nothing.
	CutOrder int `json:"cut_order,omitempty"`
}

// Prompt is everything a model is to be told, in parts. The zero value has nothing to ask and cannot be rendered.
type Prompt struct {
	// System is what holds for every submission: instructions, assignment, rubric, class documents.
	System []Section `json:"system,omitempty"`
	// Examples are shown after System, in order.
	Examples []Example `json:"examples,omitempty"`
	// User is the question: the submission and what belongs to it. It must have text.
	User []Section `json:"user"`
	// Reply is the shape of the answer; nil asks for free text.
	Reply *Schema `json:"reply,omitempty"`
}

// Request renders p: one system message unless it would be empty, a user and an assistant message per example, and the user's question.
func (p Prompt) Request() (llm.Request, error) {
	var req llm.Request
	tags := p.tags()
	if text := render(p.System, tags); text != "" {
		req.Messages = append(req.Messages, llm.Message{Role: llm.System, Text: text})
	}
	for i, e := range p.Examples {
		turns := e.messages(tags)
		if turns[0].Text == "" || turns[1].Text == "" {
			return llm.Request{}, fmt.Errorf("prompt: example %d lacks a question or a reply", i+1)
		}
		req.Messages = append(req.Messages, turns...)
	}
	question := render(p.User, tags)
	if question == "" {
		return llm.Request{}, errors.New("prompt: there is nothing to ask: every section of the user's part is absent")
	}
	req.Messages = append(req.Messages, llm.Message{Role: llm.User, Text: question})
	if p.Reply != nil {
		req.Reply = p.Reply.wire()
	}
	return req, nil
}

func (e Example) messages(tags []Tag) []llm.Message {
	return []llm.Message{{Role: llm.User, Text: render(e.User, tags)}, {Role: llm.Assistant, Text: e.Reply}}
}

// tags lists every tag that delimits something in p, and those of the shipped tasks: the text of one section must not pass for another.
func (p Prompt) tags() []Tag {
	tags := Tags()
	add := func(sections []Section) {
		for _, s := range sections {
			if s.Tag != Instruction && !slices.Contains(tags, s.Tag) {
				tags = append(tags, s.Tag)
			}
		}
	}
	add(p.System)
	for _, e := range p.Examples {
		add(e.User)
	}
	add(p.User)
	return tags
}

func render(sections []Section, tags []Tag) string {
	var b strings.Builder
	for _, s := range sections {
		if s.Text == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(separator)
		}
		s.write(&b, tags)
	}
	return b.String()
}

// separator stands between sections, and between the paragraphs of one.
const separator = "\n\n"

func (s Section) write(b *strings.Builder, tags []Tag) {
	if s.Tag == Instruction {
		b.WriteString(s.Text)
		return
	}
	text := guarded(s.Text, tags)
	b.Grow(len(text) + 2*len(s.Tag) + len("<>\n\n</>")) // an essay would otherwise be copied several times
	for _, part := range []string{"<", string(s.Tag), ">\n", text, "\n</", string(s.Tag), ">"} {
		b.WriteString(part)
	}
}

// Rendering is [Prompt.Request] as a pipeline stage: it satisfies pipeline.Stage[Prompt, llm.Request].
type Rendering struct{}

// Run renders one prompt.
func (Rendering) Run(_ context.Context, p Prompt) (llm.Request, error) { return p.Request() }
