package price

import (
	_ "embed" // the default table
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
)

// Table is a price list. Read it with [Parse] or [Read], or take the [Default] one. It is immutable and safe for concurrent use; the zero
// Table knows no price.
type Table struct {
	currency string
	asOf     Date
	source   string
	models   []Model
	rewrites []Rewrite
	free     []string
	byName   map[name]int // into models
}

var _ pipeline.Pricer = (*Table)(nil)

// name identifies a model by its name or by an alias.
type name struct{ provider, model string }

// Rewrite says how a provider spells the names of its models in other ways: a name of Provider that begins with Prefix is also looked up
// with With in the place of Prefix. A "*" in Prefix stands for any text up to the first occurrence of what follows it; there may be one.
type Rewrite struct {
	Provider string `json:"provider"`
	Prefix   string `json:"prefix"`
	With     string `json:"with,omitempty"`
}

// apply returns model rewritten; ok is false if r is not about it.
func (r Rewrite) apply(provider, model string) (rewritten string, ok bool) {
	if provider != r.Provider {
		return "", false
	}
	before, after, wild := strings.Cut(r.Prefix, "*")
	rest, ok := strings.CutPrefix(model, before)
	if ok && wild {
		_, rest, ok = strings.Cut(rest, after)
	}
	return r.With + rest, ok
}

//go:embed default.json
var defaultJSON []byte

// Default returns public list prices in US dollars of a few models in wide use, for standard processing; those of Amazon Bedrock are for
// the region us-east-1. Each model says where its price was published. Prices change: [Table.AsOf] is the day for which all of them
// were confirmed, see [Table.CheckAge], and [Table.With] puts others in their place.
func Default() *Table {
	t, err := Parse(defaultJSON)
	if err != nil {
		return &Table{} // a test parses the file
	}
	return t
}

// Currency returns the ISO 4217 code of the currency, such as "USD".
func (t *Table) Currency() string { return t.currency }

// AsOf returns the day on which the prices were known to hold.
func (t *Table) AsOf() Date { return t.asOf }

// Source returns where the prices come from.
func (t *Table) Source() string { return t.source }

// Models returns the models with their prices, in the order of the table.
func (t *Table) Models() []Model {
	models := make([]Model, len(t.models))
	for i := range t.models {
		models[i] = t.models[i].clone()
	}
	return models
}

// CheckAge returns an error that says so if the prices are older at the time now than maxDays days. It is meant for a warning.
func (t *Table) CheckAge(now time.Time, maxDays int) error {
	if t.asOf.IsZero() {
		return errors.New("price table: its date is not known")
	}
	if age := t.asOf.until(dateOf(now)); age > maxDays {
		return fmt.Errorf("price table: the prices are as of %s, %d days ago, and should be at most %d days old: check them",
			t.asOf, age, maxDays)
	}
	return nil
}

// Lookup returns the model that provider knows under a name: the one of that name or alias. Where there is none, the rewrites of the table
// are applied to the name one after the other, until it is known.
func (t *Table) Lookup(provider, model string) (Model, bool) {
	m := t.find(provider, model)
	if m == nil {
		return Model{}, false
	}
	return m.clone(), true
}

// find returns nil if the model is not known.
func (t *Table) find(provider, model string) *Model {
	i, ok := t.byName[name{provider, model}]
	for r := 0; !ok && r < len(t.rewrites); r++ {
		rewritten, fits := t.rewrites[r].apply(provider, model)
		if fits {
			model = rewritten
			i, ok = t.byName[name{provider, model}]
		}
	}
	if !ok {
		return nil
	}
	return &t.models[i]
}

// Cost implements [pipeline.Pricer]. The price is that of the model that answered, or of the one that was asked where the table
// does not know the name that answered. Usage without tokens costs nothing, and the cost of tokens of a model that the table does not
// know is not known, unless the resource is free.
func (t *Table) Cost(call pipeline.CallInfo, answered string, u pipeline.Usage) (cost pipeline.Money, ok bool) {
	if slices.Contains(t.free, call.Resource) {
		return 0, true
	}
	m := t.find(call.Provider, answered)
	if m == nil {
		m = t.find(call.Provider, call.Model)
	}
	if m == nil {
		return 0, false
	}
	return m.cost(u)
}

// With returns a table in which models take the place of those of the same provider and name, or stand behind the others. It reports every
// price and name that does not fit.
func (t *Table) With(models ...Model) (*Table, error) {
	d := t.clone()
	for i := range models {
		m := models[i].clone()
		at := slices.IndexFunc(d.models, func(o Model) bool { return o.Provider == m.Provider && o.Name == m.Name })
		if at < 0 {
			d.models = append(d.models, m)
		} else {
			d.models[at] = m
		}
	}
	return d.checked()
}

// WithFree returns a table by which calls to resources, named as in [pipeline.Call], cost nothing.
func (t *Table) WithFree(resources ...string) (*Table, error) {
	d := t.clone()
	for _, r := range resources {
		if !slices.Contains(d.free, r) {
			d.free = append(d.free, r)
		}
	}
	return d.checked()
}

// clone returns a copy without its index.
func (t *Table) clone() *Table {
	return &Table{
		currency: t.currency, asOf: t.asOf, source: t.source, models: t.Models(),
		rewrites: slices.Clone(t.rewrites), free: slices.Clone(t.free),
	}
}

// MarshalJSON returns the table as [Parse] reads it.
func (t *Table) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct { //nolint:wrapcheck // it is the marshaler of the table
		Currency string    `json:"currency"`
		AsOf     Date      `json:"as_of"`
		Source   string    `json:"source"`
		Models   []Model   `json:"models"`
		Rewrites []Rewrite `json:"rewrites,omitempty"`
		Free     []string  `json:"free_resources,omitempty"`
	}{t.currency, t.asOf, t.source, t.Models(), t.rewrites, t.free})
}
