package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/gloss-sdk/gloss/task"
)

// configured is a task of the configuration.
type configured struct {
	name   string
	spec   task.Spec
	given  *node // the settings that made the spec
	unused []unusedSetting
}

// unusedSetting is a shared setting of something that a task has off.
type unusedSetting struct {
	path  path
	value *node
	why   string
}

// resolve makes a task's spec from its own settings and the shared ones: its own win, and a shared setting of something that the task has
// off is left out.
func resolve(name string, shared, own *node) (configured, error) {
	base := &node{kind: object, fields: []field{{"task", &node{kind: scalar, raw: quote(name), place: place{level: LevelDefault}}}}}
	overlay := func(shared *node) *node {
		out := merge(base, shared)
		if own.given() {
			return merge(out, own)
		}
		return out
	}
	if !shared.given() {
		shared = nil
	}
	t := configured{name: name, given: overlay(shared)}
	if err := t.decode(); err != nil {
		return t, err
	}
	if shared == nil {
		return t, nil
	}
	full := t.given
	for _, idle := range off(t.spec) {
		n := shared.find(idle.path)
		if n == nil {
			continue
		}
		n.leaves(idle.path, func(p path, leaf *node) {
			if full.find(p) == leaf {
				t.unused = append(t.unused, unusedSetting{p, leaf, idle.why})
			}
		})
		shared = shared.without(idle.path)
	}
	t.given = overlay(shared)
	return t, t.decode()
}

func (t *configured) decode() error {
	var s task.Spec
	if err := json.Unmarshal(t.given.text(), &s); err != nil {
		return err //nolint:wrapcheck // the caller says which task
	}
	s.Name = t.name
	t.spec = s
	return nil
}

// unnamed returns the spec as it stands in a file.
func (t *configured) unnamed() taskSettings {
	s := taskSettings(t.spec)
	s.Name = ""
	return s
}

// idle is a setting without effect.
type idle struct {
	path path
	why  string
}

// off lists the settings that mean nothing to a task as it is switched: those that [task.Spec.Validate] refuses for that reason.
func off(s task.Spec) []idle {
	var out []idle
	add := func(why string, names ...string) { out = append(out, idle{keys(names...), why}) }
	switch e := s.Exemplars; {
	case !s.Inputs.PastFeedback:
		add("past feedback is off", "exemplars")
	case e != nil:
		if e.Select == task.SelectQuantileAnchors || e.Select == task.SelectRandom {
			add(fmt.Sprintf("select %s compares nothing", e.Select), "exemplars", "similarity")
		}
		if e.Select != task.SelectRandom {
			add(fmt.Sprintf("select %s draws nothing", e.Select), "exemplars", "seed")
		}
	}
	const noDocs = "class documents are off"
	switch {
	case !s.Inputs.ClassDocs && !s.Inputs.PastFeedback:
		add("neither class documents nor past feedback are on", "rag")
		add(noDocs, "documents")
	case !s.Inputs.ClassDocs:
		for _, name := range []string{"passages", "passage_tokens", "similarity"} {
			add(noDocs, "rag", name)
		}
		add(noDocs, "documents")
	case s.RAG != nil:
		add("RAG chooses passages", "documents")
	}
	return append(out, offTechnique(s)...)
}

// offTechnique lists the parts of a technique that other kinds of tasks have.
func offTechnique(s task.Spec) []idle {
	var out []idle
	add := func(why string, names ...string) {
		out = append(out, idle{keys(append([]string{"technique"}, names...)...), why})
	}
	switch s.Task {
	case task.KindDraftFeedback:
		add("draft feedback gives no scores", "per_criterion")
		add("draft feedback gives no scores", "pairwise")
		add("the comments of draft feedback quote", "evidence")
		add("draft feedback is not reduced by its scores", "samples", "reduce")
	case task.KindEssayScore:
		add("an essay score has no criteria", "per_criterion")
		if !s.Inputs.PastFeedback {
			add("past feedback is off", "pairwise")
		}
	case task.KindRubricScore:
		add("criteria are not compared", "pairwise")
	}
	return out
}

// validate notes what [task.Spec.Validate] finds at the line of the setting that it names, or else at the task's.
func (t *configured) validate(ps *problems, at place) {
	for _, err := range t.findings(t.spec.Validate()) {
		where, p := at, keys("tasks", t.name)
		name, _, _ := strings.Cut(err.Error(), " ")
		if named, _, err := parsePath(strings.TrimSuffix(name, ":")); err == nil {
			if n := t.given.find(named); n != nil && n.place.level != LevelDefault {
				where = n.place
			}
		}
		if where.level == LevelShared {
			p = keys("shared") // said once for all tasks
		}
		ps.add(where, p, Error{Err: err})
	}
}

// findings returns the parts of a joined error of package task without the task's name, which the path says.
func (t *configured) findings(err error) []error {
	if err == nil {
		return nil
	}
	errs := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok { // a joined error as it comes
		errs = joined.Unwrap()
	}
	var out []error
	for _, err := range errs {
		out = append(out, errors.New(strings.TrimPrefix(err.Error(), fmt.Sprintf("task %s: ", t.name))))
	}
	return out
}
