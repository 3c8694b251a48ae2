package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// Bound is a configuration with everything alive: the class, the model, and the tasks over them. It is immutable and safe for concurrent
// use.
type Bound struct {
	// Resources are the assets that all tasks of the configuration share.
	Resources task.Resources

	config    *Config
	model     llm.Model
	templates *task.Templates
	tasks     map[string]*task.Task
}

// OpenOption configures [Config.Open].
type OpenOption interface{ applyOpen(*openSettings) error }

type openOption func(*openSettings) error

func (o openOption) applyOpen(s *openSettings) error { return o(s) }

type openSettings struct{ class *userdata.Class }

// WithClass uses c instead of the class directory of the file, which is then not looked at. The last use wins.
func WithClass(c *userdata.Class) OpenOption {
	return openOption(func(s *openSettings) error {
		if c == nil {
			return errors.New("config: WithClass(nil): leave the option out instead")
		}
		s.class = c
		return nil
	})
}

// Open resolves the environment, builds the model, reads the prompt templates, opens the class and builds the tasks. The data of the class is read when a run needs it.
// What is missing (variables, kinds of models, definitions of steps, the class) is returned as [Errors], all of it at once; the
// model is built only when every variable is there.
func (c *Config) Open(opts ...OpenOption) (*Bound, error) {
	var s openSettings
	var errs []error
	for i, o := range opts {
		if o == nil {
			errs = append(errs, fmt.Errorf("config: option %d is nil", i+1))
			continue
		}
		errs = append(errs, o.applyOpen(&s))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	o := opener{Config: c, problems: &problems{file: c.file}}
	env := o.environmentValues()
	model, templates := o.model(env), o.templates()
	class := s.class
	if class == nil {
		class = o.class()
	}
	var res task.Resources // without assets, tasks are only checked
	if len(o.problems.list) == 0 {
		res = task.Using(class, model).WithTemplates(templates)
	}
	tasks := o.bind(res)
	if err := o.problems.err(); err != nil {
		return nil, err
	}
	return &Bound{Resources: res, config: c, model: model, templates: templates, tasks: tasks}, nil
}

// Task returns a task of the configuration. A name that it lacks is an error.
func (b *Bound) Task(name string) (*task.Task, error) {
	if t, ok := b.tasks[name]; ok {
		return t, nil
	}
	return nil, noTask(name, slices.Sorted(maps.Keys(b.tasks)))
}

// ForClass returns the same configuration over another class, as a service with a class for each teacher needs it: the model is
// shared, and the environment is not read again.
func (b *Bound) ForClass(class *userdata.Class) (*Bound, error) {
	if class == nil {
		return nil, errors.New("config: ForClass(nil): a class is needed")
	}
	o := opener{Config: b.config, problems: &problems{file: b.config.file}}
	res := task.Using(class, b.model).WithTemplates(b.templates)
	tasks := o.bind(res)
	if err := o.problems.err(); err != nil {
		return nil, err
	}
	return &Bound{Resources: res, config: b.config, model: b.model, templates: b.templates, tasks: tasks}, nil
}

// opener makes the parts of a configuration and notes what is missing.
type opener struct {
	*Config
	problems *problems
}

func (o *opener) environmentValues() Environment {
	env := Environment{values: map[string]resolved{}}
	for _, ref := range o.environment {
		value, ok := o.settings.lookup(ref.Env)
		if !ok || value == "" {
			o.problems.add(ref.place, keys("environment", ref.name),
				Error{Want: fmt.Sprintf("the environment variable %s to be set", ref.Env)})
			continue
		}
		env.add(ref.name, ref.reference, value)
	}
	return env
}

func (o *opener) model(env Environment) llm.Model {
	at := keys("resources", "model")
	use := o.resources.Model
	if use == nil {
		o.problems.add(place{}, at, Error{Want: "{use: " + example(o.settings.modelNames()) + "}, the model of every task"})
		return nil
	}
	n := o.root.find(at)
	kind, known := o.settings.model(use.Use)
	if !known {
		o.problems.add(n.field("use").place, at.then(toKey("use")),
			Error{Value: use.Use, Want: choose("kind of model", use.Use, o.settings.modelNames())})
		return nil
	}
	if len(o.problems.list) > 0 {
		return nil // a build without the environment would only complain of that again
	}
	params := use.Params
	if !n.field("params").given() {
		params = nil
	}
	model, err := kind.build(params, env)
	if err == nil && model == nil {
		err = errors.New("built no model")
	}
	if err != nil {
		o.problems.add(n.place, at, Error{Err: fmt.Errorf("%s: %w", use.Use, env.redact(err))})
	}
	return model
}

func example(kinds []string) string {
	if len(kinds) == 0 {
		return "kind"
	}
	return kinds[0]
}

func (o *opener) class() *userdata.Class {
	at := keys("resources", "class")
	source := o.resources.Class
	if source == nil {
		o.problems.add(place{}, at, Error{Want: "{dir: ./class}, or a class given by the option WithClass"})
		return nil
	}
	where := o.root.find(at).field("dir").place
	fsys, err := o.directory(source.Dir)
	if err == nil {
		var class *userdata.Class
		if class, err = userdata.Dir(fsys, userdata.WithEncoding(source.Encoding)); err == nil {
			return class
		}
	}
	o.problems.add(where, at.then(toKey("dir")), Error{Err: fmt.Errorf("%s: %w", source.Dir, err)})
	return nil
}

// templates reads the prompt templates that the file names; nil stands for the shipped ones.
func (o *opener) templates() *task.Templates {
	source := o.resources.Templates
	if source == nil {
		return nil
	}
	at := keys("resources", "templates", "dir")
	dir, err := o.directory(source.Dir)
	if err == nil {
		var t *task.Templates
		if t, err = task.ReadTemplates(dir); err == nil {
			return t
		}
	}
	o.problems.add(o.root.find(at).place, at, Error{Err: fmt.Errorf("%s: %w", source.Dir, err)})
	return nil
}

// bind makes every task over the resources. The specs are valid, so it is steps that can be wrong.
func (o *opener) bind(res task.Resources) map[string]*task.Task {
	tasks := map[string]*task.Task{}
	for _, t := range o.tasks {
		made, err := task.New(res, t.spec, o.settings.steps...)
		p := keys("tasks", t.name)
		at := o.root.find(p).place
		if steps := t.given.field("steps"); steps != nil {
			p, at = p.then(toKey("steps")), steps.place
		}
		for _, err := range t.findings(err) {
			o.problems.add(at, p, Error{Err: err})
		}
		tasks[t.name] = made
	}
	return tasks
}
