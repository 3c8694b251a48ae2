package eval

import (
	"github.com/gloss-sdk/gloss/eval/stats"
)

// Counts says how many items have which status under one metric. They add up to the items of the outcome.
type Counts struct {
	Scored        int `json:"scored"`
	Errored       int `json:"errored"`
	Missing       int `json:"missing"`
	NotApplicable int `json:"not_applicable"`
}

// Items returns the sum.
func (c Counts) Items() int { return c.Scored + c.Errored + c.Missing + c.NotApplicable }

func (c *Counts) add(s Status) {
	switch s {
	case Scored:
		c.Scored++
	case Errored:
		c.Errored++
	case Missing:
		c.Missing++
	case NotApplicable:
		c.NotApplicable++
	}
}

// Summary is one metric over all items: a value, how sure it is, and what it leaves out.
type Summary struct {
	Metric MetricSpec `json:"metric"`
	// Interval is computed over the scored items; its Point is the value, its Clusters the number of clusters, 0 if no sample names one.
	Interval stats.Interval `json:"interval"`
	Counts   Counts         `json:"counts"`
	// Reference is the value of the metric that [MetricSpec.Reference] names. It is undefined if there is none.
	Reference stats.Estimate `json:"reference"`
}

// Value returns the value over the scored items, or why there is none.
func (s Summary) Value() stats.Estimate { return s.Interval.Point }

// Shown returns the interval for display: its bounds cut to what the metric can be, so that nobody reads of a share above 1. What is computed
// further takes Interval, whose bounds are as they came out.
func (s Summary) Shown() stats.Interval {
	iv := s.Interval
	low, high, ok := iv.Bounds()
	if !ok {
		return iv
	}
	from, to := s.Metric.limits()
	iv.Low, iv.High = stats.Of(max(low, from)), stats.Of(min(high, to))
	return iv
}

// Summary returns the summary of one metric. The error names a metric that the outcome does not have. A bootstrap takes a moment, and is made again by
// every call.
func (o *Outcome) Summary(metric string) (Summary, error) {
	j, err := o.column(metric)
	if err != nil {
		return Summary{}, err
	}
	return o.summary(j), nil
}

// Summaries returns the summaries of all metrics in their order.
func (o *Outcome) Summaries() []Summary {
	all := make([]Summary, len(o.Metrics))
	for j := range o.Metrics {
		all[j] = o.summary(j)
	}
	return all
}

func (o *Outcome) summary(j int) Summary {
	s := Summary{Metric: o.Metrics[j], Reference: stats.Undefined("no reference")}
	for i := range o.Items {
		s.Counts.add(o.Items[i].Cells[j].Status)
	}
	s.Interval = o.interval(j)
	if s.Metric.Reference != "" {
		if r, err := o.column(s.Metric.Reference); err == nil {
			s.Reference = o.value(r, o.scored(r))
		}
	}
	return s
}

// interval returns the value of metric j over its scored items with its bounds.
func (o *Outcome) interval(j int) stats.Interval {
	places := o.scored(j)
	clusters := o.clusters(places)
	var iv stats.Interval
	var err error
	if o.Metrics[j].itemValue() != nil {
		iv, err = stats.MeanInterval(o.itemValues(j, places), clusters, o.Resampling.Level)
	} else {
		iv, err = stats.Bootstrap(clusters, o.statistic(j, places), o.Resampling)
	}
	if err != nil { // numbers and settings were checked when they came in
		return undefinedInterval(err.Error())
	}
	return iv
}

func undefinedInterval(reason string) stats.Interval {
	none := stats.Undefined(reason)
	return stats.Interval{Point: none, StdErr: none, Low: none, High: none}
}

// value returns the value of metric j over the items at the given places, without bounds.
func (o *Outcome) value(j int, places []int) stats.Estimate {
	if o.Metrics[j].itemValue() == nil {
		return o.reducer(j)(o.rows(j, places))
	}
	iv, err := stats.MeanInterval(o.itemValues(j, places), stats.Independent(len(places)), o.Resampling.Level)
	if err != nil {
		return stats.Undefined(err.Error())
	}
	return iv.Point
}

// itemValues returns one number for each of the items at the given places. Metric j must give items numbers.
func (o *Outcome) itemValues(j int, places []int) []float64 {
	of := o.Metrics[j].itemValue()
	values := make([]float64, len(places))
	for n, i := range places {
		values[n] = of(o.Items[i].Cells[j].Row)
	}
	return values
}

// statistic returns metric j as a function of a choice among the items at the given places.
func (o *Outcome) statistic(j int, places []int) stats.Statistic {
	rows, reduce := o.rows(j, places), o.reducer(j)
	var sample [][]float64
	return func(indices []int) stats.Estimate {
		sample = sample[:0]
		for _, i := range indices {
			sample = append(sample, rows[i])
		}
		return reduce(sample)
	}
}

func (o *Outcome) reducer(j int) Reducer {
	return o.Metrics[j].reducer(o.reducers[o.Metrics[j].Name])
}
