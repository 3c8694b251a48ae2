package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
)

// Comparison says how two recorded runs, a and b, differ; see [Diff]. Its JSON is the same as data.
type Comparison struct {
	A Side `json:"a"`
	B Side `json:"b"`
	// Settings are the differences of name, seed, versions and config of the manifests, by their paths there.
	Settings []Difference `json:"settings,omitempty"`
	// Assets says what the targets of b were made with that those of a were not.
	Assets []Change `json:"assets,omitempty"`
	// Items counts the items of both runs, Differing holds those that differ, in the order of a, with those that only b has at their
	// places in b; the first ones, as many as [MaxItems] says.
	Items     ItemCounts       `json:"items"`
	Differing []ItemDifference `json:"differing,omitempty"`
	// Omitted counts the items that differ beyond those.
	Omitted int `json:"omitted,omitempty"`
}

// Side is one of two runs that are compared. What it sums up is taken from the log, so that it is there for a run that was not closed.
type Side struct {
	Name    string    `json:"name"`
	Dir     string    `json:"dir"`
	State   State     `json:"state"`
	Created time.Time `json:"created"`
	Totals  Totals    `json:"totals"`
}

// ItemCounts counts the pairs of items that two runs have in common by what became of them, and the items that only one has. An output is
// the same if its JSON is, to the byte.
type ItemCounts struct {
	Same       int `json:"same"`
	Changed    int `json:"changed"`
	FailedInA  int `json:"failed_in_a"`
	FailedInB  int `json:"failed_in_b"`
	FailedBoth int `json:"failed_in_both"`
	OnlyInA    int `json:"only_in_a"`
	OnlyInB    int `json:"only_in_b"`
}

// ItemStatus says what became of an item in two runs.
type ItemStatus string

// The ways in which an item can differ between two runs, a and b.
const (
	ItemChanged    ItemStatus = "changed"        // both have an output, but another one
	ItemFailedInA  ItemStatus = "failed_in_a"    // b has an output
	ItemFailedInB  ItemStatus = "failed_in_b"    // a has an output
	ItemFailedBoth ItemStatus = "failed_in_both" // with different errors
	ItemOnlyInA    ItemStatus = "only_in_a"
	ItemOnlyInB    ItemStatus = "only_in_b"
)

// ItemDifference is an item that two runs do not agree about. A and B are what became of it, nil in a run that does not have it.
type ItemDifference struct {
	Target string     `json:"target"`
	ID     string     `json:"id"`
	Status ItemStatus `json:"status"`
	A      *Item      `json:"a,omitempty"`
	B      *Item      `json:"b,omitempty"`
	// Fields are the differences of the outputs of an item that changed; their paths begin with "output".
	Fields []Difference `json:"fields,omitempty"`
}

// DiffOption configures [Diff].
type DiffOption interface{ applyDiff(*diffConfig) error }

type diffConfig struct{ maxItems int }

type diffOption func(*diffConfig) error

func (o diffOption) applyDiff(c *diffConfig) error { return o(c) }

// MaxItems bounds how many differing items a [Comparison] holds; their outputs are in memory. 0 holds none. The default is 20, the last use
// wins.
func MaxItems(n int) DiffOption {
	return diffOption(func(c *diffConfig) error {
		if n < 0 {
			return fmt.Errorf("record: MaxItems(%d): want 0 or more", n)
		}
		c.maxItems = n
		return nil
	})
}

// Diff compares two recorded runs: what they were made with, what became of each item, and what they consumed. The runs need not be
// finished.
//
// Items are matched by target, stream and identifier, wherever they stand in the stream: the first stream of a target in a with its first
// stream in b, and so on; inputs that ran alone, outside of every stream, form one stream of their target. Of items of one stream with
// the same identifier the first one is matched with the first one, the second one with the second one. Both runs are read twice; besides
// what [MaxItems] says, memory grows by some 100 bytes for each item that one run has reached and the other has not.
//
// An item whose output cannot be read, because a crash tore it off, counts as failed.
func Diff(a, b *Run, opts ...DiffOption) (*Comparison, error) {
	c := diffConfig{maxItems: 20}
	var errs []error
	for _, o := range opts {
		errs = append(errs, o.applyDiff(&c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	summaryA, err := a.summary()
	if err != nil {
		return nil, err
	}
	summaryB, err := b.summary()
	if err != nil {
		return nil, err
	}
	d := &Comparison{A: summaryA.Side, B: summaryB.Side}
	if d.Settings, err = settingsChanged(a.manifest, b.manifest); err != nil {
		return nil, err
	}
	d.Assets = changesOf(summaryA.targets, summaryB.targets)
	m := matcher{runs: [2]*Run{a, b}, streams: [2]map[int]int{summaryA.streams, summaryB.streams}, limit: c.maxItems}
	if err := m.match(); err != nil {
		return nil, err
	}
	d.Items = m.counts
	d.Omitted = m.disagreements - len(m.pairs)
	d.Differing, err = m.differing()
	return d, err
}

// settingsChanged compares what the caller of a run chose, and the code that ran.
func settingsChanged(a, b Manifest) ([]Difference, error) {
	settings := func(m Manifest) (json.RawMessage, error) {
		return marshal(struct {
			Name     string          `json:"name"`
			Seed     uint64          `json:"seed"`
			Versions Versions        `json:"versions"`
			Config   json.RawMessage `json:"config,omitempty"`
		}{m.Name, m.Seed, m.Versions, m.Config})
	}
	was, err := settings(a)
	if err != nil {
		return nil, fmt.Errorf("record: manifest: %w", err)
	}
	is, err := settings(b)
	if err != nil {
		return nil, fmt.Errorf("record: manifest: %w", err)
	}
	return differences("", was, is), nil
}

// summary is what one pass over the log tells of a run.
type summary struct {
	Side

	// streams numbers the streams of each target from 1, by batch. A batch that is none of them is an input that ran alone.
	streams map[int]int
	targets []madeTarget
}

func (r *Run) summary() (summary, error) {
	m := r.manifest
	s := summary{Side: Side{Name: m.Name, Dir: r.dir, State: m.State, Created: m.Created}, streams: map[int]int{}}
	perTarget := map[string]int{}
	made := newMaking(m.Plans)
	sums := newTally()
	for e, err := range r.Events() {
		if err != nil {
			return s, err
		}
		sums.count(&e)
		made.see(&e)
		switch e.Kind {
		case KindSession: // it begins its streams in the same order
			clear(perTarget)
		case pipeline.KindBatch:
			perTarget[e.Target]++
			s.streams[e.Batch] = perTarget[e.Target]
		default:
		}
	}
	s.Totals = sums.totals()
	s.targets = made.targets(true)
	return s, nil
}
