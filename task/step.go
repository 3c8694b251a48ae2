package task

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/internal/strictjson"
	"github.com/gloss-sdk/gloss/pipeline"
)

// Step is one step of a task: it receives the draft of a prediction and returns it with more known. A step must not write through the
// slices and pointers of the draft it receives.
type Step = pipeline.Stage[Draft, Draft]

// StepFunc adapts a function to a [Step].
type StepFunc = pipeline.Func[Draft, Draft]

// Place is a position in a task's chain of steps. A place exists even when its step is off, so that a custom step can always be put
// there.
type Place string

// The places, in the order in which a task passes them.
const (
	// PlaceExemplars chooses graded exemplars: it fills Draft.Exemplars.
	PlaceExemplars Place = "exemplars"
	// PlaceDocuments chooses class documents or passages of them: it fills Draft.Documents or Draft.Passages.
	PlaceDocuments Place = "documents"
	// PlacePrompt writes the prompt: it fills Draft.Prompt.
	PlacePrompt Place = "prompt"
	// PlaceGenerate calls the model: it fills Draft.Responses.
	PlaceGenerate Place = "generate"
	// PlaceParse reads the reply: it fills Draft.Prediction.
	PlaceParse Place = "parse"
	// PlaceVerify checks the prediction against the submission: quotations are located or flagged.
	PlaceVerify Place = "verify"
)

// Places lists the places in order.
func Places() []Place {
	return []Place{PlaceExemplars, PlaceDocuments, PlacePrompt, PlaceGenerate, PlaceParse, PlaceVerify}
}

// At is where a custom step goes: before, after or instead of what stands at a place. Its text form is "after:prompt".
type At struct {
	relation string
	place    Place
}

// Before puts a step in front of a place, behind others put there earlier.
func Before(p Place) At { return At{"before", p} }

// After puts a step behind a place, and behind others put there earlier.
func After(p Place) At { return At{"after", p} }

// Replace puts a step in the place of the task's own, also of one that is off. What the task's own step needed is then not planned for
// it. A place can be replaced once.
func Replace(p Place) At { return At{"replace", p} }

// MarshalText returns the text form.
func (a At) MarshalText() ([]byte, error) { return []byte(a.relation + ":" + string(a.place)), nil }

// UnmarshalText reads the text form.
func (a *At) UnmarshalText(text []byte) error {
	relation, place, _ := strings.Cut(string(text), ":")
	*a = At{relation, Place(place)}
	return a.validate()
}

func (a At) validate() error {
	if !slices.Contains([]string{"before", "after", "replace"}, a.relation) || !slices.Contains(Places(), a.place) {
		return fmt.Errorf("at %q: want before:, after: or replace: and one of %v", a.relation+":"+string(a.place), Places())
	}
	return nil
}

// StepSpec is a custom step as data. Which code it names is decided by the definitions passed to [New] or [WithStep].
type StepSpec struct {
	At      At              `json:"at"`
	Name    string          `json:"name"`
	Version int             `json:"version,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	inline  bool
}

func (s StepSpec) validate() error {
	errs := []error{s.At.validate()}
	if s.Name == "" || strings.ContainsAny(s.Name, "/\n") {
		errs = append(errs, fmt.Errorf("name %q must be a non-empty line without a slash", s.Name))
	}
	return errors.Join(errs...)
}

// MarshalJSON refuses an inline step: its code is nowhere but in this process.
func (s StepSpec) MarshalJSON() ([]byte, error) {
	if s.inline {
		return nil, fmt.Errorf("step %q is an inline function and cannot be stored; define it with DefineStep", s.Name)
	}
	type plain StepSpec
	return json.Marshal(plain(s)) //nolint:wrapcheck // plain data
}

// StepKind is a definition of a step, of any type of parameters. It is made by [DefineStep].
type StepKind interface {
	kind() (name string, version int)
	build(params json.RawMessage) (Step, error)
}

// StepDef defines a custom step by name, version and parameters of type P, so that a stored [Spec] can name it.
type StepDef[P any] struct {
	name    string
	version int
	make    func(P) (Step, error)
}

// DefineStep returns a definition. The version changes when the same parameters would do something else. P must survive a round trip
// through JSON.
func DefineStep[P any](name string, version int, build func(params P) (Step, error)) StepDef[P] {
	return StepDef[P]{name, version, build}
}

func (d StepDef[P]) kind() (string, int) { return d.name, d.version }

func (d StepDef[P]) build(raw json.RawMessage) (Step, error) {
	var p P
	if len(raw) > 0 {
		if err := strictjson.Unmarshal(raw, &p); err != nil {
			return nil, fmt.Errorf("params: %w", err)
		}
	}
	if d.make == nil {
		return nil, errors.New("its definition has no function that builds it")
	}
	return d.make(p)
}

// Use returns the step with parameters, to be placed by [WithStep].
func (d StepDef[P]) Use(params P) StepUse {
	raw, err := compactJSON(params)
	if err == nil && (string(raw) == "{}" || string(raw) == "null") {
		raw = nil
	}
	return StepUse{spec: StepSpec{Name: d.name, Version: d.version, Params: raw}, def: d, err: err}
}

func compactJSON(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("params: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// StepUse is a custom step that is ready to be placed.
type StepUse struct {
	spec   StepSpec
	def    StepKind
	inline Step
	err    error
}

// Inline returns a step that exists in this process only: a task that uses it works, but its spec cannot be stored. The name
// identifies it; two inline steps of one name are taken to be the same code, also by a journal that kept what an earlier process did: a step that
// changes needs another name.
func Inline(name string, f func(context.Context, Draft) (Draft, error)) StepUse {
	u := StepUse{spec: StepSpec{Name: name, inline: true}}
	if f == nil {
		u.err = errors.New("the function is nil")
		return u
	}
	u.inline = StepFunc(f)
	return u
}

// WithStep puts a custom step into the chain. Steps at one place stand in the order in which they were added.
func WithStep(at At, use StepUse) Option {
	return option(func(d *draftSpec) error {
		if use.err != nil {
			return fmt.Errorf("step %q: %w", use.spec.Name, use.err)
		}
		spec := use.spec
		spec.At = at
		d.Steps = append(d.Steps, spec)
		if use.inline != nil {
			if _, taken := d.inline[spec.Name]; taken {
				return fmt.Errorf("step %q: an inline step of that name is there already", spec.Name)
			}
			inline := maps.Clone(d.inline) // the task that d came from keeps its own
			if inline == nil {
				inline = map[string]Step{}
			}
			inline[spec.Name] = use.inline
			d.inline = inline
			return nil
		}
		d.defs = append(slices.Clip(d.defs), use.def)
		return nil
	})
}
