package eval

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gloss-sdk/gloss/eval/stats"
)

// Comparison is one metric of two outcomes on the items that both scored.
type Comparison struct {
	Metric    MetricSpec `json:"metric"`
	BaseName  string     `json:"base_name,omitempty"`
	OtherName string     `json:"other_name,omitempty"`
	// Base and Other are the values on the paired items only.
	Base  stats.Estimate `json:"base"`
	Other stats.Estimate `json:"other"`
	// Difference is Other - Base with its interval; its Items is the number of pairs.
	Difference stats.Interval `json:"difference"`
	// EffectSize is Cohen's d_z and P the two-sided p-value of the paired t test, not adjusted for other comparisons. Both are undefined for metrics
	// without a number an item.
	EffectSize stats.Estimate `json:"effect_size"`
	P          stats.Estimate `json:"p"`
	// Tally counts items by which side is better; nil for metrics without a number an item.
	Tally *Tally `json:"tally,omitempty"`
	// BaseOnly and OtherOnly are the IDs of items that one side scored and the other did not, in the order of their side.
	BaseOnly  []string `json:"base_only,omitempty"`
	OtherOnly []string `json:"other_only,omitempty"`
}

// Tally counts paired items by whether the other side is better, equal or worse.
type Tally struct {
	Wins   int `json:"wins"`
	Ties   int `json:"ties"`
	Losses int `json:"losses"`
}

// Compare returns how other differs from base under one metric, paired by the ID of items, which removes what makes items easy or hard for both.
//
// The interval is a paired t interval, with clusters a paired cluster t interval, for metrics with a number an item, and otherwise a bootstrap that
// computes both sides on the same items in every draw. Settings are those of base unless options change them.
//
// It is an error if a side lacks the metric, has it in another form, or puts a paired item into another cluster. No pairs are no error: the values
// are then undefined.
func Compare(base, other *Outcome, metric string, opts ...CompareOption) (Comparison, error) {
	if base == nil || other == nil {
		return Comparison{}, errors.New("eval: compare: an outcome is nil")
	}
	p, err := newPairing(base, other, metric)
	if err != nil {
		return Comparison{}, err
	}
	resampling := base.Resampling
	var errs []error
	for _, o := range opts {
		if o == nil {
			errs = append(errs, errors.New("eval: an option is nil: leave it out instead"))
			continue
		}
		errs = append(errs, o.applyCompare(&resampling))
	}
	errs = append(errs, checkResampling(resampling))
	if err := errors.Join(errs...); err != nil {
		return Comparison{}, err
	}
	c := Comparison{
		Metric: base.Metrics[p.baseColumn], BaseName: base.Name, OtherName: other.Name, BaseOnly: p.baseOnly, OtherOnly: p.otherOnly,
		Base: base.value(p.baseColumn, p.basePlaces), Other: p.other.value(p.otherColumn, p.otherPlaces),
	}
	if c.Metric.itemValue() != nil {
		return c.ofMeans(p, resampling)
	}
	return c.ofReductions(p, resampling)
}

// ofMeans completes the comparison of a metric with a number an item.
func (c Comparison) ofMeans(p *pairing, r stats.Resampling) (Comparison, error) {
	base := p.base.itemValues(p.baseColumn, p.basePlaces)
	other := p.other.itemValues(p.otherColumn, p.otherPlaces)
	d, err := stats.MeanDifference(base, other, p.base.clusters(p.basePlaces), r.Level)
	if err != nil {
		return Comparison{}, fmt.Errorf("eval: compare %q: %w", c.Metric.Name, err)
	}
	c.Difference, c.EffectSize, c.P = d.Interval, d.EffectSize, d.P
	c.Tally = &Tally{}
	for i := range base {
		better, worse := other[i] > base[i], other[i] < base[i]
		if c.Metric.LowerIsBetter {
			better, worse = worse, better
		}
		switch {
		case better:
			c.Tally.Wins++
		case worse:
			c.Tally.Losses++
		default:
			c.Tally.Ties++
		}
	}
	return c, nil
}

// ofReductions completes the comparison of a metric that gives numbers to sets of items only.
func (c Comparison) ofReductions(p *pairing, r stats.Resampling) (Comparison, error) {
	none := stats.Undefined("the metric has no number for a single item")
	c.EffectSize, c.P = none, none
	var err error
	c.Difference, err = stats.BootstrapDifference(p.base.clusters(p.basePlaces),
		p.base.statistic(p.baseColumn, p.basePlaces), p.other.statistic(p.otherColumn, p.otherPlaces), r)
	if err != nil {
		return Comparison{}, fmt.Errorf("eval: compare %q: %w", c.Metric.Name, err)
	}
	return c, nil
}

// pairing is the items that two outcomes both scored under one metric.
type pairing struct {
	base, other             *Outcome
	baseColumn, otherColumn int
	basePlaces, otherPlaces []int // of the pairs, in the order of base
	baseOnly, otherOnly     []string
}

func newPairing(base, other *Outcome, metric string) (*pairing, error) {
	b, errB := base.column(metric)
	o, errO := other.column(metric)
	if err := errors.Join(errB, errO); err != nil {
		return nil, err
	}
	if one, two := base.Metrics[b], other.Metrics[o]; one.Kind != two.Kind || one.Scale != two.Scale || one.LowerIsBetter != two.LowerIsBetter {
		return nil, fmt.Errorf("eval: compare: metric %q is %+v in one outcome and %+v in the other", metric, one, two)
	}
	p := &pairing{base: base, other: other, baseColumn: b, otherColumn: o}
	return p, p.pair()
}

// pair finds the pairs, and who is left over.
func (p *pairing) pair() error {
	inOther := map[string]int{}
	for _, i := range p.other.scored(p.otherColumn) {
		inOther[p.other.Items[i].ID] = i
	}
	paired := map[string]bool{}
	var errs []error
	for _, i := range p.base.scored(p.baseColumn) {
		item := &p.base.Items[i]
		at, ok := inOther[item.ID]
		if !ok {
			p.baseOnly = append(p.baseOnly, item.ID)
			continue
		}
		if c := p.other.Items[at].Cluster; c != item.Cluster {
			errs = append(errs, fmt.Errorf("eval: compare: item %q is in cluster %q of one outcome and %q of the other", item.ID, item.Cluster, c))
		}
		paired[item.ID] = true
		p.basePlaces, p.otherPlaces = append(p.basePlaces, i), append(p.otherPlaces, at)
	}
	for _, i := range p.other.scored(p.otherColumn) {
		if id := p.other.Items[i].ID; !paired[id] {
			p.otherOnly = append(p.otherOnly, id)
		}
	}
	return errors.Join(errs...)
}

// String returns the comparison in a line, and one more if items are not paired.
func (c Comparison) String() string {
	var b strings.Builder
	base, other := c.BaseName, c.OtherName
	if base == "" || other == "" || base == other {
		base, other = "base", "other"
	}
	fmt.Fprintf(&b, "%s: %s %s, %s %s, difference %s", c.Metric.Name, base, number(c.Base), other, number(c.Other), c.difference())
	fmt.Fprintf(&b, ", %d paired", c.Difference.Items)
	if c.Difference.Clusters > 0 {
		fmt.Fprintf(&b, " in %d clusters", c.Difference.Clusters)
	}
	if c.Tally != nil {
		fmt.Fprintf(&b, ", %d won, %d tied, %d lost", c.Tally.Wins, c.Tally.Ties, c.Tally.Losses)
	}
	if p, ok := c.P.Value(); ok {
		fmt.Fprintf(&b, ", p = %.3g", p)
	}
	if n, m := len(c.BaseOnly), len(c.OtherOnly); n+m > 0 {
		fmt.Fprintf(&b, "\nnot paired: %d only in %s, %d only in %s", n, base, m, other)
	}
	return b.String()
}

func (c Comparison) difference() string {
	v, ok := c.Difference.Point.Value()
	if !ok {
		return number(c.Difference.Point)
	}
	low, high, ok := c.Difference.Bounds()
	if !ok {
		return fmt.Sprintf("%+.3f, interval undefined (%s)", v, c.Difference.Reason())
	}
	return fmt.Sprintf("%+.3f [%+.3f, %+.3f] (%g%% %s)", v, low, high, 100*c.Difference.Level, c.Difference.Method)
}
