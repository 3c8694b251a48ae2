package task

import (
	"context"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/prompt"
)

// critic lets the model criticize its answer and write it anew (Madaan et al. 2023, arXiv 2303.17651).
type critic struct {
	ask, critique, revise asking
	rounds                int
	schema                *prompt.Schema
	criticize             llm.Request // the turn that asks for a critique, with its schema
	again                 string      // the turn that asks for the answer anew
}

type critiqueReply struct {
	Problems []string `json:"problems" jsonschema:"description=what is wrong with the answer\\, most important first; empty if nothing is"`
}

func newCritic(c caller, rounds int, t *Templates) (asking, error) {
	schema, err := prompt.ShapeOf[critiqueReply]().Schema("critique")
	if err != nil {
		return nil, err //nolint:wrapcheck // the error names its package
	}
	criticize, err := t.critique.Render(struct{}{})
	if err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	again, err := t.revise.Render(struct{}{})
	if err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	turn, err := prompt.Prompt{User: []prompt.Section{{Text: criticize}}, Reply: schema}.Request()
	return critic{
		ask: pipeline.Named("draft", c), critique: pipeline.Named("critique", c), revise: pipeline.Named("revise", c),
		rounds: rounds, schema: schema, criticize: turn, again: again,
	}, err //nolint:wrapcheck // as above
}

// Run asks, and goes on in the same conversation. A critique that finds nothing, or that there is nothing to write about, is the last.
func (c critic) Run(ctx context.Context, q Question) (exchange, error) {
	x, err := c.ask.Run(ctx, q)
	for range c.rounds {
		if err != nil || !sayable(x.Response) {
			break
		}
		found, critiqueErr := c.critique.Run(ctx, x.then(c.criticize.Messages[0].Text, c.criticize.Reply))
		if critiqueErr != nil {
			return exchange{}, critiqueErr //nolint:wrapcheck // the port's own error
		}
		x.Flags = append(x.Flags, found.Flags...)
		if !sayable(found.Response) || c.nothing(found.Response) {
			break
		}
		flags := x.Flags
		x, err = c.revise.Run(ctx, found.then(c.again, q.Request.Reply))
		x.Flags = append(flags, x.Flags...)
	}
	return x, err //nolint:wrapcheck // as above
}

// nothing reports whether a critique has nothing to say. One that cannot be read has: it is shown to its author as it is.
func (c critic) nothing(resp llm.Response) bool {
	read, err := c.schema.Read(resp, prompt.Tolerance{Surrounded: true})
	if err != nil {
		return false
	}
	reply, err := prompt.Decode[critiqueReply](c.schema, read)
	return err == nil && len(reply.Problems) == 0
}

// sayable reports whether a conversation can go on behind a response.
func sayable(resp llm.Response) bool {
	return strings.TrimSpace(resp.Text) != "" && resp.Finish != llm.FinishRefused
}

// then returns the question that goes on with the conversation.
func (x exchange) then(text string, reply *llm.Schema) Question {
	q := x.Question
	q.Request.Messages = append(slices.Clip(q.Request.Messages),
		llm.Message{Role: llm.Assistant, Text: x.Response.Text}, llm.Message{Role: llm.User, Text: text})
	q.Request.Reply = reply
	return q
}
