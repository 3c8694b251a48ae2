package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/experiment"
	"github.com/gloss-sdk/gloss/eval/stats"
	"github.com/gloss-sdk/gloss/task"
)

// report is the JSON summary: agreement for each group, and the mean of the groups.
type report struct {
	Data   string         `json:"data"`
	Folds  int            `json:"folds"`
	Seed   uint64         `json:"seed"`
	Shown  task.Exemplars `json:"exemplars"`
	Groups []groupReport  `json:"groups"`
	// Mean is the mean of the groups' QWK, and Ceiling that of their raters; undefined if one group's is.
	Mean    stats.Estimate  `json:"mean"`
	Ceiling *stats.Estimate `json:"ceiling,omitempty"`
	// Best is the highest QWK that is possible in expectation, where it is known.
	Best float64 `json:"best_possible,omitempty"`

	corpus *corpus
}

type groupReport struct {
	Group    string         `json:"group"`
	Scale    string         `json:"scale"`
	Counts   eval.Counts    `json:"counts"`
	Copies   int            `json:"copies,omitempty"`
	QWK      stats.Interval `json:"qwk"`
	Exact    stats.Estimate `json:"exact"`
	Adjacent stats.Estimate `json:"adjacent"`
	RMSE     stats.Estimate `json:"rmse"`
	SMD      stats.Estimate `json:"smd"`
	Ceiling  stats.Estimate `json:"ceiling"`
}

func newReport(o options, c *corpus, spec task.Spec) *report {
	return &report{Data: c.name, Folds: o.folds, Seed: o.seed, Shown: *spec.Exemplars, Best: c.best, Groups: []groupReport{}, corpus: c}
}

func (r *report) add(group string, o *eval.Outcome, copies int) error {
	g := groupReport{Group: group, Scale: r.corpus.scale[group].String(), Copies: copies, Ceiling: stats.Undefined("one rating only")}
	for _, s := range o.Summaries() {
		switch s.Metric.Name {
		case "score qwk":
			g.QWK, g.Counts = s.Interval, s.Counts
		case "score exact":
			g.Exact = s.Value()
		case "score adjacent":
			g.Adjacent = s.Value()
		case "score rmse":
			g.RMSE = s.Value()
		case "score smd":
			g.SMD = s.Value()
		case "ceiling":
			g.Ceiling = s.Value()
		}
	}
	if g.Counts.Items() == 0 {
		return fmt.Errorf("the outcome has no agreement")
	}
	r.Groups = append(r.Groups, g)
	return nil
}

func (r *report) finish() *report {
	r.Mean = meanOf(r.Groups, func(g groupReport) stats.Estimate { return g.QWK.Point })
	if r.corpus.twoRaters {
		ceiling := meanOf(r.Groups, func(g groupReport) stats.Estimate { return g.Ceiling })
		r.Ceiling = &ceiling
	}
	return r
}

// meanOf is undefined if one group's number is: leaving that group out would flatter.
func meanOf(groups []groupReport, number func(groupReport) stats.Estimate) stats.Estimate {
	sum := 0.0
	for _, g := range groups {
		v, ok := number(g).Value()
		if !ok {
			return stats.Undefined(fmt.Sprintf("group %s: %s", g.Group, number(g).Reason()))
		}
		sum += v
	}
	return stats.Of(sum / float64(len(groups)))
}

func (r *report) writeJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

func (r *report) writeText(w io.Writer) error {
	fmt.Fprintf(w, "%s: %d graded essays shown, chosen by %s; %d folds, seed %d\n\n", r.Data, r.Shown.K, r.Shown.Select, r.Folds, r.Seed)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "group\tscale\tn\tfailed\tQWK\t95% interval\texact\tadjacent\tSMD\traters' QWK\t")
	for _, g := range r.Groups {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t\n", g.Group, g.Scale, g.Counts.Scored, g.Counts.Errored+g.Counts.Missing,
			experiment.Figure(g.QWK.Point), experiment.Bounds(g.QWK), experiment.Figure(g.Exact), experiment.Figure(g.Adjacent), experiment.Figure(g.SMD), experiment.Figure(g.Ceiling))
	}
	ceiling := ""
	if r.Ceiling != nil {
		ceiling = experiment.Figure(*r.Ceiling)
	}
	fmt.Fprintf(t, "mean\t\t\t\t%s\t\t\t\t\t%s\t\n", experiment.Figure(r.Mean), ceiling)
	if err := t.Flush(); err != nil {
		return err
	}
	for _, g := range r.Groups {
		if g.Copies > 0 {
			fmt.Fprintf(w, "\n%s: %d essays contain one another word for word; each such set was kept in one fold", g.Group, g.Copies)
		}
	}
	if r.Best > 0 {
		fmt.Fprintf(w, "\nThe corpus is generated. No predictor can exceed a QWK of %.3f on it in expectation, not even one that knows the hidden quality.", r.Best)
	}
	_, err := fmt.Fprintln(w, "\nThe model is the offline baseline: it sees the graded essays and nothing else. A model that cannot beat it is not worth its price.")
	return err
}
