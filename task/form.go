package task

import (
	"fmt"

	"github.com/gloss-sdk/gloss/prompt"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// form is what a reply is made of besides its kind: the scales of the assignment, and what the technique adds.
type form struct {
	holistic  userdata.Scale
	criteria  []userdata.CriterionScale
	evidence  bool
	reasoning bool
	bounds    Reply // of texts and lists
}

// reasoned is a reply with the thoughts that came before it. They are not part of any result.
type reasoned[T any] struct {
	Reasoning string `json:"reasoning"`
	Reply     T      `json:"reply"`
}

// schema compiles the shape of a reply, behind the thoughts if there are any.
func (f form) schema(name string, s prompt.Shape) (*prompt.Schema, error) {
	if f.reasoning {
		s = prompt.Object(prompt.Field{Name: "reasoning", Shape: prompt.ShapeOf[string]()}, prompt.Field{Name: "reply", Shape: s})
	}
	return s.Bounded(f.bounds.MaxLength, f.bounds.MaxItems).Schema(name) //nolint:wrapcheck // the error names its package
}

// unrecorded stands for the thoughts of a teacher, of whom only the feedback is known.
const unrecorded = "(not recorded)"

// example is an exemplar's reply as the model would have written it.
func (f form) example(k kind, fb userdata.Feedback) (string, error) {
	reply := k.example(fb, f)
	if f.reasoning {
		reply = reasoned[any]{unrecorded, reply}
	}
	raw, err := compactJSON(reply)
	if err != nil {
		return "", fmt.Errorf("exemplar %s: %w", fb.Submission, err)
	}
	return string(raw), nil
}

func decode[T any](s *prompt.Schema, r prompt.Reply, f form) (T, error) {
	if f.reasoning {
		whole, err := prompt.Decode[reasoned[T]](s, r)
		return whole.Reply, err //nolint:wrapcheck // the stage names itself
	}
	return prompt.Decode[T](s, r) //nolint:wrapcheck // as above
}

// scale returns the scale of a criterion, "" for the holistic score.
func (f form) scale(criterion string) userdata.Scale {
	for _, c := range f.criteria {
		if c.ID == criterion {
			return c.Scale
		}
	}
	return f.holistic
}

// place is where a reply has the score of a criterion, as a JSON pointer.
func (f form) place(criterion string) string {
	p := "/score"
	if criterion != "" {
		p = "/" + criterion + p
	}
	if f.reasoning {
		p = "/reply" + p
	}
	return p
}

// onScale puts scores on their scale, or says which are not on it: a reply schema cannot say so of every scale, for it has no way to count
// from another number than zero.
func (f form) onScale(scores []userdata.Score, clamp bool) (repairs []prompt.Repair, problems []string) {
	for i := range scores {
		s := &scores[i]
		scale := f.scale(s.Criterion)
		switch {
		case scale.Contains(s.Value):
		case clamp:
			nearest := scale.Round(s.Value)
			repairs = append(repairs, prompt.Repair{
				Kind: prompt.Clamped, At: f.place(s.Criterion), Detail: fmt.Sprintf("%v to %v", s.Value, nearest),
			})
			s.Value = nearest
		default:
			problems = append(problems, fmt.Sprintf("%s: %v is not on the scale %s", f.place(s.Criterion), s.Value, scale))
		}
	}
	return repairs, problems
}

// forms knows the replies of each assignment.
type forms struct{ byAssignment map[string]assignmentForm }

// assignmentForm is what is asked of the model about an assignment.
type assignmentForm struct {
	form
	whole    *prompt.Schema
	criteria map[string]*prompt.Schema // by ID; empty unless each is asked for on its own
	err      error
}

func newForms(spec Spec, k kind, scales userdata.Scales) *forms {
	out := &forms{byAssignment: map[string]assignmentForm{}}
	for id := range scales.Rubrics {
		a := assignmentForm{form: form{
			holistic: scales.Holistic[id], criteria: scales.Criteria[id],
			evidence: spec.Technique.Evidence == EvidenceQuotes, reasoning: spec.Technique.Reasoning,
			bounds: spec.Reply,
		}}
		a.err = a.compile(spec, k)
		out.byAssignment[id] = a
	}
	return out
}

func (a *assignmentForm) compile(spec Spec, k kind) error {
	whole, err := k.shape(a.form)
	if err != nil {
		return err //nolint:wrapcheck // the kind's own error
	}
	if spec.Technique.Pairwise {
		a.whole, err = a.schema("comparison", comparisonShape())
		return err
	}
	if a.whole, err = a.schema(string(spec.Task), whole); err != nil || !spec.Technique.PerCriterion {
		return err
	}
	a.criteria = map[string]*prompt.Schema{}
	for _, c := range a.form.criteria {
		shape, err := k.shape(a.only(c.ID))
		if err != nil {
			return err //nolint:wrapcheck // the kind's own error
		}
		if a.criteria[c.ID], err = a.schema(string(spec.Task), shape); err != nil {
			return err
		}
	}
	return nil
}

// only returns the form of a reply about one criterion.
func (f form) only(criterion string) form {
	for _, c := range f.criteria {
		if c.ID == criterion {
			f.criteria = []userdata.CriterionScale{c}
			return f
		}
	}
	return f
}

func (r *forms) of(assignment string) (assignmentForm, error) {
	a := r.byAssignment[assignment]
	if a.err != nil {
		return a, fmt.Errorf("assignment %q: %w", assignment, a.err)
	}
	return a, nil
}
