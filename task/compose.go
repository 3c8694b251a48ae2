package task

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/prompt"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// prompt returns the maker of the step that writes the prompt.
func (w wiring) prompt(n *pipeline.Needs, k kind) maker[Step] {
	scales := pipeline.Need(n, w.r.scales)
	return func(context.Context) (Step, error) {
		text, err := instructions(w.spec.Task)
		if err != nil {
			return nil, err
		}
		c := composer{spec: w.spec, kind: k, instructions: text, replies: newReplies(w.spec, k, scales())}
		return StepFunc(c.run), nil
	}
}

// replies knows the reply of each assignment.
type replies struct {
	scales  userdata.Scales
	schemas map[string]*prompt.Schema
	errs    map[string]error
}

func newReplies(spec Spec, k kind, scales userdata.Scales) *replies {
	r := &replies{scales: scales, schemas: map[string]*prompt.Schema{}, errs: map[string]error{}}
	for id := range scales.Rubrics {
		shape, err := k.shape(scales.Holistic[id], scales.Criteria[id])
		if err == nil {
			r.schemas[id], err = shape.Schema(string(spec.Task))
		}
		r.errs[id] = err
	}
	return r
}

func (r *replies) of(assignment string) (*prompt.Schema, error) {
	if err := r.errs[assignment]; err != nil {
		return nil, fmt.Errorf("assignment %q: %w", assignment, err)
	}
	return r.schemas[assignment], nil
}

type composer struct {
	spec         Spec
	kind         kind
	instructions string
	replies      *replies
}

func (c composer) run(_ context.Context, d Draft) (Draft, error) {
	schema, err := c.replies.of(d.Submission.Assignment)
	if err != nil {
		return Draft{}, err
	}
	p := prompt.Prompt{Reply: schema, System: c.system(d), User: c.user(d)}
	criteria := c.replies.scales.Criteria[d.Submission.Assignment]
	for _, e := range d.Exemplars {
		reply, err := exampleReply(c.kind, e.Exemplar.Feedback, criteria)
		if err != nil {
			return Draft{}, err
		}
		shown := []prompt.Section{{Tag: prompt.Submission, Text: e.Exemplar.Submission.Text}}
		p.Examples = append(p.Examples, prompt.Example{User: shown, Reply: reply})
	}
	d.Prompt = p
	return d, nil
}

// system is what holds for every submission of the assignment, so that a provider can cache it.
func (c composer) system(d Draft) []prompt.Section {
	s := []prompt.Section{{Tag: prompt.Instruction, Text: c.instructions}}
	if d.Assignment != nil {
		s = append(s, prompt.Section{Tag: prompt.Assignment, Text: join("\n", d.Assignment.Title, d.Assignment.Prompt)})
	}
	if d.Rubric != nil {
		s = append(s, prompt.Section{Tag: prompt.Rubric, Text: rubricText(*d.Rubric)})
	}
	return append(s, prompt.Section{Tag: prompt.Documents, Text: documentsText(d.Documents)})
}

func (c composer) user(d Draft) []prompt.Section {
	var s []prompt.Section
	var passages []string
	for _, h := range d.Passages {
		passages = append(passages, fmt.Sprintf("[%s]\n%s", h.Record.Keys.Document, h.Record.Text))
	}
	s = append(s, prompt.Section{Tag: prompt.Passages, Text: strings.Join(passages, "\n\n")})
	if prior := d.Submission.PriorDraft; prior != nil && c.spec.Inputs.PriorDraft {
		s = append(s, prompt.Section{Text: "The draft that the student handed in before:"},
			prompt.Section{Tag: prompt.PriorDraft, Text: prior.Text})
	}
	text, _ := c.spec.shown(d.Submission)
	s = append(s, prompt.Section{Tag: prompt.Submission, Text: text})
	if t := d.Submission.Target; t != nil && c.spec.Inputs.EssayContext {
		s = append(s, prompt.Section{Text: "Look at this passage only; the rest of the submission is its context:"},
			prompt.Section{Tag: prompt.Target, Text: d.Submission.Text[t.Start:t.End]})
	}
	return s
}

func rubricText(r userdata.Rubric) string {
	var b strings.Builder
	for i, c := range r.Criteria {
		if i > 0 {
			b.WriteString("\n\n")
		}
		fmt.Fprintf(&b, "%s (%s)", c.ID, c.Scale)
		if c.Name != "" && !strings.EqualFold(c.Name, c.ID) {
			fmt.Fprintf(&b, ": %s", c.Name)
		}
		if c.Description != "" {
			fmt.Fprintf(&b, "\n%s", c.Description)
		}
		for _, l := range c.Levels {
			fmt.Fprintf(&b, "\n%v %s", l.Score, join(": ", l.Label, l.Descriptor))
		}
	}
	return b.String()
}

func documentsText(docs []userdata.Document) string {
	var out []string
	for _, doc := range docs {
		out = append(out, join("\n", "["+doc.ID+"] "+doc.Title, doc.Text))
	}
	return strings.Join(out, "\n\n")
}

// join joins the parts that are there.
func join(separator string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, separator)
}

// generate returns the maker of the step that calls the model.
func (w wiring) generate(n *pipeline.Needs) maker[Step] {
	model := pipeline.Need(n, w.r.model)
	return func(context.Context) (Step, error) {
		if model() == nil {
			return nil, errors.New("the resources hold no model")
		}
		call := pipeline.Call("model", llm.Generation{Model: model()})
		return StepFunc(func(ctx context.Context, d Draft) (Draft, error) {
			req, err := d.Prompt.Request()
			if err != nil {
				return Draft{}, err //nolint:wrapcheck // the error names its package
			}
			g := w.spec.Generation
			req.Temperature, req.MaxTokens, req.Seed = g.Temperature, g.MaxTokens, g.Seed
			resp, err := call.Run(ctx, req)
			if err != nil {
				return Draft{}, err //nolint:wrapcheck // the port's own error
			}
			d.Responses = append(d.Responses[:len(d.Responses):len(d.Responses)], resp)
			d.Prediction.Provenance.Model = resp.Model
			return d, nil
		}), nil
	}
}

// parse returns the maker of the step that reads the last reply.
func (w wiring) parse(n *pipeline.Needs, k kind) maker[Step] {
	scales := pipeline.Need(n, w.r.scales)
	return func(context.Context) (Step, error) {
		replies := newReplies(w.spec, k, scales())
		return StepFunc(func(_ context.Context, d Draft) (Draft, error) {
			schema, err := replies.of(d.Submission.Assignment)
			if err != nil {
				return Draft{}, err
			}
			if len(d.Responses) == 0 {
				return Draft{}, fmt.Errorf("there is no response to read; did a step replace %q without filling Draft.Responses?", PlaceGenerate)
			}
			resp := d.Responses[len(d.Responses)-1]
			f, err := k.read(schema, resp, replies.scales.Criteria[d.Submission.Assignment])
			if err != nil {
				return Draft{}, err
			}
			if problems := offScale(f.Scores, replies.scales, d.Submission.Assignment); len(problems) > 0 {
				return Draft{}, &prompt.ParseError{Schema: schema.Name(), Text: resp.Text, Finish: resp.Finish, Problems: problems}
			}
			f.Submission, f.Author = d.Submission.ID, w.spec.Name
			d.Prediction.Feedback = f
			return d, nil
		}), nil
	}
}

// offScale lists the scores that are not on their scale. A reply schema cannot say so of every scale: it has no way to count from another
// number than zero.
func offScale(scores []userdata.Score, scales userdata.Scales, assignment string) []string {
	declared := map[string]userdata.Scale{"/score": scales.Holistic[assignment]}
	for _, c := range scales.Criteria[assignment] {
		declared["/"+c.ID+"/score"] = c.Scale
	}
	var problems []string
	for _, s := range scores {
		place := "/score"
		if s.Criterion != "" {
			place = "/" + s.Criterion + place
		}
		if scale := declared[place]; !scale.Contains(s.Value) {
			problems = append(problems, fmt.Sprintf("%s: %v is not on the scale %s", place, s.Value, scale))
		}
	}
	return problems
}
