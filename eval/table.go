package eval

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gloss-sdk/gloss/eval/stats"
)

// WriteTable writes the summaries of all metrics as text, one a line: the value, its interval, the number of scored items and of clusters, how many
// items are errored, missing and not applicable, and the value of the reference. What is undefined says why.
func (o *Outcome) WriteTable(w io.Writer) error {
	rows := [][]string{{"metric", "value", o.levelName() + " interval", "n", "clusters", "errors", "missing", "n.a.", "reference"}}
	for _, s := range o.Summaries() {
		rows = append(rows, []string{
			s.Metric.Name, number(s.Value()), bounds(s.Shown()), strconv.Itoa(s.Counts.Scored), orDash(s.Interval.Clusters),
			strconv.Itoa(s.Counts.Errored), strconv.Itoa(s.Counts.Missing), strconv.Itoa(s.Counts.NotApplicable), reference(s),
		})
	}
	if _, err := io.WriteString(w, align(rows)); err != nil {
		return fmt.Errorf("eval: table: %w", err)
	}
	return nil
}

func (o *Outcome) levelName() string {
	level := o.Resampling.Level
	if level == 0 {
		level = stats.DefaultLevel
	}
	return strconv.FormatFloat(100*level, 'g', 4, 64) + "%"
}

func number(e stats.Estimate) string {
	v, ok := e.Value()
	if !ok {
		return "undefined (" + e.Reason() + ")"
	}
	return fmt.Sprintf("%.3f", v)
}

func bounds(iv stats.Interval) string {
	low, high, ok := iv.Bounds()
	switch {
	case ok:
		return fmt.Sprintf("[%.3f, %.3f] %s", low, high, iv.Method)
	case !iv.Point.Defined():
		return "-"
	default:
		return "undefined (" + iv.Reason() + ")"
	}
}

func orDash(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}

func reference(s Summary) string {
	if s.Metric.Reference == "" {
		return "-"
	}
	return number(s.Reference)
}

// align pads all cells but the last of each row to the width of their column.
func align(rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
