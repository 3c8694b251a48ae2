package config

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	slashpath "path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/limit"
	"github.com/gloss-sdk/gloss/task"
)

// Config is a configuration that was read and found to be right. It is immutable and safe for concurrent use.
type Config struct {
	file        string
	settings    settings
	directory   func(name string) (fs.FS, error)
	root        *node // the document with the assignments in it
	resources   resources
	environment []namedReference // sorted
	tasks       []configured     // sorted
	run         runSettings
	runOptions  []pipeline.RunOption
	limiter     *limit.Limiter // nil without limits
}

// namedReference is an entry of the environment section.
type namedReference struct {
	name string
	reference
	place place
}

// Load reads a configuration file. A class directory is relative to the folder of the file. What is wrong with the file is returned as
// [Errors], all of it at once.
func Load(file string, opts ...Option) (*Config, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	return parse(file, data, opts, func(name string) (fs.FS, error) {
		dir := filepath.FromSlash(name)
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(filepath.Dir(file), dir)
		}
		return os.DirFS(dir), nil
	})
}

// Parse reads a configuration that is in memory. Name is what errors call it, and its path in fsys: a class directory is in fsys,
// relative to the folder of name. Without a class directory, or when it is overridden by [WithClass], fsys may be nil. What is wrong with
// the configuration is returned as [Errors], all of it at once.
func Parse(name string, data []byte, fsys fs.FS, opts ...Option) (*Config, error) {
	return parse(name, data, opts, func(dir string) (fs.FS, error) {
		dir = slashpath.Join(slashpath.Dir(name), dir)
		switch {
		case fsys == nil:
			return nil, fmt.Errorf("the configuration was parsed without a file system; want one, or the option WithClass")
		case !fs.ValidPath(dir):
			return nil, fmt.Errorf("%q is outside of the file system that the configuration is in", dir)
		}
		return fs.Sub(fsys, dir) //nolint:wrapcheck // the caller says what was opened
	})
}

func parse(file string, data []byte, opts []Option, directory func(string) (fs.FS, error)) (*Config, error) {
	s, err := newSettings(opts)
	if err != nil {
		return nil, err
	}
	ps := &problems{file: file}
	r := reader{problems: ps}
	root := r.read(file, data)
	if root == nil {
		return nil, ps.err()
	}
	for _, f := range root.fields {
		f.value.from(levelOf(f.key))
	}
	check := checker{problems: ps, root: root, settings: &s}
	for _, a := range s.assignments {
		check.assign(a)
	}
	check.check()
	c := &Config{file: file, settings: s, directory: directory, root: root, run: readRun(root)}
	c.resolve(ps)
	if !ps.below(keys("run")) {
		c.openRun(ps)
	}
	if err := ps.err(); err != nil {
		return nil, err
	}
	c.resources, _ = decode[resources](root.field("resources")) // it was checked, and may be missing
	return c, nil
}

// resolve completes tasks and references. A task with a problem of its own, or of the shared settings, is not judged further: what would be
// said of the rest might not be true.
func (c *Config) resolve(ps *problems) {
	if c.root.kind != object {
		return
	}
	shared := c.root.field("shared")
	if tasks := c.root.field("tasks"); tasks != nil && !ps.below(keys("shared")) {
		for _, f := range tasks.fields {
			if ps.below(keys("tasks", f.key)) {
				continue
			}
			t, err := resolve(f.key, shared, f.value)
			if err != nil {
				ps.add(f.value.place, keys("tasks", f.key), Error{Err: err})
				continue
			}
			t.validate(ps, f.value.place)
			c.tasks = append(c.tasks, t)
		}
	}
	if environment := c.root.field("environment"); environment != nil {
		for _, f := range environment.fields {
			if ref, ok := decode[reference](f.value); ok && f.value.field("env") != nil {
				c.environment = append(c.environment, namedReference{f.key, ref, f.value.field("env").place})
			}
		}
	}
	slices.SortFunc(c.tasks, func(a, b configured) int { return strings.Compare(a.name, b.name) })
	slices.SortFunc(c.environment, func(a, b namedReference) int { return strings.Compare(a.name, b.name) })
}

// Tasks returns the names of the tasks, sorted.
func (c *Config) Tasks() []string {
	names := make([]string, len(c.tasks))
	for i, t := range c.tasks {
		names[i] = t.name
	}
	return names
}

// Spec returns the complete spec of a task. A name that the configuration lacks is an error.
func (c *Config) Spec(name string) (task.Spec, error) {
	for i := range c.tasks {
		if c.tasks[i].name == name {
			t := configured{name: name, given: c.tasks[i].given} // for a spec of its own, which the caller may change
			err := t.decode()
			return t.spec, err
		}
	}
	return task.Spec{}, noTask(name, c.Tasks())
}

func noTask(name string, names []string) error {
	return fmt.Errorf("config: there is no task %q; want %s", name, choose("task", name, names))
}

// MarshalJSON returns the effective configuration as a configuration file: every task with its complete spec, nothing shared, references
// instead of the values of the environment. Loaded again it gives the same tasks. It is what the manifest of a run keeps.
func (c *Config) MarshalJSON() ([]byte, error) {
	out := document{
		Version: formatVersion, Resources: c.resources,
		Environment: map[string]reference{}, Tasks: map[string]taskSettings{},
		Run: c.run,
	}
	for _, e := range c.environment {
		out.Environment[e.name] = e.reference
	}
	for _, t := range c.tasks {
		out.Tasks[t.name] = t.unnamed()
	}
	return json.Marshal(out) //nolint:wrapcheck // plain data
}
