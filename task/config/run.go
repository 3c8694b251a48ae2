package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	slashpath "path"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/limit"
	"github.com/gloss-sdk/gloss/pipeline/price"
)

// runSettings is how a run works. In bounds, 0 is none.
type runSettings struct {
	InFlight     int             `json:"in_flight"`
	Attempts     int             `json:"attempts"`
	ItemAttempts int             `json:"item_attempts"`
	CallTimeout  duration        `json:"call_timeout"`
	ItemTimeout  duration        `json:"item_timeout"`
	MaxItems     int             `json:"max_items"`
	MaxCost      amount          `json:"max_cost"`
	Budget       budgetSettings  `json:"budget"`
	Failures     failureSettings `json:"failures"`
	Limits       limitSettings   `json:"limits"`
	Prices       string          `json:"prices"`
}

// budgetSettings is a [pipeline.Budget].
type budgetSettings struct {
	Calls  int    `json:"calls"`
	Tokens int    `json:"tokens"`
	Cost   amount `json:"cost"`
}

// failureSettings is a [pipeline.FailurePolicy].
type failureSettings struct {
	Count int     `json:"count"`
	Share float64 `json:"share"`
	After int     `json:"after"`
}

// limitSettings is the quota that a provider grants, and whether the number of calls in flight adapts to it.
type limitSettings struct {
	RequestsPerMinute int  `json:"requests_per_minute"`
	TokensPerMinute   int  `json:"tokens_per_minute"`
	Adaptive          bool `json:"adaptive"`
}

// duration is written as Go writes one; 0s is none.
type duration string

func (d duration) time() time.Duration {
	t, err := time.ParseDuration(string(d))
	if err != nil {
		return -1
	}
	return t
}

// amount is a number of units of the currency of the prices.
type amount json.Number

// UnmarshalJSON takes numbers only; [json.Number] would take a text as well.
func (a *amount) UnmarshalJSON(text []byte) error {
	if m, err := pipeline.ParseMoney(string(text)); err != nil || m < 0 {
		return errors.New("an amount of money, a number such as 12.50")
	}
	*a = amount(text)
	return nil
}

// MarshalJSON writes the number as it was read.
func (a amount) MarshalJSON() ([]byte, error) { return []byte(a), nil }

func (a amount) money() pipeline.Money {
	m, err := pipeline.ParseMoney(string(a))
	if err != nil {
		return 0 // it was checked when it was read
	}
	return m
}

// defaultPrices names the price table that is part of gloss.
const defaultPrices = "default"

// defaultRun are the settings of a run of which a file says nothing.
func defaultRun() runSettings {
	return runSettings{
		InFlight: pipeline.DefaultInFlight, Attempts: pipeline.DefaultRetry().Attempts,
		CallTimeout: duration(pipeline.DefaultCallTimeout.String()), ItemTimeout: "0s", MaxCost: "0", Budget: budgetSettings{Cost: "0"},
	}
}

// runField is one setting of a run, where it stands below run, and what would be right.
type runField struct {
	at    path
	value any // a pointer into the settings
	right bool
	want  string
}

// fields returns the settings of a run one by one.
func (s *runSettings) fields() []runField {
	const anyDuration = "a duration such as 90s or 10m, or 0s for none"
	const notNegative = "0 or more; 0 sets no bound"
	count := func(n *int, names ...string) runField { return runField{keys(names...), n, *n >= 0, notNegative} }
	return []runField{
		{keys("in_flight"), &s.InFlight, s.InFlight >= 1, "1 or more"},
		{keys("attempts"), &s.Attempts, s.Attempts >= 1, "1 or more"},
		count(&s.ItemAttempts, "item_attempts"),
		{keys("call_timeout"), &s.CallTimeout, s.CallTimeout.time() >= 0, anyDuration},
		{keys("item_timeout"), &s.ItemTimeout, s.ItemTimeout.time() >= 0, anyDuration},
		count(&s.MaxItems, "max_items"),
		{keys("max_cost"), &s.MaxCost, s.priced(s.MaxCost), needsPrices},
		count(&s.Budget.Calls, "budget", "calls"),
		count(&s.Budget.Tokens, "budget", "tokens"),
		{keys("budget", "cost"), &s.Budget.Cost, s.priced(s.Budget.Cost), needsPrices},
		count(&s.Failures.Count, "failures", "count"),
		{
			keys("failures", "share"), &s.Failures.Share, s.Failures.Share >= 0 && s.Failures.Share < 1,
			"a share of at least 0 and below 1; 0 sets no bound",
		},
		{
			keys("failures", "after"), &s.Failures.After, s.Failures.After == 0 || s.Failures.After > 0 && s.Failures.Share > 0,
			"0 or more, beside a share of failures",
		},
		count(&s.Limits.RequestsPerMinute, "limits", "requests_per_minute"),
		count(&s.Limits.TokensPerMinute, "limits", "tokens_per_minute"),
		{keys("limits", "adaptive"), &s.Limits.Adaptive, true, ""},
		{keys("prices"), &s.Prices, true, ""},
	}
}

const needsPrices = "0, or run.prices beside it: a bound in money needs prices"

func (s *runSettings) priced(a amount) bool { return a.money() == 0 || s.Prices != "" }

// readRun returns the settings of a run as the file or the default says; what has a fault, which is noted elsewhere, has its default.
func readRun(root *node) runSettings {
	s := defaultRun()
	for _, f := range s.fields() {
		if n := root.find(keys("run").then(f.at...)); n.given() {
			_ = json.Unmarshal(n.text(), f.value) // what cannot be decoded leaves the default in place
		}
	}
	return s
}

// run notes what is wrong with the settings of a run.
func (c *checker) run() {
	s := readRun(c.root)
	for _, f := range s.fields() {
		if at := keys("run").then(f.at...); !f.right {
			c.complain(at, f.want)
		}
	}
	if s.MaxItems > math.MaxInt32 {
		c.complain(keys("run", "max_items"), "a number of items that fits into memory")
	}
}

// runRows are the settings of a run with where they come from.
func (c *Config) runRows() []row {
	var rows []row
	for _, f := range c.run.fields() {
		at := place{level: LevelDefault}
		p := keys("run").then(f.at...)
		if n := c.root.find(p); n.given() {
			at = n.place
		}
		text, err := json.Marshal(f.value)
		if err != nil {
			continue // numbers and texts have JSON
		}
		rows = append(rows, c.row(p, string(text), at, ""))
	}
	return rows
}

// openRun makes the options of a run, and notes what is wrong with the price table.
func (c *Config) openRun(ps *problems) {
	s := &c.run
	c.runOptions = append(c.runOptions, pipeline.WithInFlight(s.InFlight), timeoutOf(s.CallTimeout),
		pipeline.WithRetry(pipeline.Retry{Attempts: s.Attempts, ItemAttempts: s.ItemAttempts}),
		pipeline.WithBudget(pipeline.Budget{Calls: s.Budget.Calls, Tokens: s.Budget.Tokens, Money: s.Budget.Cost.money()}),
		pipeline.WithFailurePolicy(pipeline.FailurePolicy(s.Failures)))
	if d := s.ItemTimeout.time(); d > 0 {
		c.runOptions = append(c.runOptions, pipeline.WithItemTimeout(d))
	}
	if s.MaxItems > 0 {
		c.runOptions = append(c.runOptions, pipeline.WithMaxItems(s.MaxItems))
	}
	if m := s.MaxCost.money(); m > 0 {
		c.runOptions = append(c.runOptions, pipeline.WithMaxCost(m))
	}
	if s.Prices != "" {
		table, err := c.priceTable(s.Prices)
		c.runOptions = append(c.runOptions, pipeline.WithPrices(table))
		c.noteRun(ps, "prices", err)
	}
	if s.Limits != (limitSettings{}) {
		var err error
		c.limiter, err = s.Limits.limiter()
		c.runOptions = append(c.runOptions, pipeline.WithInterceptor(c.limiter))
		c.noteRun(ps, "limits", err)
	}
}

// noteRun notes what another package finds wrong with a setting of the run that is in the file.
func (c *Config) noteRun(ps *problems, name string, err error) {
	if at := keys("run", name); err != nil {
		ps.add(c.root.find(at).place, at, Error{Err: err})
	}
}

func timeoutOf(d duration) pipeline.RunOption {
	if t := d.time(); t > 0 {
		return pipeline.WithCallTimeout(t)
	}
	return pipeline.WithoutCallTimeout()
}

// priceTable reads the table of that name.
func (c *Config) priceTable(name string) (*price.Table, error) {
	if name == defaultPrices {
		return price.Default(), nil
	}
	dir, err := c.directory(slashpath.Dir(name))
	if err != nil {
		return nil, fmt.Errorf("price table: %w", err)
	}
	text, err := fs.ReadFile(dir, slashpath.Base(name))
	if err != nil {
		return nil, fmt.Errorf("price table: %w; want a file, relative to this one, or %q for the list prices that come with gloss",
			err, defaultPrices)
	}
	return price.Parse(text) //nolint:wrapcheck // it says what it is of
}

// limiter returns what holds calls to the quota. It adapts to refusals with and without one.
func (s limitSettings) limiter() (*limit.Limiter, error) {
	var opts []limit.Option
	if s.RequestsPerMinute > 0 {
		opts = append(opts, limit.RequestsPerMinute(s.RequestsPerMinute))
	}
	if s.TokensPerMinute > 0 {
		opts = append(opts, limit.TokensPerMinute(s.TokensPerMinute))
	}
	return limit.New(opts...) //nolint:wrapcheck // the option says what is wrong
}

// InFlight returns how many items a run is to work on at once: run.in_flight, or [pipeline.DefaultInFlight].
func (c *Config) InFlight() int { return c.run.InFlight }

// RunOptions returns the run section as options of a run: what is in flight, attempts, timeouts, guards, budget, failure policy, prices
// and limits. What the file leaves out has the default of package pipeline: no bound, no prices and no limits. The runs of one
// configuration share its limits, for the quota belongs to the account.
func (c *Config) RunOptions() []pipeline.RunOption {
	return c.runOptions[:len(c.runOptions):len(c.runOptions)]
}

// Limiter returns what holds the calls of the configuration's runs to its limits, for those who show its state; nil without limits.
func (c *Config) Limiter() *limit.Limiter { return c.limiter }
