package task

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/gloss-sdk/gloss/prompt"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// approach is how the prompt of a task becomes questions to the model, and their answers one feedback.
type approach interface {
	// split makes the questions of a prompt.
	split(d Draft) ([]part, error)
	// schema is that of the reply to the question about something.
	schema(d Draft, about string) (*prompt.Schema, error)
	// read reads a reply to it. The problems are scores that are off their scale.
	read(d Draft, about string, r prompt.Reply) (answer, []string, error)
	// join puts the answers together, in the order of the questions.
	join(d Draft, answers []answer) (userdata.Feedback, error)
}

// part is one of the questions that a prompt is split into.
type part struct {
	about  string
	prompt prompt.Prompt
}

// answer is what a reply says.
type answer struct {
	Feedback userdata.Feedback `json:"feedback"`
	Outcome  *outcome          `json:"outcome,omitempty"` // of a comparison
	Repairs  []prompt.Repair   `json:"repairs,omitempty"`
}

func (w wiring) approach(k kind, f *forms, t *Templates) approach {
	one := whole{kind: k, forms: f, clamp: w.spec.Reply.Clamp}
	switch {
	case w.spec.Technique.PerCriterion:
		return byCriterion{one, t}
	case w.spec.Technique.Pairwise:
		return pairwise{one, t}
	default:
		return one
	}
}

// whole asks for everything at once.
type whole struct {
	kind  kind
	forms *forms
	clamp bool
}

func (whole) split(d Draft) ([]part, error) { return []part{{prompt: d.Prompt}}, nil }

func (a whole) schema(d Draft, _ string) (*prompt.Schema, error) {
	f, err := a.forms.of(d.Submission.Assignment)
	return f.whole, err
}

func (a whole) read(d Draft, _ string, r prompt.Reply) (answer, []string, error) {
	f, err := a.forms.of(d.Submission.Assignment)
	if err != nil {
		return answer{}, nil, err
	}
	return a.readAs(f.form, f.whole, r)
}

func (a whole) readAs(f form, s *prompt.Schema, r prompt.Reply) (answer, []string, error) {
	fb, err := a.kind.read(s, r, f)
	if err != nil {
		return answer{}, nil, err //nolint:wrapcheck // the kind's own error
	}
	repairs, problems := f.onScale(fb.Scores, a.clamp)
	return answer{Feedback: fb, Repairs: slices.Concat(r.Repairs, repairs)}, problems, nil
}

func (whole) join(_ Draft, answers []answer) (userdata.Feedback, error) {
	return answers[0].Feedback, nil
}

// byCriterion asks for each criterion on its own (decomposition: the other criteria cannot color the one that is asked for).
type byCriterion struct {
	whole
	templates *Templates
}

func (a byCriterion) split(d Draft) ([]part, error) {
	f, err := a.forms.of(d.Submission.Assignment)
	if err != nil {
		return nil, err
	}
	var out []part
	for _, c := range f.form.criteria {
		p, err := a.narrow(d, c.ID)
		if err != nil {
			return nil, err
		}
		p.Reply = f.criteria[c.ID]
		out = append(out, part{c.ID, p})
	}
	return out, nil
}

// narrow returns the prompt with one criterion in the rubric, in the replies of the examples and in the question.
func (a byCriterion) narrow(d Draft, criterion string) (prompt.Prompt, error) {
	p := d.Prompt
	p.System, p.Examples = slices.Clone(p.System), slices.Clone(p.Examples)
	if d.Rubric != nil {
		only := slices.DeleteFunc(slices.Clone(d.Rubric.Criteria), func(c userdata.Criterion) bool { return c.ID != criterion })
		text, err := a.templates.rubricText(only)
		if err != nil {
			return p, err
		}
		for i := range p.System {
			if p.System[i].Tag == prompt.Rubric {
				p.System[i].Text = text
			}
		}
	}
	for i, e := range p.Examples {
		reply, err := narrowReply(e.Reply, criterion)
		if err != nil {
			return p, fmt.Errorf("example %d: %w", i+1, err)
		}
		p.Examples[i].Reply = reply
	}
	line, err := a.templates.criterion.Render(criterionFields{criterion})
	if err != nil {
		return p, err //nolint:wrapcheck // the error names its package
	}
	p.User = append(slices.Clip(p.User), prompt.Section{Tag: prompt.Instruction, Text: line})
	return p, nil
}

// narrowReply leaves one criterion of a worked example's reply.
func narrowReply(reply, criterion string) (string, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(reply), &fields); err != nil {
		return "", fmt.Errorf("its reply is not a JSON object: %w", err)
	}
	inner, hasThoughts := fields["reply"]
	if thoughts, ok := fields["reasoning"]; ok && hasThoughts && len(fields) == 2 {
		narrowed, err := narrowReply(string(inner), criterion)
		if err != nil {
			return "", err
		}
		return `{"reasoning":` + string(thoughts) + `,"reply":` + narrowed + `}`, nil
	}
	value, ok := fields[criterion]
	if !ok {
		return "", fmt.Errorf("its reply says nothing about %q", criterion)
	}
	name, err := compactJSON(criterion)
	if err != nil {
		return "", err
	}
	return string(bytes.Join([][]byte{[]byte("{"), name, []byte(":"), value, []byte("}")}, nil)), nil
}

func (a byCriterion) schema(d Draft, about string) (*prompt.Schema, error) {
	f, err := a.forms.of(d.Submission.Assignment)
	return f.criteria[about], err
}

func (a byCriterion) read(d Draft, about string, r prompt.Reply) (answer, []string, error) {
	f, err := a.forms.of(d.Submission.Assignment)
	if err != nil {
		return answer{}, nil, err
	}
	return a.readAs(f.only(about), f.criteria[about], r)
}

func (byCriterion) join(_ Draft, answers []answer) (userdata.Feedback, error) {
	var fb userdata.Feedback
	for _, a := range answers {
		fb.Scores = append(fb.Scores, a.Feedback.Scores...)
	}
	return fb, nil
}
