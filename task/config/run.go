package config

import (
	"strconv"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
)

// runSettings is how a run works.
type runSettings struct {
	InFlight    int    `json:"in_flight"`
	Attempts    int    `json:"attempts"`
	CallTimeout string `json:"call_timeout"`
}

// defaultRun are the settings of a run of which a file says nothing.
func defaultRun() runSettings {
	return runSettings{
		InFlight: pipeline.DefaultInFlight, Attempts: pipeline.DefaultRetry().Attempts, CallTimeout: pipeline.DefaultCallTimeout.String(),
	}
}

// readRun returns the settings of a run as the file or the default says; what has a fault, which is noted elsewhere, has its default.
func readRun(root *node) runSettings {
	s := defaultRun()
	if n, ok := decode[int](root.find(keys("run", "in_flight"))); ok {
		s.InFlight = n
	}
	if n, ok := decode[int](root.find(keys("run", "attempts"))); ok {
		s.Attempts = n
	}
	if d, ok := decode[string](root.find(keys("run", "call_timeout"))); ok {
		s.CallTimeout = d
	}
	return s
}

// run notes what is wrong with the settings of a run.
func (c *checker) run() {
	for _, name := range []string{"in_flight", "attempts"} {
		if n, ok := decode[int](c.root.find(keys("run", name))); ok && n < 1 {
			c.complain(keys("run", name), "1 or more")
		}
	}
	if text, ok := decode[string](c.root.find(keys("run", "call_timeout"))); ok {
		if d, err := time.ParseDuration(text); err != nil || d < 0 {
			c.complain(keys("run", "call_timeout"), "a duration such as 90s or 10m, or 0s for none")
		}
	}
}

// rows are the settings of a run with where they come from.
func (c *Config) runRows() []row {
	var rows []row
	for _, s := range []struct{ name, text string }{
		{"in_flight", strconv.Itoa(c.run.InFlight)},
		{"attempts", strconv.Itoa(c.run.Attempts)},
		{"call_timeout", strconv.Quote(c.run.CallTimeout)},
	} {
		at := place{level: LevelDefault}
		if n := c.root.find(keys("run", s.name)); n.given() {
			at = n.place
		}
		rows = append(rows, c.row(keys("run", s.name), s.text, at, ""))
	}
	return rows
}

// InFlight returns how many items a run is to work on at once: run.in_flight, or [pipeline.DefaultInFlight].
func (c *Config) InFlight() int { return c.run.InFlight }

// RunOptions returns the run section as options of a run: how many items are in flight (run.in_flight), how often a call is sent at most
// (run.attempts; 1 never sends again), and how long an attempt may take (run.call_timeout; 0s is no limit). What the file leaves out has
// the default of package pipeline.
func (c *Config) RunOptions() []pipeline.RunOption {
	timeout, err := time.ParseDuration(c.run.CallTimeout)
	bound := pipeline.WithCallTimeout(timeout)
	if err != nil || timeout == 0 { // it was checked when it was read
		bound = pipeline.WithoutCallTimeout()
	}
	return []pipeline.RunOption{pipeline.WithInFlight(c.run.InFlight), pipeline.WithRetry(pipeline.Retry{Attempts: c.run.Attempts}), bound}
}
