package task

import (
	"context"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// Resources are the assets that tasks share: the known data, one asset per data type so that a task plans and reads only what it
// uses, the model, and the words and the counting of tokens around it. Make them once and pass them to every task of a run: two Resources share nothing, not even over the same
// class.
type Resources struct {
	model       pipeline.Asset[llm.Model]
	assignments pipeline.Asset[[]userdata.Assignment]
	rubrics     pipeline.Asset[[]userdata.Rubric]
	scales      pipeline.Asset[userdata.Scales]
	documents   pipeline.Asset[[]userdata.Document]
	past        pipeline.Asset[[]userdata.Exemplar]
	templates   pipeline.Asset[*Templates]
	counter     pipeline.Asset[llm.Counter]
}

// Using returns the resources of a class and a model. Nothing is read yet.
func Using(c *userdata.Class, m llm.Model) Resources {
	return Resources{
		model:       pipeline.Tool("model", m),
		assignments: pipeline.Source("assignments", c.Assignments),
		rubrics:     pipeline.Source("rubrics", c.Rubrics),
		scales:      pipeline.Source("scales", c.Scales),
		documents:   pipeline.Source("documents", c.Documents),
		past:        pipeline.Source("past_feedback", c.Past),
		templates:   pipeline.Source("templates", func(context.Context) (*Templates, error) { return DefaultTemplates() }),
		counter:     pipeline.Tool[llm.Counter]("token_counter", llm.Estimate{}),
	}
}

// WithTemplates returns a copy of r with other prompt templates. The default are [DefaultTemplates]; nil stands for them.
func (r Resources) WithTemplates(t *Templates) Resources {
	r.templates = pipeline.Source("templates", func(context.Context) (*Templates, error) {
		if t == nil {
			return DefaultTemplates()
		}
		return t, nil
	})
	return r
}

// WithCounter returns a copy of r that counts tokens with c: the tokenizer of the model, where exact counts matter. The default, and what nil
// stands for, is [llm.Estimate].
func (r Resources) WithCounter(c llm.Counter) Resources {
	if c == nil {
		c = llm.Estimate{}
	}
	r.counter = pipeline.Tool("token_counter", c)
	return r
}

// Model is the language model.
func (r Resources) Model() pipeline.Asset[llm.Model] { return r.model }

// Assignments are the assignments with the task text that students saw.
func (r Resources) Assignments() pipeline.Asset[[]userdata.Assignment] { return r.assignments }

// Rubrics are the wordings of criteria and levels.
func (r Resources) Rubrics() pipeline.Asset[[]userdata.Rubric] { return r.rubrics }

// Scales are the declared scales of scores: numbers and identifiers without wording.
func (r Resources) Scales() pipeline.Asset[userdata.Scales] { return r.scales }

// Documents are the class documents.
func (r Resources) Documents() pipeline.Asset[[]userdata.Document] { return r.documents }

// Templates are the words around the data of a prompt.
func (r Resources) Templates() pipeline.Asset[*Templates] { return r.templates }

// Counter counts tokens.
func (r Resources) Counter() pipeline.Asset[llm.Counter] { return r.counter }

// Past is the graded work: what an evaluation replaces when it folds or reveals known data.
func (r Resources) Past() pipeline.Asset[[]userdata.Exemplar] { return r.past }
