package record

import (
	"bytes"
	"fmt"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
)

// totalsTable is a table with a row for each figure of two runs. Rows in which neither has anything are left out.
type totalsTable struct{ *tabwriter.Writer }

func writeTotals(b *bytes.Buffer, x, y *Totals) {
	b.WriteString("totals:\n")
	t := totalsTable{tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)}
	t.row("", "a", "b", "change")
	t.counts(&x.Counts, &y.Counts)
	t.usage(x.Counts.Usage, y.Counts.Usage)
	was, is := x.calls(), y.calls()
	t.duration("time in calls", was.sum, is.sum)
	t.duration("mean call", was.mean(), is.mean())
	t.duration("longest call", was.max, is.max)
	_ = t.Flush() // to a buffer
}

func (t totalsTable) row(name, a, b, change string) {
	fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t\n", name, a, b, change)
}

func (t totalsTable) number(name string, a, b int) {
	if a != 0 || b != 0 {
		t.row(name, strconv.Itoa(a), strconv.Itoa(b), fmt.Sprintf("%+d", b-a))
	}
}

func (t totalsTable) counts(a, b *Counts) {
	t.number("items", a.Items, b.Items)
	t.number("failed items", a.Failed, b.Failed)
	t.number("reused items", a.Reused, b.Reused)
	t.number("orphaned attempts", a.Orphaned, b.Orphaned)
}

func (t totalsTable) usage(a, b pipeline.Usage) {
	t.number("calls", a.Calls, b.Calls)
	t.number("reused calls", a.Reused, b.Reused)
	t.number("input tokens", a.Input, b.Input)
	t.number("cached tokens", a.Cached, b.Cached)
	t.number("output tokens", a.Output, b.Output)
	t.number("reasoning tokens", a.Reasoning, b.Reasoning)
	t.number("unpriced calls", a.Unpriced, b.Unpriced)
	if a.Cost == 0 && b.Cost == 0 {
		return
	}
	sign := ""
	if b.Cost >= a.Cost {
		sign = "+"
	}
	t.row("cost", a.Cost.String(), b.Cost.String(), sign+(b.Cost-a.Cost).String())
}

func (t totalsTable) duration(name string, a, b time.Duration) {
	if a == 0 && b == 0 {
		return
	}
	sign := ""
	if b >= a {
		sign = "+"
	}
	t.row(name, rounded(a).String(), rounded(b).String(), sign+rounded(b-a).String())
}

// rounded leaves about four digits.
func rounded(d time.Duration) time.Duration {
	for unit := 10 * time.Millisecond; unit > time.Nanosecond; unit /= 1000 {
		if d.Abs() >= 100*unit {
			return d.Round(unit)
		}
	}
	return d
}

// callTimes sums up the attempts of calls to all models.
type callTimes struct {
	count    int
	sum, max time.Duration
}

func (t *Totals) calls() (c callTimes) {
	for _, m := range t.Models {
		c.count += m.Latency.Count
		c.sum += m.Latency.Mean * time.Duration(m.Latency.Count)
		c.max = max(c.max, m.Latency.Max)
	}
	return c
}

func (c callTimes) mean() time.Duration {
	if c.count == 0 {
		return 0
	}
	return c.sum / time.Duration(c.count)
}
