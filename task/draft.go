package task

import (
	"slices"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/prompt"
	"github.com/gloss-sdk/gloss/retrieval"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// Draft is a prediction in the making: what the steps of a task pass on. It goes by value; what its slices and pointers refer to is shared
// and must not be written to.
type Draft struct {
	// Submission is the input as it was given.
	Submission userdata.Submission `json:"submission"`
	// Assignment is the assignment that the submission answers; nil when its prompt is off.
	Assignment *userdata.Assignment `json:"assignment,omitempty"`
	// Rubric is the assignment's rubric; nil when it is off or there is none.
	Rubric *userdata.Rubric `json:"rubric,omitempty"`
	// Exemplars are the graded exemplars to show, in order.
	Exemplars []Shown `json:"exemplars,omitempty"`
	// Documents are the whole class documents to show, in order.
	Documents []userdata.Document `json:"documents,omitempty"`
	// Passages are the passages of class documents to show, best first.
	Passages []retrieval.Hit `json:"passages,omitempty"`
	// Prompt is what the model will be told.
	Prompt prompt.Prompt `json:"prompt,omitzero"`
	// Questions are what the model was asked, each answered by the response of the same index. A step in the place of the model may leave
	// them out: then the last response is taken to answer Prompt.
	Questions []Question `json:"questions,omitempty"`
	// Responses are the answers that are read: of a conversation, the last one. Those before it are in the record of the calls.
	Responses []llm.Response `json:"responses,omitempty"`
	// Prediction is the result so far.
	Prediction Prediction `json:"prediction,omitzero"`
}

// Question is what the model is asked: the whole prompt, or a part of it.
type Question struct {
	// About is the ID of the criterion, or of the exemplar to compare with, that the question is about; empty for the whole.
	About string `json:"about,omitempty"`
	// Sample counts the samples of a question from 1; 0 where it is asked once.
	Sample int `json:"sample,omitempty"`
	// Request is the conversation as it was sent.
	Request llm.Request `json:"request"`
}

// Shown is an exemplar with the reason it is shown: its rank, and its similarity where it was chosen by one.
type Shown struct {
	Exemplar   userdata.Exemplar `json:"exemplar"`
	Rank       int               `json:"rank"`
	Similarity float64           `json:"similarity,omitempty"`
}

// Prediction is what a task returns for a submission: the feedback, what is doubtful about it, and what it was made from.
type Prediction struct {
	Feedback userdata.Feedback `json:"feedback"`
	// Total is the weighted sum of the criteria's scores; nil for tasks that do not score criteria.
	Total      *Total     `json:"total,omitempty"`
	Flags      []Flag     `json:"flags,omitempty"`
	Provenance Provenance `json:"provenance"`
}

// Flag marks something that a reader of a prediction should know.
type Flag struct {
	Kind FlagKind `json:"kind"`
	// Criterion is the criterion concerned, if there is one.
	Criterion string `json:"criterion,omitempty"`
	Detail    string `json:"detail,omitempty"`
}

// FlagKind is what a flag says.
type FlagKind string

// The kinds of flags.
const (
	// FlagUngroundedQuote: a quotation does not occur in what was shown of the submission.
	FlagUngroundedQuote FlagKind = "ungrounded_quote"
	// FlagDocumentsDropped: class documents were left out because they did not fit the budget.
	FlagDocumentsDropped FlagKind = "documents_dropped"
	// FlagNoExemplars: past feedback is on, but there was none that the task could show.
	FlagNoExemplars FlagKind = "no_exemplars"
	// FlagContextCut: something was cut or left out to fit the budget.
	FlagContextCut FlagKind = "context_cut"
	// FlagPromptCut: the provider seems to have read only a part of the prompt.
	FlagPromptCut FlagKind = "prompt_cut"
	// FlagRepaired: a reply was taken out of the text around it.
	FlagRepaired FlagKind = "repaired"
	// FlagClamped: a score that was off its scale was put on it.
	FlagClamped FlagKind = "clamped"
	// FlagReasked: the model was asked again because its first reply did not hold.
	FlagReasked FlagKind = "reasked"
	// FlagSampleLost: some samples could not be read and do not count.
	FlagSampleLost FlagKind = "sample_lost"
	// FlagSamplesDisagree: fewer than half of the samples gave the score that stands.
	FlagSamplesDisagree FlagKind = "samples_disagree"
)

// Provenance says what a prediction was made from.
type Provenance struct {
	// Task is the task's name, Model the model that answered.
	Task  string `json:"task"`
	Model string `json:"model,omitempty"`
	// Templates is the hash of the prompt templates that the task can use.
	Templates string `json:"templates,omitempty"`
	// Exemplars, Documents and Passages are the IDs of what was shown, in order.
	Exemplars []string `json:"exemplars,omitempty"`
	Documents []string `json:"documents,omitempty"`
	Passages  []string `json:"passages,omitempty"`
}

// flag returns d with one flag more; the slice that d came with is left alone.
func (d Draft) flag(kind FlagKind, criterion, detail string) Draft {
	return d.flagged(Flag{kind, criterion, detail})
}

// flagged returns d with further flags, each of them once.
func (d Draft) flagged(flags ...Flag) Draft {
	for _, f := range flags {
		if !slices.Contains(d.Prediction.Flags, f) {
			d.Prediction.Flags = append(slices.Clip(d.Prediction.Flags), f)
		}
	}
	return d
}
