package prompt

import (
	"context"
	"errors"
	"fmt"
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
	Instruction Tag = ""
)

// Tags lists the tags that delimit text; [Instruction] is not one of them, it stands on its own.
func Tags() []Tag {
	return []Tag{Assignment, Rubric, Documents, Passages, PriorDraft, Submission, Target}
}

// Section is one part of a prompt. A section without text is absent: it leaves no trace in what is sent.
type Section struct {
	Tag  Tag    `json:"tag,omitempty"`
	Text string `json:"text"`
}

// Example is a worked example: what a user would have sent and what the assistant should have answered.
type Example struct {
	User  []Section `json:"user"`
	Reply string    `json:"reply"`
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
	if text := render(p.System); text != "" {
		req.Messages = append(req.Messages, llm.Message{Role: llm.System, Text: text})
	}
	for i, e := range p.Examples {
		user := render(e.User)
		if user == "" || e.Reply == "" {
			return llm.Request{}, fmt.Errorf("prompt: example %d lacks a question or a reply", i+1)
		}
		req.Messages = append(req.Messages,
			llm.Message{Role: llm.User, Text: user}, llm.Message{Role: llm.Assistant, Text: e.Reply})
	}
	question := render(p.User)
	if question == "" {
		return llm.Request{}, errors.New("prompt: there is nothing to ask: every section of the user's part is absent")
	}
	req.Messages = append(req.Messages, llm.Message{Role: llm.User, Text: question})
	if p.Reply != nil {
		req.Reply = p.Reply.wire()
	}
	return req, nil
}

func render(sections []Section) string {
	var b strings.Builder
	for _, s := range sections {
		if s.Text == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		if s.Tag == Instruction {
			b.WriteString(s.Text)
			continue
		}
		fmt.Fprintf(&b, "<%s>\n%s\n</%s>", s.Tag, guarded(s.Text), s.Tag)
	}
	return b.String()
}

// guarded keeps a text from closing, or opening, a section: whatever a student writes stays inside the section that it stands in.
func guarded(text string) string {
	if !strings.Contains(text, "<") {
		return text
	}
	for _, tag := range Tags() {
		text = strings.ReplaceAll(text, "</"+string(tag), `<\/`+string(tag))
		text = strings.ReplaceAll(text, "<"+string(tag), `<\`+string(tag))
	}
	return text
}

// Rendering is [Prompt.Request] as a pipeline stage: it satisfies pipeline.Stage[Prompt, llm.Request].
type Rendering struct{}

// Run renders one prompt.
func (Rendering) Run(_ context.Context, p Prompt) (llm.Request, error) { return p.Request() }
