package price

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/internal/strictjson"
	"github.com/gloss-sdk/gloss/pipeline"
)

// document is the JSON of a table as it is written: amounts and days are texts.
type document struct {
	Currency string    `json:"currency"`
	AsOf     string    `json:"as_of"`
	Source   string    `json:"source"`
	Models   []entry   `json:"models"`
	Rewrites []Rewrite `json:"rewrites,omitempty"`
	Free     []string  `json:"free_resources,omitempty"`
}

// entry is the JSON of a model.
type entry struct {
	Provider string   `json:"provider"`
	Model    string   `json:"model"`
	Aliases  []string `json:"aliases,omitempty"`
	Input    string   `json:"input"`
	Output   string   `json:"output"`
	Cached   *string  `json:"cached,omitempty"`
	From     string   `json:"from,omitempty"`
	Source   string   `json:"source,omitempty"`
}

// Read reads a table as [Parse] does.
func Read(r io.Reader) (*Table, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("price table: %w", err)
	}
	return Parse(data)
}

// Parse returns the table that is written as JSON:
//
//	{
//	  "currency": "USD",
//	  "as_of": "2026-09-01",
//	  "source": "our contract",
//	  "models": [
//	    {"provider": "openai", "model": "large", "aliases": ["large-2026-05"], "input": "2.50", "cached": "1.25", "output": "10.00"}
//	  ],
//	  "rewrites": [{"provider": "aws.bedrock", "prefix": "us.", "with": ""}],
//	  "free_resources": ["index"]
//	}
//
// Amounts are decimal numbers in quotation marks, for a million tokens. Of a model, "aliases", "cached", "from" and "source" may be left
// out, of the table "rewrites" and "free_resources"; see [Model], [Rewrite] and [Table.WithFree]. Everything that is wrong is reported at
// once with its line: what is missing, unknown, there twice, negative or finer than a millionth.
func Parse(data []byte) (*Table, error) {
	var d document
	err := strictjson.UnmarshalComplete(data, &d)
	faults, ok := errors.AsType[strictjson.Errors](err)
	if err != nil && (!ok || !json.Valid(data)) {
		return nil, located(data, faults, err)
	}
	if ok {
		_ = json.Unmarshal(data, &d) // as far as it goes: what else is wrong is worth knowing
	}
	t, problems := d.table()
	for _, p := range problems {
		if slices.ContainsFunc(faults, func(f *strictjson.Error) bool { return f.Path == p.Path }) {
			continue
		}
		p.Offset = place(data, p.Path)
		faults = append(faults, &p.Error)
	}
	if len(faults) > 0 {
		slices.SortStableFunc(faults, func(a, b *strictjson.Error) int { return cmp.Compare(a.Offset, b.Offset) })
		return nil, located(data, faults, nil)
	}
	return t, nil
}

// located returns the faults with their lines, or err if there is none.
func located(data []byte, faults strictjson.Errors, err error) error {
	if len(faults) == 0 {
		return fmt.Errorf("price table: %w", err)
	}
	errs := make([]error, len(faults))
	for i, f := range faults {
		line := 1 + bytes.Count(data[:min(f.Offset, len(data))], []byte("\n"))
		errs[i] = fmt.Errorf("price table: line %d: %w", line, f)
	}
	return errors.Join(errs...)
}

// place returns where path is in data, or the innermost value around it that is there.
func place(data []byte, path string) int {
	for path != "" {
		if at, ok := strictjson.Find(data, path); ok {
			return at
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 0
}

// table returns the table that d describes, and what is wrong with it.
func (d *document) table() (*Table, []problem) {
	t := &Table{currency: d.Currency, source: d.Source, rewrites: d.Rewrites, free: d.Free}
	r := reading{}
	t.asOf = r.date("as_of", d.AsOf)
	for i, e := range d.Models {
		at := fmt.Sprintf("models[%d].", i)
		m := Model{Provider: e.Provider, Name: e.Model, Aliases: e.Aliases, Source: e.Source}
		m.Input, m.Output = r.amount(at+"input", e.Input), r.amount(at+"output", e.Output)
		if e.Cached != nil {
			cached := r.amount(at+"cached", *e.Cached)
			m.Cached = &cached
		}
		if e.From != "" {
			m.From = r.date(at+"from", e.From)
		}
		t.models = append(t.models, m)
	}
	read := len(r.problems)
	for _, p := range t.check() {
		if !slices.ContainsFunc(r.problems[:read], func(o problem) bool { return o.Path == p.Path }) {
			r.problems = append(r.problems, p)
		}
	}
	return t, r.problems
}

// reading collects the texts that could not be read.
type reading struct{ problems []problem }

func (r *reading) add(path, value, want string) {
	r.problems = append(r.problems, problem{model: -1, Error: strictjson.Error{Path: path, Value: value, Want: want}})
}

func (r *reading) amount(path, text string) pipeline.Money {
	m, err := pipeline.ParseMoney(text)
	if err != nil {
		r.add(path, text, `a decimal number below ten million with at most twelve decimals, such as "2.50"`)
	}
	return m
}

func (r *reading) date(path, text string) Date {
	d, err := ParseDate(text)
	if err != nil {
		r.add(path, text, "a day such as 2026-09-01")
	}
	return d
}
