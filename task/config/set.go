package config

import (
	"fmt"
	"slices"
	"strings"
)

// assign applies an assignment of [WithSet] to the tree.
func (c *checker) assign(assignment string) {
	at := place{level: LevelSet}
	p, rest, err := parsePath(assignment)
	value, assigned := strings.CutPrefix(rest, "=")
	switch {
	case err != nil:
		c.add(at, nil, Error{Value: assignment, Want: fmt.Sprintf("path=value (%v)", err)})
		return
	case !assigned:
		c.add(at, nil, Error{Value: assignment, Want: "path=value, as in tasks.essay_score.exemplars.k=20"})
		return
	}
	if want := c.entry(p); want != "" {
		c.add(at, p, Error{Want: want})
		return
	}
	before := len(c.list)
	r := reader{level: LevelSet, problems: c.problems, path: p}
	n := &node{place: at} // nothing after the sign is null, as in YAML
	if strings.TrimSpace(value) != "" {
		n = r.read("", []byte(value))
	}
	if len(c.list) > before || n == nil {
		return
	}
	n.from(LevelSet)
	if want := c.root.set(p, n); want != "" {
		c.add(at, p, Error{Want: want})
	}
}

// entry says what is wanted instead of a path into an entry that the file does not have: tasks and references are made in the file alone.
func (c *checker) entry(p path) string {
	if len(p) < 2 || p[0].key != "tasks" && p[0].key != "environment" {
		return ""
	}
	var names []string
	if section := c.root.field(p[0].key); section != nil {
		for _, f := range section.fields {
			names = append(names, f.key)
		}
	}
	if slices.Contains(names, p[1].key) {
		return ""
	}
	slices.Sort(names)
	return choose("key", p[1].key, names)
}

// set puts value at a path below n and makes the objects and lists on the way. If it cannot, it says what would be right.
func (n *node) set(p path, value *node) (want string) {
	s := p[0]
	if n.kind == null {
		n.kind = s.container()
	}
	switch {
	case n.kind != s.container():
		return fmt.Sprintf("a path to a setting; there is nothing at %s", path{s})
	case s.index > len(n.items):
		return fmt.Sprintf("a place in a list of %d, counted from 0, or %[1]d to add one", len(n.items))
	}
	next := n.child(s)
	if next == nil {
		next = &node{place: value.place}
		if s.index < 0 {
			n.fields = append(n.fields, field{s.key, next})
		} else {
			n.items = append(n.items, next)
		}
	}
	if len(p) > 1 {
		return next.set(p[1:], value)
	}
	*next = *value
	return ""
}

// container is what a step leads through.
func (s step) container() kind {
	if s.index < 0 {
		return object
	}
	return list
}
