package reuse_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/reuse"
	"github.com/gloss-sdk/gloss/pipeline/store"
)

// Counter stands for a model that is paid for by the call.
type Counter struct{ Calls int }

// Identity says what can change an answer.
func (c *Counter) Identity() string { return "counter/v1" }

// Run counts words.
func (c *Counter) Run(_ context.Context, e Text) (int, error) {
	c.Calls++
	return len(strings.Fields(e.Body)), nil
}

// Text is the input of the examples.
type Text struct{ ID, Body string }

// ItemID names results.
func (t Text) ItemID() string { return t.ID }

// counting is the stage that calls a counter. Its only input is the counter, so the counter's identity is that of the target.
type counting struct {
	pipeline.Stage[Text, int]

	counter *Counter
}

func (c counting) Identity() string { return c.counter.Identity() }

func Example() {
	ctx := context.Background()
	objects := store.NewMemory() // store.OpenDir and s3store.New make one that outlives the process
	counter := &Counter{}
	for range 2 { // two runs, which may be those of two processes
		journal, err := reuse.New(objects, reuse.Use, reuse.WithOwner("monday"))
		if err != nil {
			fmt.Println(err)
			return
		}
		run, err := pipeline.NewRun(pipeline.WithJournal(journal), pipeline.WithInFlight(1))
		if err != nil {
			fmt.Println(err)
			return
		}
		stage := counting{pipeline.Call("counter", counter), counter}
		runner, err := pipeline.Start(ctx, run, pipeline.Tool[pipeline.Stage[Text, int]]("words", stage))
		if err != nil {
			fmt.Println(err)
			return
		}
		for result := range runner.Stream(ctx, pipeline.Items(Text{"ana", "My summer was fun"}, Text{"cem", "I slept"})) {
			fmt.Println(result.ID, result.Out, strings.HasPrefix(result.Origin, "monday/"))
		}
		fmt.Println(journal.Report())
	}
	fmt.Println("calls:", counter.Calls)
	// Output:
	// ana 4 false
	// cem 2 false
	// 4 kept
	// ana 4 true
	// cem 2 true
	// 2 reused
	// calls: 2
}

func ExampleReadLedger() {
	ctx := context.Background()
	objects := store.NewMemory()
	journal, err := reuse.New(objects, reuse.Use)
	if err != nil {
		fmt.Println(err)
		return
	}
	work := pipeline.Work{Fingerprint: "5e1f", Target: "words", Item: "ana", Decode: decode[int]}
	if _, _, err := journal.Do(ctx, work, func(context.Context) (any, error) { return 4, nil }); err != nil {
		fmt.Println(err)
		return
	}
	ledger, err := reuse.ReadLedger(ctx, objects)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(ledger)
	// Output:
	// kept: items 1, calls 0; paid: calls 0, tokens 0 in, 0 out
	// words ana: kept: items 1, calls 0; paid: calls 0, tokens 0 in, 0 out
}

func ExampleNew() {
	_, err := reuse.New(nil, "cache", reuse.WithLease(0))
	fmt.Println(err)
	// Output:
	// reuse: New: the store is nil; leave the journal out to keep nothing
	// reuse: New: unknown mode "cache": want "use", "refresh" or "read-only"
	// reuse: WithLease(0s): a lease must last at least 10ms
}
