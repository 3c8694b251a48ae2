package task

import (
	"errors"
	"fmt"
)

// Option edits a task's [Spec]. Options are applied in order; what they make of the spec is validated as a whole afterwards.
type Option interface{ apply(*draftSpec) error }

type option func(*draftSpec) error

func (o option) apply(d *draftSpec) error { return o(d) }

// draftSpec is a spec while options edit it, with the definitions of the steps that they bring.
type draftSpec struct {
	Spec
	defs   []StepKind
	inline map[string]Step
}

func applyOptions(d *draftSpec, opts []Option) error {
	var errs []error
	for i, o := range opts {
		if o == nil {
			errs = append(errs, fmt.Errorf("task %s: option %d is nil", d.Name, i+1))
			continue
		}
		if err := o.apply(d); err != nil {
			errs = append(errs, fmt.Errorf("task %s: %w", d.Name, err))
		}
	}
	d.fill()
	return errors.Join(append(errs, d.Validate())...)
}

func edit(f func(*Spec)) Option {
	return option(func(d *draftSpec) error {
		f(&d.Spec)
		return nil
	})
}

// WithName names the task. The default is its kind; two tasks of one kind in a run need names of their own.
func WithName(name string) Option {
	return edit(func(s *Spec) { s.Name = name })
}

// WithoutAssignmentPrompt leaves out the task text that students saw, which is shown by default.
func WithoutAssignmentPrompt() Option {
	return edit(func(s *Spec) { s.Inputs.AssignmentPrompt = false })
}

// WithoutRubric leaves out the wording of criteria and levels, which is shown by default. The criteria themselves, their identifiers and
// scales, are what the task predicts and stay.
func WithoutRubric() Option {
	return edit(func(s *Spec) { s.Inputs.Rubric = false })
}

// WithoutClassDocs leaves out the class documents, which are shown by default, whole or as passages. It drops their settings, those of an
// earlier [WithRAG] or [WithDocuments] included.
func WithoutClassDocs() Option {
	return edit(func(s *Spec) {
		s.Inputs.ClassDocs, s.Documents = false, nil
		if s.RAG != nil {
			s.RAG = &RAG{}
		}
	})
}

// WithoutPastFeedback leaves out the graded exemplars, which are shown by default. It drops their settings, those of an earlier
// [WithExemplars] included.
func WithoutPastFeedback() Option {
	return edit(func(s *Spec) { s.Inputs.PastFeedback, s.Exemplars = false, nil })
}

// WithoutPriorDraft leaves out the draft before the submission, which is shown by default if there is one.
func WithoutPriorDraft() Option {
	return edit(func(s *Spec) { s.Inputs.PriorDraft = false })
}

// WithoutEssayContext shows only the target passage of a submission. By default the whole text is shown, and the passage, if one is named,
// once more behind it. A submission without a target is its own passage. The prior draft is an input of its own and is shown whole all the
// same; see [WithoutPriorDraft].
func WithoutEssayContext() Option {
	return edit(func(s *Spec) { s.Inputs.EssayContext = false })
}

// WithRAG shows passages of class documents that fit the submission instead of whole documents, and exemplars that are similar to it. It is off by
// default; zero fields have the defaults that [RAG] documents. To choose exemplars in another way, put [WithExemplars] after it.
func WithRAG(r RAG) Option {
	return edit(func(s *Spec) {
		s.RAG, s.Documents = &r, nil
		if s.Exemplars != nil && s.Exemplars.Select != SelectSimilar {
			s.Exemplars = &Exemplars{K: s.Exemplars.K, Select: SelectSimilar}
		}
	})
}

// WithExemplars sets which past feedback is shown; zero fields have the defaults that [Exemplars] documents. The last use wins; after
// [WithoutPastFeedback] it is an error.
func WithExemplars(e Exemplars) Option {
	return edit(func(s *Spec) { s.Exemplars = &e })
}

// WithDocuments sets how whole class documents are shown; zero fields have the defaults that [Documents] documents. With RAG, or after
// [WithoutClassDocs], it is an error.
func WithDocuments(d Documents) Option {
	return edit(func(s *Spec) { s.Documents = &d })
}

// WithGeneration sets the hyperparameters of the model calls. The last use wins; the zero value leaves everything to the model.
func WithGeneration(g Generation) Option {
	return edit(func(s *Spec) { s.Generation = g })
}

// WithTechnique sets how the model is asked; empty fields have the defaults that [Technique] documents. The last use wins.
func WithTechnique(t Technique) Option {
	return edit(func(s *Spec) { s.Technique = t.clone() })
}

// WithReply sets how replies are read, in the place of [DefaultReply] as a whole. The last use wins.
func WithReply(r Reply) Option {
	return edit(func(s *Spec) { s.Reply = r })
}

// WithBudget fits every prompt into a context window. What is least important goes first: class documents, passages, exemplars, the prior
// draft, the rubric, the assignment's prompt; what went is flagged in the prediction. The submission and the instructions are never cut: a
// submission that does not fit fails before anything is sent. By default nothing is counted. The last use wins.
func WithBudget(b Budget) Option {
	return edit(func(s *Spec) { s.Budget = &b })
}

// Options returns options that turn the default spec of s's kind into s. Steps come back as what a spec knows of them: name, version
// and parameters; their definitions must be passed to [New].
func (s Spec) Options() []Option {
	opts := []Option{WithName(s.Name)}
	off := []struct {
		on  bool
		opt Option
	}{
		{s.Inputs.AssignmentPrompt, WithoutAssignmentPrompt()},
		{s.Inputs.Rubric, WithoutRubric()},
		{s.Inputs.ClassDocs, WithoutClassDocs()},
		{s.Inputs.PastFeedback, WithoutPastFeedback()},
		{s.Inputs.PriorDraft, WithoutPriorDraft()},
		{s.Inputs.EssayContext, WithoutEssayContext()},
	}
	for _, o := range off {
		if !o.on {
			opts = append(opts, o.opt)
		}
	}
	if s.RAG != nil {
		opts = append(opts, WithRAG(*s.RAG))
	}
	if s.Exemplars != nil {
		opts = append(opts, WithExemplars(*s.Exemplars))
	}
	if s.Documents != nil {
		opts = append(opts, WithDocuments(*s.Documents))
	}
	opts = append(opts, WithTechnique(s.Technique), WithReply(s.Reply))
	if s.Budget != nil {
		opts = append(opts, WithBudget(*s.Budget))
	}
	if s.Generation != (Generation{}) {
		opts = append(opts, WithGeneration(s.Generation))
	}
	for _, step := range s.Steps {
		opts = append(opts, edit(func(s *Spec) { s.Steps = append(s.Steps, step) }))
	}
	return opts
}
