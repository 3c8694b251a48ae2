package price

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/internal/strictjson"
	"github.com/gloss-sdk/gloss/pipeline"
)

// problem is one thing that is wrong with a table: a field of a model, or of the table where model is negative.
type problem struct {
	model int
	field string
	strictjson.Error
}

// checked returns t with its index, or everything that is wrong with it.
func (t *Table) checked() (*Table, error) {
	problems := t.check()
	if len(problems) == 0 {
		return t, nil
	}
	errs := make([]error, len(problems))
	for i, p := range problems {
		where := ""
		if p.model >= 0 {
			m := t.models[p.model]
			where = fmt.Sprintf("model %q of %q: ", m.Name, m.Provider)
			p.Path = p.field
		}
		errs[i] = fmt.Errorf("price table: %s%w", where, &p.Error)
	}
	return nil, errors.Join(errs...)
}

// checker collects what is wrong with a table.
type checker struct {
	*Table

	problems []problem
}

// check makes the index and returns what is wrong.
func (t *Table) check() []problem {
	c := &checker{Table: t}
	c.header()
	t.byName = make(map[name]int, len(t.models))
	for i := range t.models {
		c.prices(i)
		c.names(i)
	}
	c.others()
	return c.problems
}

// add notes a problem of the table.
func (c *checker) add(path, value, want string) {
	c.problems = append(c.problems, problem{model: -1, Error: strictjson.Error{Path: path, Value: value, Want: want}})
}

// addModel notes a problem of a model.
func (c *checker) addModel(i int, field, value, want string) {
	c.add(fmt.Sprintf("models[%d].%s", i, field), value, want)
	p := &c.problems[len(c.problems)-1]
	p.model, p.field = i, field
}

func (c *checker) header() {
	if len(c.currency) != 3 || strings.Trim(c.currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		c.add("currency", c.currency, "a code of ISO 4217 such as USD")
	}
	if c.asOf.IsZero() {
		c.add("as_of", "", "the day on which the prices were known to hold")
	}
	if c.source == "" {
		c.add("source", "", "a text that says where the prices come from")
	}
}

func (c *checker) prices(i int) {
	m := &c.models[i]
	price := func(field string, p pipeline.Money) {
		switch {
		case p < 0:
			c.addModel(i, field, p.String(), "a price that is not negative")
		case p%perPrice != 0:
			c.addModel(i, field, p.String(), "a price for a million tokens with at most six decimals")
		}
	}
	price("input", m.Input)
	price("output", m.Output)
	if m.Cached != nil {
		price("cached", *m.Cached)
	}
	if !m.From.IsZero() && m.From.until(c.asOf) < 0 && !c.asOf.IsZero() {
		c.addModel(i, "from", m.From.String(), fmt.Sprintf("a day up to that of the table, %s", c.asOf))
	}
}

func (c *checker) names(i int) {
	m := &c.models[i]
	if m.Provider == "" {
		c.addModel(i, "provider", "", "the name of the provider")
	}
	for k, n := range m.names() {
		field := "model"
		if k > 0 {
			field = fmt.Sprintf("aliases[%d]", k-1)
		}
		known, twice := c.byName[name{m.Provider, n}]
		switch {
		case n == "":
			c.addModel(i, field, "", "the name of a model")
		case twice:
			c.addModel(i, field, n, fmt.Sprintf("each name once; models[%d] has it already", known))
		default:
			c.byName[name{m.Provider, n}] = i
		}
	}
}

func (c *checker) others() {
	for i, r := range c.rewrites {
		if r.Provider == "" {
			c.add(fmt.Sprintf("rewrites[%d].provider", i), "", "the name of the provider")
		}
		if r.Prefix == "" || strings.HasPrefix(r.Prefix, "*") || strings.HasSuffix(r.Prefix, "*") || strings.Count(r.Prefix, "*") > 1 {
			c.add(fmt.Sprintf("rewrites[%d].prefix", i), r.Prefix, "the begin of a name, with at most one * and that inside")
		}
	}
	for i, f := range c.free {
		path := fmt.Sprintf("free_resources[%d]", i)
		switch {
		case f == "":
			c.add(path, "", "the name of a resource")
		case slices.Index(c.free, f) < i:
			c.add(path, f, "each resource once")
		}
	}
}
