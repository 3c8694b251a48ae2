package record

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// maxFields bounds how many fields of an item a report shows.
const maxFields = 20

// WriteTo writes the comparison as text for a terminal: settings and assets that changed, items with the fields that changed in their
// outputs, and what both runs consumed. It writes no color, and shows at most 20 fields of an item; Fields has them all.
func (d *Comparison) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	d.A.describe(&b, "a")
	d.B.describe(&b, "b")
	d.describeMaking(&b)
	d.describeItems(&b)
	writeTotals(&b, &d.A.Totals, &d.B.Totals)
	n, err := b.WriteTo(w)
	if err != nil {
		return n, fmt.Errorf("record: write the comparison: %w", err)
	}
	return n, nil
}

// String returns what [Comparison.WriteTo] writes.
func (d *Comparison) String() string {
	var b strings.Builder
	_, _ = d.WriteTo(&b) // a Builder takes everything
	return b.String()
}

func (s *Side) describe(b *bytes.Buffer, name string) {
	fmt.Fprintf(b, "%s: %s, %s, began %s, %s\n",
		name, printable(s.Name), s.State, s.Created.UTC().Format(time.DateTime), printable(s.Dir))
}

func (d *Comparison) describeMaking(b *bytes.Buffer) {
	section(b, "settings", len(d.Settings))
	for _, s := range d.Settings {
		fmt.Fprintf(b, "  %s\n", s)
	}
	section(b, "assets", len(d.Assets))
	for _, c := range d.Assets {
		fmt.Fprintf(b, "  %s", c)
		if others := slices.DeleteFunc(slices.Clone(c.Targets), func(t string) bool { return t == c.Asset || t == "" }); len(others) > 0 {
			fmt.Fprintf(b, " (for %s)", printable(strings.Join(others, ", ")))
		}
		b.WriteByte('\n')
	}
}

// section writes a heading, and that there is nothing below it.
func section(b *bytes.Buffer, name string, lines int) {
	b.WriteString(name + ":")
	if lines == 0 {
		b.WriteString(" the same")
	}
	b.WriteByte('\n')
}

func (d *Comparison) describeItems(b *bytes.Buffer) {
	c := d.Items
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{
		{c.Same, "same"}, {c.Changed, "changed"}, {c.FailedInA, "failed in a only"}, {c.FailedInB, "failed in b only"},
		{c.FailedBoth, "failed in both"}, {c.OnlyInA, "only in a"}, {c.OnlyInB, "only in b"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if len(parts) == 0 {
		parts = []string{"none"}
	}
	fmt.Fprintf(b, "items: %s\n", strings.Join(parts, ", "))
	for i := range d.Differing {
		d.Differing[i].describe(b)
	}
	if more := d.Omitted; more > 0 {
		fmt.Fprintf(b, "  … %d more\n", more)
	}
}

func (d *ItemDifference) describe(b *bytes.Buffer) {
	fmt.Fprintf(b, "  %s %s: %s\n", printable(d.Target), printable(d.ID), strings.ReplaceAll(string(d.Status), "_", " "))
	if d.Status == ItemFailedInA || d.Status == ItemFailedBoth {
		fmt.Fprintf(b, "    a: %s\n", cut(printable(d.A.Error)))
	}
	if d.Status == ItemFailedInB || d.Status == ItemFailedBoth {
		fmt.Fprintf(b, "    b: %s\n", cut(printable(d.B.Error)))
	}
	if d.Status == ItemChanged && len(d.Fields) == 0 {
		b.WriteString("    only in the order of keys, or in how numbers and texts are written\n")
	}
	for i, f := range d.Fields {
		if i == maxFields {
			fmt.Fprintf(b, "    … %d more fields\n", len(d.Fields)-i)
			break
		}
		fmt.Fprintf(b, "    %s%s\n", f, delta(string(f.Old), string(f.New)))
	}
}
