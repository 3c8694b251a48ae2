package config

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gloss-sdk/gloss/task/userdata"
)

// Level is what set a value.
type Level string

// The levels. A task's own setting wins over a shared one, and an assignment over what the file has at its path.
const (
	LevelDefault     Level = "default"     // nothing did: the value is built in
	LevelResources   Level = "resources"   // the section of that name
	LevelEnvironment Level = "environment" // the section of that name
	LevelShared      Level = "shared"      // the section of that name, which holds for every task
	LevelTask        Level = "task"        // the entry of the task
	LevelSet         Level = "set"         // an assignment of [WithSet]
	LevelRun         Level = "run"         // the section of that name
)

// levelOf returns the level of what stands in a section of the file.
func levelOf(section string) Level {
	switch section {
	case "resources":
		return LevelResources
	case "environment":
		return LevelEnvironment
	case "shared":
		return LevelShared
	case "run":
		return LevelRun
	default:
		return LevelTask
	}
}

// Value is one setting of the effective configuration.
type Value struct {
	// Path leads to the setting, as in tasks.essay_score.exemplars.k.
	Path string `json:"path"`
	// Value is its JSON text. A reference to the environment is shown as "env NAME".
	Value string `json:"value"`
	// Level is what set it, and Place is where: zero for defaults and assignments.
	Level Level          `json:"level"`
	Place userdata.Place `json:"place,omitzero"`
	// Unused says why the task does nothing with a shared setting; it is empty for a setting in use.
	Unused string `json:"unused,omitempty"`
}

// row is a value with its path, by which rows are sorted.
type row struct {
	path path
	Value
}

func (c *Config) row(p path, text string, at place, unused string) row {
	v := Value{Path: p.String(), Value: text, Level: at.level, Unused: unused}
	if at.line > 0 && at.level != LevelSet {
		v.Place = userdata.Place{File: c.file, Line: at.line}
	}
	return row{p, v}
}

// Values returns the complete effective configuration: a row for each setting of each task down to its parameters, null for what is off,
// for each parameter of a resource, and for each reference. Rows are sorted by path, key by key.
func (c *Config) Values() []Value {
	rows := c.taskRows()
	if r := c.root.field("resources"); r.given() && !r.leaf() {
		r.leaves(keys("resources"), func(p path, n *node) { rows = append(rows, c.row(p, string(n.text()), n.place, "")) })
	}
	for _, e := range c.environment {
		rows = append(rows, c.row(keys("environment", e.name), "env "+e.Env, e.place, ""))
	}
	rows = append(rows, c.runRows()...)
	slices.SortStableFunc(rows, func(a, b row) int { return comparePaths(a.path, b.path) })
	values := make([]Value, len(rows))
	for i, r := range rows {
		values[i] = r.Value
	}
	return values
}

// taskRows returns the settings of all tasks: what is in effect, what was said without effect on the spec, such as rag: null, and what is
// not used.
func (c *Config) taskRows() []row {
	var rows []row
	for _, t := range c.tasks {
		root := keys("tasks", t.name)
		effective := t.effective()
		effective.leaves(nil, func(p path, n *node) {
			at := place{level: LevelDefault}
			if given := t.given.find(p); given != nil && same(given, n) {
				at = given.place
			}
			rows = append(rows, c.row(root.then(p...), string(n.text()), at, ""))
		})
		t.given.leaves(nil, func(p path, n *node) {
			if e := effective.find(p); (e == nil || !e.leaf()) && len(p) > 0 {
				rows = append(rows, c.row(root.then(p...), string(n.text()), n.place, ""))
			}
		})
		for _, u := range t.unused {
			rows = append(rows, c.row(root.then(u.path...), string(u.value.text()), u.value.place, u.why))
		}
	}
	return rows
}

// effective returns the complete settings of a task as a tree.
func (t *configured) effective() *node {
	raw, err := json.Marshal(t.unnamed())
	if err != nil {
		return &node{kind: object} // what was read from a file can be written
	}
	n := readJSON(&reader{level: LevelDefault, problems: &problems{}}, raw)
	n.fields = slices.Clip(n.fields)
	for _, key := range optionalSettings() {
		if n.field(key) == nil {
			n.fields = append(n.fields, field{key, &node{kind: null, raw: "null"}})
		}
	}
	return n
}

// optionalSettings are the settings of a task that its spec leaves out where they are off. A person who looks for what can be set must find
// them all the same.
func optionalSettings() []string {
	var names []string
	spec := reflect.TypeFor[taskSettings]()
	for i := range spec.NumField() {
		name, options, _ := strings.Cut(spec.Field(i).Tag.Get("json"), ",")
		if options != "" && name != "name" {
			names = append(names, name)
		}
	}
	return names
}

// WriteValues writes [Config.Values] as aligned text: path, value, level, place, and why a setting is not used.
func (c *Config) WriteValues(w io.Writer) error {
	const columns = 5
	var lines [][columns]string
	var width [columns]int
	for _, v := range c.Values() {
		line := [columns]string{v.Path, v.Value, string(v.Level), v.Place.String()}
		if v.Unused != "" {
			line[columns-1] = "not used: " + v.Unused
		}
		for i, text := range line {
			width[i] = max(width[i], utf8.RuneCountInString(text))
		}
		lines = append(lines, line)
	}
	var out strings.Builder
	for _, line := range lines {
		var b strings.Builder
		for i, text := range line {
			fmt.Fprintf(&b, "%-*s  ", width[i], text)
		}
		out.WriteString(strings.TrimRight(b.String(), " ") + "\n")
	}
	if _, err := io.WriteString(w, out.String()); err != nil {
		return fmt.Errorf("config: values: %w", err)
	}
	return nil
}
