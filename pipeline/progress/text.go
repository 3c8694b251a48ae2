package progress

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/gloss-sdk/gloss/pipeline"
)

// parts returns what there is to say, the most important first.
func (t *tally) parts(now time.Time, total int) []string {
	parts := []string{t.items(total)}
	some := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	if t.stopped {
		parts = append(parts, "stopped")
	}
	some(t.failed, "failed")
	some(t.unrun, "not run")
	if left, ok := t.left(now, total); ok {
		parts = append(parts, "about "+duration(left)+" left")
	}
	if rate := t.pace.rate(now); rate > 0 {
		parts = append(parts, perTime(rate))
	}
	if cost := t.cost(); cost != "" {
		parts = append(parts, cost)
	}
	if n := t.usage.Tokens(); n > 0 {
		parts = append(parts, short(n)+" tokens")
	}
	some(t.reused, "reused")
	some(t.again, "retried")
	some(t.limited, "throttled")
	if !t.begun.IsZero() {
		parts = append(parts, duration(now.Sub(t.begun))+" elapsed")
	}
	return parts
}

func (t *tally) items(total int) string {
	switch {
	case total == 0 && t.done == 1:
		return "1 item"
	case total == 0:
		return fmt.Sprintf("%d items", t.done)
	}
	return fmt.Sprintf("%d/%d items (%d%%)", t.done, total, int64(t.done)*100/int64(total))
}

// cost is empty where nothing is known to cost anything. A cost that lacks calls without a price is a lower bound and says so.
func (t *tally) cost() string {
	switch {
	case t.usage.Unpriced == 0 && t.usage.Cost == 0:
		return ""
	case t.usage.Unpriced == 0:
		return "cost " + amount(t.usage.Cost)
	case t.usage.Cost == 0:
		return "cost ?"
	default:
		return "cost " + amount(t.usage.Cost) + "+?"
	}
}

// amount rounds m to four decimals, large amounts to two.
func amount(m pipeline.Money) string {
	decimals, unit := 4, pipeline.Unit/10_000
	if m >= 10*pipeline.Unit {
		decimals, unit = 2, pipeline.Unit/100
	}
	n := m / unit
	if m%unit >= unit/2 {
		n++
	}
	whole := pipeline.Unit / unit
	return fmt.Sprintf("%d.%0*d", n/whole, decimals, n%whole)
}

func perTime(perSecond float64) string {
	switch {
	case perSecond >= 10:
		return fmt.Sprintf("%.0f/s", perSecond)
	case perSecond >= 1:
		return fmt.Sprintf("%.1f/s", perSecond)
	case perSecond*60 >= 1:
		return fmt.Sprintf("%.1f/min", perSecond*60)
	default:
		return fmt.Sprintf("%.1f/h", perSecond*3600)
	}
}

func short(n int) string {
	switch {
	case n < 10_000:
		return strconv.Itoa(n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1fk", float64(n)/1e3)
	default:
		return fmt.Sprintf("%.2fM", float64(n)/1e6)
	}
}

// duration writes d as 42s, 3m05s or 2h07m.
func duration(d time.Duration) string {
	d = max(0, d).Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	default:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
}

// printable returns s in one line: what would move a cursor, or is not to be seen, becomes a space.
func printable(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s))
}
