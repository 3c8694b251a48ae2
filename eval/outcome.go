package eval

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/gloss-sdk/gloss/eval/leak"
	"github.com/gloss-sdk/gloss/eval/stats"
)

// Status says what became of one item under one metric.
type Status string

// The statuses of a cell.
const (
	// Scored: there is a row of numbers.
	Scored Status = "scored"
	// Errored: the inference of the item failed, or the metric did.
	Errored Status = "errored"
	// Missing: the prediction lacks what is scored, or there is no result because the run ended before.
	Missing Status = "missing"
	// NotApplicable: the truth has nothing to compare with.
	NotApplicable Status = "not_applicable"
)

// Cell is one item under one metric. Row has numbers only if Status is [Scored]; otherwise Detail says why there are none.
type Cell struct {
	Status Status    `json:"status"`
	Row    []float64 `json:"row,omitempty"`
	Detail string    `json:"detail,omitempty"`
}

// ItemOutcome is one item under all metrics, Cells in the order of [Outcome.Metrics]. Error is the failure of its inference, or empty.
type ItemOutcome struct {
	ID      string `json:"id"`
	Cluster string `json:"cluster,omitempty"`
	Error   string `json:"error,omitempty"`
	Cells   []Cell `json:"cells"`
}

// Outcome is what [Score], [Run] and [CrossValidate] return: numbers, with the types of the task erased, so that outcomes of different tasks can be
// stored and set side by side. Treat it as read-only; it is safe for concurrent use then.
//
// It marshals to JSON and back without loss, except for the functions of metrics of [KindReduced]: see [Reattach].
type Outcome struct {
	// Name is that of the target, unless [WithName] gave another.
	Name string `json:"name,omitempty"`
	// Holdout is the name of the holdout.
	Holdout string       `json:"holdout"`
	Metrics []MetricSpec `json:"metrics"`
	// Items are in the order of the holdout's samples.
	Items []ItemOutcome `json:"items"`
	// Resampling are the settings of intervals.
	Resampling stats.Resampling `json:"resampling"`
	// LeakChecks says what was searched for leaks: one report a run, one a fold of a cross-validation, none if results were only scored.
	LeakChecks []leak.Report `json:"leak_checks,omitempty"`

	reducers map[string]Reducer // of metrics of KindReduced
}

// UnmarshalJSON reads what json.Marshal wrote. It refuses unknown fields and data that no scoring could have made, every problem at once, and then leaves
// o unchanged.
func (o *Outcome) UnmarshalJSON(data []byte) error {
	type plain Outcome
	var p plain
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return fmt.Errorf("eval: outcome: %w", err)
	}
	read := Outcome(p)
	if err := read.check(); err != nil {
		return err
	}
	*o = read
	return nil
}

func (o *Outcome) check() error {
	errs := []error{checkResampling(o.Resampling), checkSpecs(o.Metrics)}
	ids := map[string]bool{}
	for i, item := range o.Items {
		if item.ID == "" || ids[item.ID] {
			errs = append(errs, fmt.Errorf("eval: outcome: item %d has the ID %q: want one of its own", i+1, item.ID))
		}
		ids[item.ID] = true
		if len(item.Cells) != len(o.Metrics) {
			errs = append(errs, fmt.Errorf("eval: outcome: item %q has %d cells for %d metrics", item.ID, len(item.Cells), len(o.Metrics)))
			continue
		}
		for j, cell := range item.Cells {
			if err := cell.check(o.Metrics[j]); err != nil {
				errs = append(errs, fmt.Errorf("eval: outcome: item %q, metric %q: %w", item.ID, o.Metrics[j].Name, err))
			}
		}
	}
	return errors.Join(errs...)
}

func (c Cell) check(spec MetricSpec) error {
	switch c.Status {
	case Scored:
		return spec.checkRow(c.Row)
	case Errored, Missing, NotApplicable:
		if len(c.Row) > 0 {
			return fmt.Errorf("status %q comes without numbers", c.Status)
		}
		return nil
	default:
		return fmt.Errorf("unknown status %q", c.Status)
	}
}

// checkSpecs reports specs that are wrong, alone or together.
func checkSpecs(specs []MetricSpec) error {
	var errs []error
	if len(specs) == 0 {
		errs = append(errs, errors.New("eval: no metric"))
	}
	names := map[string]bool{}
	for _, s := range specs {
		errs = append(errs, s.check())
		if names[s.Name] {
			errs = append(errs, fmt.Errorf("eval: two metrics are named %q", s.Name))
		}
		names[s.Name] = true
	}
	for _, s := range specs {
		if s.Reference != "" && !names[s.Reference] {
			errs = append(errs, fmt.Errorf("eval: metric %q refers to %q, which is not among the metrics", s.Name, s.Reference))
		}
	}
	return errors.Join(errs...)
}

// Reattach returns a copy of an outcome that was read from JSON, with the functions of metrics of [KindReduced], which are code and not stored. Other
// metrics need no function and may be left out. A metric that the outcome does not have, or has in another form, is an error.
func Reattach[I, O, T any](o *Outcome, ms ...Metric[I, O, T]) (*Outcome, error) {
	c := *o
	c.reducers = maps.Clone(o.reducers)
	if c.reducers == nil {
		c.reducers = map[string]Reducer{}
	}
	var errs []error
	for _, m := range ms {
		j, err := o.column(m.spec.Name)
		switch {
		case err != nil:
			errs = append(errs, err)
		case m.err != nil:
			errs = append(errs, m.err)
		case o.Metrics[j] != m.spec:
			errs = append(errs, fmt.Errorf("eval: metric %q is %+v here and %+v in the outcome", m.spec.Name, m.spec, o.Metrics[j]))
		case m.reduce != nil:
			c.reducers[m.spec.Name] = m.reduce
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &c, nil
}

// column returns the place of a metric.
func (o *Outcome) column(metric string) (int, error) {
	names := make([]string, len(o.Metrics))
	for j, s := range o.Metrics {
		if s.Name == metric {
			return j, nil
		}
		names[j] = s.Name
	}
	return 0, fmt.Errorf("eval: outcome %q has no metric %q: it has %q", o.Name, metric, names)
}

// scored returns the places of the items with a row under metric j.
func (o *Outcome) scored(j int) []int {
	var places []int
	for i := range o.Items {
		if o.Items[i].Cells[j].Status == Scored {
			places = append(places, i)
		}
	}
	return places
}

// rows returns the rows of the items at the given places under metric j.
func (o *Outcome) rows(j int, places []int) [][]float64 {
	rows := make([][]float64, len(places))
	for n, i := range places {
		rows[n] = o.Items[i].Cells[j].Row
	}
	return rows
}

// clusters returns how the items at the given places hang together. They are independent only if no item of the outcome names a cluster.
func (o *Outcome) clusters(places []int) stats.Clusters {
	type key struct{ cluster, item string }
	declared := false
	for i := range o.Items {
		declared = declared || o.Items[i].Cluster != ""
	}
	if !declared {
		return stats.Independent(len(places))
	}
	keys := make([]key, len(places))
	for n, i := range places {
		keys[n].cluster = o.Items[i].Cluster
		if keys[n].cluster == "" {
			keys[n].item = o.Items[i].ID
		}
	}
	return stats.ClusterBy(keys)
}
