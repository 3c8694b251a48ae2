package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/gloss-sdk/gloss/internal/strictjson"
	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/task"
)

// Option configures [Load] and [Parse].
type Option interface{ apply(*settings) error }

type option func(*settings) error

func (o option) apply(s *settings) error { return o(s) }

// settings are what the options of a program say.
type settings struct {
	models      []modelKind
	steps       []task.StepKind
	assignments []string
	lookup      func(string) (string, bool)
}

func newSettings(opts []Option) (settings, error) {
	s := settings{lookup: os.LookupEnv}
	var errs []error
	for i, o := range opts {
		if o == nil {
			errs = append(errs, fmt.Errorf("config: option %d is nil", i+1))
			continue
		}
		errs = append(errs, o.apply(&s))
	}
	return s, errors.Join(errs...)
}

// modelKind is a kind of model that a program knows.
type modelKind struct {
	name  string
	check func(params json.RawMessage) error
	build func(params json.RawMessage, env Environment) (llm.Model, error)
}

func (s *settings) model(name string) (modelKind, bool) {
	for _, m := range s.models {
		if m.name == name {
			return m, true
		}
	}
	return modelKind{}, false
}

func (s *settings) modelNames() []string {
	var names []string
	for _, m := range s.models {
		names = append(names, m.name)
	}
	return names
}

// WithModel makes a kind of model known: a file that says use: kind gets what build returns. By default no kind is known.
//
// P is what the parameters are decoded into, strictly, when the file is read; without parameters build gets the zero P.
// [json.RawMessage] leaves decoding to build, which then gets nil without parameters. Build is called by [Config.Open] with the
// environment; its errors are shown with every secret of the environment taken out. A kind that is made known twice is an error.
func WithModel[P any](kind string, build func(params P, env Environment) (llm.Model, error)) Option {
	return option(func(s *settings) error {
		_, known := s.model(kind)
		switch {
		case kind == "":
			return errors.New("config: WithModel: a kind of model needs a name")
		case build == nil:
			return fmt.Errorf("config: WithModel(%q): build is nil", kind)
		case known:
			return fmt.Errorf("config: WithModel(%q): this kind is known already", kind)
		}
		s.models = append(s.models, modelKind{
			name: kind,
			check: func(raw json.RawMessage) error {
				_, err := decodeParams[P](raw)
				return err
			},
			build: func(raw json.RawMessage, env Environment) (llm.Model, error) {
				params, err := decodeParams[P](raw)
				if err != nil {
					return nil, err
				}
				return build(params, env)
			},
		})
		return nil
	})
}

func decodeParams[P any](raw json.RawMessage) (params P, err error) {
	if raw != nil {
		err = strictjson.Unmarshal(raw, &params)
	}
	return params, err //nolint:wrapcheck // the faults are given their lines
}

// WithSet changes settings of the file, as the flags of a program do: "tasks.essay_score.exemplars.k=20". An assignment puts a value in
// the place of what the file has there, and the last one of a path wins; null takes a setting away. A key that is no plain word is written
// as in resources.model.params["top.k"], an element of a list as in steps[0], where the number after the last adds one.
//
// The value is YAML in one line: a scalar, a [list] or an {object}. Paths that lead nowhere and values that do not fit are problems of
// the configuration. By default nothing is changed.
func WithSet(assignments ...string) Option {
	return option(func(s *settings) error {
		s.assignments = append(s.assignments, assignments...)
		return nil
	})
}

// WithSteps makes the definitions of custom steps known to [Config.Open]. By default none is known, and a file that names a step cannot be
// opened.
func WithSteps(defs ...task.StepKind) Option {
	return option(func(s *settings) error {
		for i, def := range defs {
			if def == nil {
				return fmt.Errorf("config: WithSteps: definition %d is nil", i+1)
			}
		}
		s.steps = append(s.steps, defs...)
		return nil
	})
}

// WithLookupEnv reads environment variables with lookup instead of [os.LookupEnv]. The last use wins.
func WithLookupEnv(lookup func(name string) (value string, ok bool)) Option {
	return option(func(s *settings) error {
		if lookup == nil {
			return errors.New("config: WithLookupEnv(nil): leave the option out instead")
		}
		s.lookup = lookup
		return nil
	})
}
