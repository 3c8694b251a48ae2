package task

import (
	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// Resources are the assets that tasks share: the known data, one asset per data type so that a task plans and reads only what it
// uses, and the model. Make them once and pass them to every task of a run: two Resources share nothing, not even over the same
// class.
type Resources struct {
	model       pipeline.Asset[llm.Model]
	assignments pipeline.Asset[[]userdata.Assignment]
	rubrics     pipeline.Asset[[]userdata.Rubric]
	scales      pipeline.Asset[userdata.Scales]
	documents   pipeline.Asset[[]userdata.Document]
	past        pipeline.Asset[[]userdata.Exemplar]
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
	}
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

// Past is the graded work: what an evaluation replaces when it folds or reveals known data.
func (r Resources) Past() pipeline.Asset[[]userdata.Exemplar] { return r.past }
