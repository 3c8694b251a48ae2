package record

import (
	"slices"

	"github.com/gloss-sdk/gloss/pipeline"
)

// targets are the targets that sessions began, in the order of their first beginning.
type targets struct {
	list  []pipeline.Target
	noted map[string]bool // names of targets that had items
}

func (ts *targets) add(e *Event) {
	same := func(t pipeline.Target) bool { return t.Name == e.Target && t.Fingerprint == e.Fingerprint }
	if !slices.ContainsFunc(ts.list, same) {
		ts.list = append(ts.list, pipeline.Target{Name: e.Target, Fingerprint: e.Fingerprint, Assets: e.Assets})
	}
}

func (ts *targets) note(name string) {
	if ts.noted == nil {
		ts.noted = map[string]bool{}
	}
	ts.noted[name] = true
}

// of returns the targets of that name; known is false if there was none, nor any item of one.
func (ts *targets) of(name string) (list []pipeline.Target, known bool) {
	for _, t := range ts.list {
		if t.Name == name {
			list = append(list, t)
		}
	}
	return list, len(list) > 0 || ts.noted[name]
}

// Targets returns the targets that the run began, in the order in which they first did, with the fingerprints of what they need. There
// are several of one name where assets were replaced. A run that was recorded without a journal has none.
func (r *Run) Targets() ([]pipeline.Target, error) {
	var ts targets
	for e, err := range r.Events() {
		if err != nil {
			return nil, err
		}
		if e.Kind == KindTarget {
			ts.add(&e)
		}
	}
	return ts.list, nil
}
