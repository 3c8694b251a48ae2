package task

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/gloss-sdk/gloss/internal/strictjson"
	"github.com/gloss-sdk/gloss/pipeline"
)

// Spec is a task as data: everything that is configured, nothing that is alive. A complete spec names every default; what is off is
// absent. JSON and YAML are read strictly ([ParseSpec]) and may be partial: what is not named has its default.
type Spec struct {
	Task Kind `json:"task"`
	// Name identifies the task in plans, results and configuration; the default is the kind.
	Name string `json:"name,omitempty"`
	// Inputs says what the task may see. All are on by default.
	Inputs Inputs `json:"inputs"`
	// Exemplars says which past feedback is shown; nil if and only if past feedback is off.
	Exemplars *Exemplars `json:"exemplars,omitempty"`
	// Documents says how whole class documents are shown; nil if they are off or retrieved by RAG.
	Documents *Documents `json:"documents,omitempty"`
	// RAG chooses passages of class documents and exemplars by the submission; nil, the default, is off.
	RAG *RAG `json:"rag,omitempty"`
	// Technique says how the model is asked.
	Technique Technique `json:"technique"`
	// Generation are the hyperparameters of the model calls; the zero value leaves the model's own.
	Generation Generation `json:"generation,omitzero"`
	// Reply says how replies are read.
	Reply Reply `json:"reply"`
	// Budget fits the prompt into a context window; nil, the default, counts nothing.
	Budget *Budget `json:"budget,omitempty"`
	// Steps are custom steps, in the order in which they were added.
	Steps []StepSpec `json:"steps,omitempty"`
}

// Inputs switches what a task may see besides the submission.
type Inputs struct {
	// AssignmentPrompt is the task text that students saw.
	AssignmentPrompt bool `json:"assignment_prompt"`
	// Rubric is the wording of criteria and levels. Identifiers and scales of the criteria belong to the task and stay.
	Rubric bool `json:"rubric"`
	// ClassDocs are the class documents: whole, or passages of them with RAG.
	ClassDocs bool `json:"class_docs"`
	// PastFeedback are graded exemplars with the teacher's words.
	PastFeedback bool `json:"past_feedback"`
	// PriorDraft is the draft before the submission.
	PriorDraft bool `json:"prior_draft"`
	// EssayContext is the text around the target passage. When it is off, only the passage is shown.
	EssayContext bool `json:"essay_context"`
}

// The defaults of a spec.
const (
	DefaultExemplars      = 12
	DefaultDocumentTokens = 6000
	DefaultPassages       = 4
	DefaultPassageTokens  = 200
)

// DefaultSpec returns the complete spec of a kind with every input on and RAG off.
func DefaultSpec(kind Kind) Spec {
	s := Spec{Task: kind, Inputs: allInputs(), Reply: DefaultReply()}
	s.fill()
	return s
}

func allInputs() Inputs { return Inputs{true, true, true, true, true, true} }

// fill names every default. It never turns anything on or off that was said.
func (s *Spec) fill() {
	if s.Name == "" {
		s.Name = string(s.Task)
	}
	if s.Inputs.PastFeedback {
		s.Exemplars = filled(s.Exemplars)
		e := s.Exemplars
		orDefault(&e.K, DefaultExemplars)
		if e.Select == "" {
			e.Select = SelectQuantileAnchors
			if s.RAG != nil {
				e.Select = SelectSimilar
			}
		}
		if e.Select.similar() {
			orDefault(&e.Similarity, TFIDFCosine)
		}
	}
	if s.Inputs.ClassDocs && s.RAG == nil {
		s.Documents = filled(s.Documents)
		orDefault(&s.Documents.MaxTokens, DefaultDocumentTokens)
	}
	if s.Inputs.ClassDocs && s.RAG != nil {
		s.RAG = filled(s.RAG)
		orDefault(&s.RAG.Passages, DefaultPassages)
		orDefault(&s.RAG.PassageTokens, DefaultPassageTokens)
		orDefault(&s.RAG.Similarity, BM25)
	}
	s.Technique.fill(s.Task)
	if s.Budget != nil {
		s.Budget = filled(s.Budget)
		s.Budget.fill(s.Generation)
	}
}

// filled returns a copy of what p points to, so that a spec never shares a default with another.
func filled[T any](p *T) *T {
	var v T
	if p != nil {
		v = *p
	}
	return &v
}

func orDefault[T comparable](p *T, def T) {
	var zero T
	if *p == zero {
		*p = def
	}
}

// clone returns a copy that shares nothing, so that a task cannot be changed through a spec.
func (s Spec) clone() Spec {
	if s.Exemplars != nil {
		s.Exemplars = filled(s.Exemplars)
	}
	if s.Documents != nil {
		s.Documents = filled(s.Documents)
	}
	if s.RAG != nil {
		s.RAG = filled(s.RAG)
	}
	if s.Budget != nil {
		s.Budget = filled(s.Budget)
	}
	s.Technique = s.Technique.clone()
	if s.Generation.Temperature != nil {
		s.Generation.Temperature = filled(s.Generation.Temperature)
	}
	if s.Generation.Seed != nil {
		s.Generation.Seed = filled(s.Generation.Seed)
	}
	s.Steps = slices.Clone(s.Steps)
	for i := range s.Steps {
		s.Steps[i].Params = slices.Clone(s.Steps[i].Params)
	}
	return s
}

// UnmarshalJSON reads a spec strictly; what is not named gets its default.
func (s *Spec) UnmarshalJSON(data []byte) error {
	type plain Spec // without this method
	p := plain{Inputs: allInputs(), Reply: DefaultReply()}
	if err := strictjson.Unmarshal(data, &p); err != nil {
		return err //nolint:wrapcheck // the caller says where the bytes came from
	}
	*s = Spec(p)
	s.fill()
	return nil
}

// ParseSpec reads a spec from JSON or YAML and validates it, with every problem in one error.
func ParseSpec(data []byte) (Spec, error) {
	if !strings.HasPrefix(strings.TrimSpace(string(data)), "{") {
		converted, err := fromYAML(data)
		if err != nil {
			return Spec{}, fmt.Errorf("task spec: %w", err)
		}
		data = converted
	}
	var s Spec
	if err := json.Unmarshal(data, &s); err != nil {
		return Spec{}, fmt.Errorf("task spec: %w", err)
	}
	return s, s.Validate()
}

// fromYAML converts a document to JSON. A second one is refused: the converter would drop it in silence.
func fromYAML(data []byte) ([]byte, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what was read
	}
	documents := 0
	for _, d := range file.Docs {
		if d.Body != nil && d.Body.Type() != ast.DirectiveType {
			documents++
		}
	}
	if documents > 1 {
		return nil, fmt.Errorf("%d YAML documents; want one", documents)
	}
	return yaml.YAMLToJSON(data) //nolint:wrapcheck // as above
}

// Validate checks a complete spec: values, and combinations such as settings of something that is off. It reports every problem at
// once.
func (s Spec) Validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("task %s: "+format, append([]any{s.Name}, args...)...))
	}
	if !slices.Contains(Kinds(), s.Task) {
		bad("task is %q; want one of %v", s.Task, Kinds())
	}
	if strings.ContainsAny(s.Name, "/\n") || s.Name == "" {
		bad("name %q must be a non-empty line without a slash", s.Name)
	}
	if s.Name == pipeline.GroupShared || s.Name == pipeline.GroupEvaluation {
		bad("name %q is the name of a group of assets", s.Name)
	}
	s.validateExemplars(bad)
	s.validateDocuments(bad)
	if t := s.Generation.Temperature; t != nil && !(*t >= 0 && *t <= 2) { // so that NaN is refused
		bad("generation.temperature is %v; want 0 to 2", *t)
	}
	if s.Generation.MaxTokens < 0 {
		bad("generation.max_tokens is %d; want 0 (the model's default) or more", s.Generation.MaxTokens)
	}
	s.validateTechnique(bad)
	s.validateReply(bad)
	s.validateBudget(bad)
	s.validateSteps(bad)
	return errors.Join(errs...)
}

type complain func(format string, args ...any)

func (s Spec) validateSteps(bad complain) {
	replaced := map[Place]string{}
	for i, step := range s.Steps {
		if err := step.validate(); err != nil {
			bad("steps[%d]: %w", i, err)
		}
		if step.At.relation != "replace" {
			continue
		}
		if first, taken := replaced[step.At.place]; taken {
			bad("steps[%d]: %q cannot replace %q, which %q replaces already", i, step.Name, step.At.place, first)
			continue
		}
		replaced[step.At.place] = step.Name
	}
}
