package task

import (
	"context"
	"errors"
	"strings"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/prompt"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// The order in which a budget cuts what is shown: the least important first.
const (
	cutDocuments  = 100
	cutPassages   = 200
	cutExemplars  = 300 // and up: see exemplarCutOrder
	cutPriorDraft = 100_001
	cutRubric     = 100_002
	cutAssignment = 100_003
)

// prompt returns the maker of the step that writes the prompt.
func (w wiring) prompt(n *pipeline.Needs, k kind, forms func() *forms) maker[Step] {
	templates := pipeline.Need(n, w.r.templates)
	return func(context.Context) (Step, error) {
		fields := instructionFields{Evidence: w.spec.Technique.Evidence == EvidenceQuotes, Reasoning: w.spec.Technique.Reasoning}
		instructions := templates().instructions[w.spec.Task]
		if w.spec.Technique.Pairwise {
			instructions = templates().comparison
		}
		text, err := instructions.Render(fields)
		if err != nil {
			return nil, err //nolint:wrapcheck // the error names its package
		}
		c := composer{
			spec: w.spec, kind: k, templates: templates(), forms: forms(),
			instructions: text, version: templates().hashOf(w.spec.templates()),
		}
		if c.lead, err = templates().leads(); err != nil {
			return nil, err
		}
		return StepFunc(c.run), nil
	}
}

type composer struct {
	spec         Spec
	kind         kind
	templates    *Templates
	forms        *forms
	instructions string
	lead         leads
	version      string
}

func (c composer) run(_ context.Context, d Draft) (Draft, error) {
	f, err := c.forms.of(d.Submission.Assignment)
	if err != nil {
		return Draft{}, err
	}
	p := prompt.Prompt{Reply: f.whole}
	if p.System, err = c.system(d); err != nil {
		return Draft{}, err
	}
	if p.User, err = c.user(d); err != nil {
		return Draft{}, err
	}
	if !c.spec.Technique.Pairwise { // there, each exemplar is a question of its own
		if p.Examples, err = c.examples(d, f.form); err != nil {
			return Draft{}, err
		}
	}
	d.Prompt = p
	d.Prediction.Provenance.Templates = c.version
	return d, nil
}

func (c composer) examples(d Draft, f form) ([]prompt.Example, error) {
	var out []prompt.Example
	for i, e := range d.Exemplars {
		reply, err := f.example(c.kind, e.Exemplar.Feedback)
		if err != nil {
			return nil, err
		}
		out = append(out, prompt.Example{
			ID: e.Exemplar.Submission.ID, Reply: reply, CutOrder: exemplarCutOrder(c.spec.Exemplars, i, len(d.Exemplars)),
			User: []prompt.Section{{Tag: prompt.Submission, Text: e.Exemplar.Submission.Text}},
		})
	}
	return out, nil
}

// exemplarCutOrder says when exemplar i of n goes. Of those in the order of their similarity the last one is the least important, and so it is
// of those that were drawn. Anchors are in the order of their scores: there the middle goes first, for the ends say what the scale means.
func exemplarCutOrder(e *Exemplars, i, n int) int {
	if e == nil || e.Select != SelectQuantileAnchors {
		return cutExemplars + n - i
	}
	return cutExemplars + max(2*i-(n-1), (n-1)-2*i)
}

// system is what holds for every submission of the assignment, so that a provider can cache it.
func (c composer) system(d Draft) ([]prompt.Section, error) {
	s := []prompt.Section{{Tag: prompt.Instruction, Text: c.instructions}}
	if a := d.Assignment; a != nil {
		text, err := c.templates.assignment.Render(assignmentFields{strings.TrimSpace(a.Title), strings.TrimSpace(a.Prompt)})
		if err != nil {
			return nil, err //nolint:wrapcheck // the error names its package
		}
		s = append(s, prompt.Section{Tag: prompt.Assignment, Text: text, CutOrder: cutAssignment, Trim: true})
	}
	if d.Rubric != nil {
		text, err := c.templates.rubricText(d.Rubric.Criteria)
		if err != nil {
			return nil, err
		}
		s = append(s, prompt.Section{Tag: prompt.Rubric, Text: text, CutOrder: cutRubric})
	}
	if len(d.Documents) > 0 {
		text, err := c.templates.documentsText(d.Documents)
		if err != nil {
			return nil, err
		}
		s = append(s, prompt.Section{Tag: prompt.Documents, Text: text, CutOrder: cutDocuments, Trim: true})
	}
	return s, nil
}

func (c composer) user(d Draft) ([]prompt.Section, error) {
	var s []prompt.Section
	var fields passageFields
	for _, h := range d.Passages {
		fields.Passages = append(fields.Passages, passageText{h.Record.Keys.Document, h.Record.Text})
	}
	if len(fields.Passages) > 0 {
		text, err := c.templates.passages.Render(fields)
		if err != nil {
			return nil, err //nolint:wrapcheck // the error names its package
		}
		s = append(s, prompt.Section{Tag: prompt.Passages, Text: text, CutOrder: cutPassages, Trim: true})
	}
	if prior := d.Submission.PriorDraft; prior != nil && c.spec.Inputs.PriorDraft {
		// The line in front goes first: it must not stand there alone.
		s = append(s, prompt.Section{Text: c.lead.prior, CutOrder: cutPriorDraft - 1},
			prompt.Section{Tag: prompt.PriorDraft, Text: prior.Text, CutOrder: cutPriorDraft})
	}
	text, _ := c.spec.shown(d.Submission)
	s = append(s, prompt.Section{Tag: prompt.Submission, Text: text})
	if t := d.Submission.Target; t != nil && c.spec.Inputs.EssayContext {
		s = append(s, prompt.Section{Text: c.lead.target}, prompt.Section{Tag: prompt.Target, Text: d.Submission.Text[t.Start:t.End]})
	}
	return s, nil
}

// leads are the lines in front of texts that would otherwise be taken for the submission.
type leads struct{ prior, target string }

func (t *Templates) leads() (leads, error) {
	prior, err := t.priorDraft.Render(struct{}{})
	target, err2 := t.target.Render(struct{}{})
	return leads{prior, target}, errors.Join(err, err2)
}

func (t *Templates) rubricText(criteria []userdata.Criterion) (string, error) {
	var fields rubricFields
	for _, c := range criteria {
		one := rubricCriterion{ID: c.ID, Name: c.Name, Description: strings.TrimSpace(c.Description), Scale: c.Scale}
		if strings.EqualFold(c.Name, c.ID) {
			one.Name = ""
		}
		for _, l := range c.Levels {
			l.Label, l.Descriptor = strings.TrimSpace(l.Label), strings.TrimSpace(l.Descriptor)
			one.Levels = append(one.Levels, l)
		}
		fields.Criteria = append(fields.Criteria, one)
	}
	return t.rubric.Render(fields) //nolint:wrapcheck // the error names its package
}

func (t *Templates) documentsText(docs []userdata.Document) (string, error) {
	var fields documentFields
	for _, d := range docs {
		fields.Documents = append(fields.Documents, documentText{d.ID, strings.TrimSpace(d.Title), strings.TrimSpace(d.Text)})
	}
	return t.documents.Render(fields) //nolint:wrapcheck // the error names its package
}
