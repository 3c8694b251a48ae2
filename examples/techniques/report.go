package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/experiment"
	"github.com/gloss-sdk/gloss/eval/stats"
	"github.com/gloss-sdk/gloss/task"
)

// report is what the program found, in the form of its JSON. It has nothing in it that differs between two runs of the same.
type report struct {
	Task    task.Kind `json:"task"`
	Holdout string    `json:"holdout"`
	Essays  int       `json:"essays"`
	Model   string    `json:"model"`
	// Offline says that the model is the baseline, on which techniques show their cost and not their gain.
	Offline bool   `json:"offline"`
	Metric  string `json:"metric"`
	// Raters is the metric between the teacher and the second rater, over the essays that both scored.
	Raters     stats.Estimate `json:"raters"`
	RatedTwice int            `json:"rated_twice"`
	Baseline   string         `json:"baseline"`
	Techniques []row          `json:"techniques"`
}

// row is one technique.
type row struct {
	Technique string         `json:"technique"`
	Agreement stats.Interval `json:"agreement"`
	Counts    eval.Counts    `json:"counts"`
	// Difference is this technique less the baseline on the essays that both scored; absent for the baseline itself.
	Difference *stats.Interval `json:"difference,omitempty"`
	// Calls and tokens are those of all predictions, failed ones included, for each of them.
	Predictions  int     `json:"predictions"`
	Calls        float64 `json:"calls_per_submission"`
	InputTokens  float64 `json:"input_tokens_per_submission"`
	OutputTokens float64 `json:"output_tokens_per_submission"`
	// Flags counts the predictions with a flag of each kind.
	Flags map[task.FlagKind]int `json:"flags"`
	// FirstFailure is why the first of the failed predictions failed.
	FirstFailure string `json:"first_failure,omitempty"`
}

func (r *report) add(outcomes []*eval.Outcome, costs *meter) error {
	base := max(0, slices.IndexFunc(outcomes, func(o *eval.Outcome) bool { return o.Name == baseline }))
	r.Baseline = outcomes[base].Name
	for i, o := range outcomes {
		s, err := o.Summary(r.Metric)
		if err != nil {
			return err
		}
		line := newRow(o, s, costs.by[o.Name])
		if i != base {
			c, err := eval.Compare(outcomes[base], o, r.Metric)
			if err != nil {
				return err
			}
			line.Difference = &c.Difference
		}
		r.Techniques = append(r.Techniques, line)
	}
	return nil
}

func newRow(o *eval.Outcome, s eval.Summary, c *cost) row {
	per := func(n int) float64 { return float64(n) / float64(c.predictions) }
	line := row{
		Technique: o.Name, Agreement: s.Shown(), Counts: s.Counts, Predictions: c.predictions, Flags: c.flags,
		Calls: per(c.usage.Calls), InputTokens: per(c.usage.Input), OutputTokens: per(c.usage.Output),
	}
	if i := slices.IndexFunc(o.Items, func(i eval.ItemOutcome) bool { return i.Error != "" }); i >= 0 {
		line.FirstFailure = o.Items[i].Error
	}
	return line
}

func (r *report) writeJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

func (r *report) writeText(w io.Writer) error {
	fmt.Fprintf(w, "%s by %s: %d held-out essays of %s, each predicted by every technique\n\n", r.Task, r.Model, r.Essays, r.Holdout)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "technique\t%s\t95%% interval\tn\tfailed\tless %s\t95%% interval\tpairs\tcalls\ttokens in\tout\tflags\n", r.Metric, r.Baseline)
	for _, l := range r.Techniques {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%s\t%.1f\t%.0f\t%.0f\t%s\n", l.Technique,
			experiment.Figure(l.Agreement.Point), experiment.Bounds(l.Agreement), l.Counts.Scored, l.Counts.Errored+l.Counts.Missing,
			difference(l.Difference), l.Calls, l.InputTokens, l.OutputTokens, flags(l.Flags))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, l := range r.Techniques {
		if l.FirstFailure != "" {
			fmt.Fprintf(w, "\n%s: the first failure: %s", l.Technique, l.FirstFailure)
		}
	}
	fmt.Fprintf(w, "\nCalls and tokens are for each submission, flags count the predictions that have them. Each interval is for its technique alone:\n"+
		"of many techniques that gain nothing, one in twenty looks as if it did. The second rater agrees with the teacher to %s (%d essays).\n",
		raters(r.Raters), r.RatedTwice)
	if !r.Offline {
		return nil
	}
	_, err := fmt.Fprint(w, "\nThe model is the offline baseline: it learns from the worked examples in a prompt and does not reason. To think, quote, sample or\n"+
		"criticize changes nothing for it but the cost, and without worked examples (zero_shot, pairwise) it gives every essay the same score.\n"+
		"This table shows the machinery and the cost. What a technique gains takes a real model to show: see -config.\n")
	return err
}

func raters(e stats.Estimate) string {
	if !e.Defined() {
		return "an undefined degree, because " + e.Reason()
	}
	return experiment.Figure(e)
}

// difference is three cells: the difference, its interval, and the number of pairs.
func difference(d *stats.Interval) string {
	if d == nil {
		return "\t\t"
	}
	point, interval := "undefined", "undefined"
	if v, ok := d.Point.Value(); ok {
		point = fmt.Sprintf("%+.3f", v)
	}
	if low, high, ok := d.Bounds(); ok {
		interval = fmt.Sprintf("%+.3f to %+.3f", low, high)
	}
	return fmt.Sprintf("%s\t%s\t%d", point, interval, d.Items)
}

func flags(counts map[task.FlagKind]int) string {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[kind], kind))
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}
