package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gloss-sdk/gloss/internal/strictjson"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

const formatVersion = 1

// document is what a configuration file may hold.
type document struct {
	Version     int                     `json:"version"`
	Resources   resources               `json:"resources,omitzero"`
	Environment map[string]reference    `json:"environment,omitempty"`
	Shared      *taskSettings           `json:"shared,omitempty"`
	Tasks       map[string]taskSettings `json:"tasks"`
	Run         runSettings             `json:"run"`
}

type resources struct {
	Class     *classSource     `json:"class,omitempty"`
	Model     *modelUse        `json:"model,omitempty"`
	Templates *templatesSource `json:"templates,omitempty"`
}

// templatesSource is a directory of prompt templates, relative to the configuration file.
type templatesSource struct {
	Dir string `json:"dir"`
}

// classSource is a class directory, relative to the configuration file.
type classSource struct {
	Dir      string            `json:"dir"`
	Encoding userdata.Encoding `json:"encoding,omitempty"`
}

// modelUse is a kind of model with its parameters.
type modelUse struct {
	Use    string          `json:"use"`
	Params json.RawMessage `json:"params,omitempty"`
}

// taskSettings are the fields of a [task.Spec] without its way of reading them, which fills in defaults. They have no name: it is the key.
type taskSettings task.Spec

// wantReference is said where a reference is no such thing, perhaps because it is the value itself.
const wantReference = "{env: NAME}, the name of an environment variable; its value stays out of the file"

// checker checks a tree against the Go types that it is decoded into.
type checker struct {
	*problems
	root     *node
	settings *settings
}

// check notes everything that is wrong with the document but for the combinations of a task's settings.
func (c *checker) check() {
	c.types(c.root, nil, func(raw json.RawMessage) error { return strictjson.Unmarshal(raw, new(document)) })
	if c.root.kind != object {
		return
	}
	if v := c.root.field("version"); !v.given() || v.kind == scalar && v.raw != strconv.Itoa(formatVersion) {
		c.complain(keys("version"), fmt.Sprintf("%d, the version of the format", formatVersion))
	}
	if tasks := c.root.field("tasks"); !tasks.given() || tasks.kind == object && len(tasks.fields) == 0 {
		c.complain(keys("tasks"), "at least one task")
	}
	c.names()
	c.resources()
	c.environment()
	c.run()
}

// types notes the faults that decode finds in what stands at a path.
func (c *checker) types(n *node, at path, decode func(json.RawMessage) error) {
	e := encoder{path: at, marks: map[int]mark{}}
	e.value(n)
	err := decode(e.out.Bytes())
	faults, ok := errors.AsType[strictjson.Errors](err)
	if !ok && err != nil {
		c.add(n.place, at, Error{Err: err})
	}
	for _, fault := range faults {
		m := e.marks[fault.Offset]
		c.add(m.place, m.path, Error{Value: fault.Value, Want: wanted(fault, m.path)})
	}
}

// wanted returns what would be right, with the nearest of the known keys first.
func wanted(fault *strictjson.Error, at path) string {
	if len(at) == 2 && at[0].key == "environment" && strings.HasPrefix(fault.Want, "an object") {
		return wantReference
	}
	list, unknown := strings.CutPrefix(fault.Want, "a known key: ")
	if !unknown || len(at) == 0 {
		return fault.Want
	}
	known := strings.Split(list, ", ")
	if ofTask(at) {
		known = slices.DeleteFunc(known, func(k string) bool { return k == "name" })
	}
	return choose("key", at[len(at)-1].key, known)
}

// ofTask reports whether a path leads to a setting right below shared or a task.
func ofTask(p path) bool {
	return len(p) == 2 && p[0].key == "shared" || len(p) == 3 && p[0].key == "tasks"
}

// complain notes that the value at a path, or what is missing there, is not what is wanted, unless there is a problem with it already.
func (c *checker) complain(at path, want string) {
	if c.below(at) {
		return
	}
	e := Error{Want: want}
	where := c.root.place
	for i := range at {
		if n := c.root.find(at[:i+1]); n != nil {
			where = n.place
		}
	}
	if n := c.root.find(at); n != nil && n.kind == scalar {
		e.Value = strings.Trim(n.raw, `"`)
	}
	c.add(where, at, e)
}

// names refuses names where the key is the name.
func (c *checker) names() {
	places := []path{keys("shared", "name")}
	if tasks := c.root.field("tasks"); tasks != nil {
		for _, f := range tasks.fields {
			places = append(places, keys("tasks", f.key, "name"))
		}
	}
	for _, p := range places {
		if c.root.find(p) != nil {
			c.complain(p, "no name here; the name of a task is its key below tasks")
		}
	}
}

func (c *checker) resources() {
	if class := c.root.find(keys("resources", "class")); class.given() && class.kind == object {
		source, ok := decode[classSource](class)
		if ok && source.Dir == "" {
			c.complain(keys("resources", "class", "dir"), "a class directory, relative to this file")
		}
		if _, err := userdata.ParseEncoding(string(source.Encoding)); err != nil {
			c.add(class.field("encoding").place, keys("resources", "class", "encoding"), Error{Err: err})
		}
	}
	if templates := c.root.find(keys("resources", "templates")); templates.given() && templates.kind == object {
		if source, ok := decode[templatesSource](templates); ok && source.Dir == "" {
			c.complain(keys("resources", "templates", "dir"), "a directory of prompt templates, relative to this file")
		}
	}
	at := keys("resources", "model")
	model := c.root.find(at)
	if !model.given() || model.kind != object {
		return
	}
	use, ok := decode[modelUse](model)
	if ok && use.Use == "" {
		c.complain(at.then(toKey("use")), "a kind of model")
	}
	params := model.field("params")
	if kind, known := c.settings.model(use.Use); known && params.given() {
		c.types(params, at.then(toKey("params")), kind.check)
	}
}

func (c *checker) environment() {
	environment := c.root.field("environment")
	if environment == nil {
		return
	}
	for _, f := range environment.fields {
		ref, ok := decode[reference](f.value)
		if ok && (ref.Env == "" || strings.ContainsAny(ref.Env, "=\x00")) {
			c.complain(keys("environment", f.key), wantReference)
		}
	}
}

// decode returns a value, unless it has faults, which are noted elsewhere.
func decode[T any](n *node) (v T, ok bool) {
	if !n.given() {
		return v, false
	}
	err := strictjson.Unmarshal(n.text(), &v)
	return v, err == nil
}
