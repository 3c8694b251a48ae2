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
	"github.com/gloss-sdk/gloss/task/userdata"
)

// shown is the held-out essay whose feedback is printed in full.
const shown = "h12"

// summary is what the program found, in the form of its JSON.
type summary struct {
	// Run is the run directory: everything that happened can be read there.
	Run string `json:"run"`
	// Failed counts predictions that failed, over all tasks.
	Failed  int   `json:"failed"`
	Metrics []row `json:"metrics"`

	kept *keeper
}

// row is one metric of one task.
type row struct {
	Task      string         `json:"task"`
	Metric    string         `json:"metric"`
	Interval  stats.Interval `json:"interval"`
	Counts    eval.Counts    `json:"counts"`
	Reference stats.Estimate `json:"reference"`
	// ReferenceIs says what the reference is: a ceiling or a baseline.
	ReferenceIs string `json:"reference_is,omitempty"`

	shown stats.Interval
}

func newRow(name string, s eval.Summary) row {
	return row{Task: name, Metric: s.Metric.Name, Interval: s.Interval, Counts: s.Counts, Reference: s.Reference, shown: s.Shown()}
}

func (s *summary) writeJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(s)
}

func (s *summary) writeText(w io.Writer) error {
	fmt.Fprintf(w, "\nEvery held-out essay, predicted and compared with the teacher:\n\n")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "task\tmetric\tvalue\t95% interval\tn\tfailed\tcompare with")
	for _, r := range s.Metrics {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%d\t%s\n", r.Task, r.Metric, experiment.Figure(r.Interval.Point), experiment.Bounds(r.shown),
			r.Counts.Scored, r.Counts.Errored+r.Counts.Missing, reference(r))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nThe model is the offline baseline: its numbers are learned from the graded essays that the prompt shows, and its words are the\n"+
		"teacher's words on the most similar of them. It does not understand the text. A model that cannot beat it is not worth its price.\n")
	fmt.Fprintf(w, "\nThe feedback on essay %s in full:\n", shown)
	for _, p := range s.kept.predictions[shown] {
		printFeedback(w, p)
	}
	_, err := fmt.Fprintf(w, "\nEverything that happened (prompts, replies, exemplars shown) is in %s\n"+
		"Read it: go run ./examples/readrun %s %s\n", s.Run, s.Run, shown)
	return err
}

func reference(r row) string {
	if r.ReferenceIs == "" {
		return ""
	}
	return fmt.Sprintf("%s (%s)", experiment.Figure(r.Reference), r.ReferenceIs)
}

func printOne(w io.Writer, ps []task.Prediction) {
	fmt.Fprintf(w, "One submission, written by hand in this program, predicted as a service would:\n")
	for _, p := range ps {
		printFeedback(w, p)
	}
	fmt.Fprintln(w)
}

// printFeedback prints what a prediction says, whichever task made it.
func printFeedback(w io.Writer, p task.Prediction) {
	f := p.Feedback
	if p.Provenance.Task == "most_frequent_criteria" {
		return
	}
	fmt.Fprintf(w, "\n  %s\n", p.Provenance.Task)
	for _, s := range f.Scores {
		name := s.Criterion
		if name == "" {
			name = "overall"
		}
		fmt.Fprintf(w, "    %-16s %v  %s\n", name, s.Value, s.Rationale)
		for _, e := range s.Evidence {
			fmt.Fprintf(w, "    %-16s    %q\n", "", e.Quote)
		}
	}
	printPoints(w, "strength", f.Strengths)
	printPoints(w, "to improve", f.Improvements)
	for _, n := range f.NextSteps {
		fmt.Fprintf(w, "    %-16s %s\n", "next step", n)
	}
	for _, c := range f.Comments {
		if c.Anchor != nil {
			fmt.Fprintf(w, "    %-16s %q (%s)\n    %-16s   %s\n", c.Kind, c.Anchor.Quote, c.Criterion, "", c.Text)
		}
	}
	for _, flag := range p.Flags {
		fmt.Fprintf(w, "    flag: %s %s\n", flag.Kind, flag.Detail)
	}
}

func printPoints(w io.Writer, name string, points []userdata.Point) {
	for _, p := range points {
		fmt.Fprintf(w, "    %-16s %s (%s)\n", name, p.Text, p.Criterion)
	}
}
