package record_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// words is a task: it counts the words of an essay.
func words() pipeline.Asset[pipeline.Stage[essay, int]] {
	count := pipeline.Named("count", pipeline.Fn(func(_ context.Context, e essay) (int, error) {
		if e.Text == "" {
			return 0, errors.New("the essay is empty")
		}
		return len(strings.Fields(e.Text)), nil
	}))
	return pipeline.Tool("words", count)
}

// runWords runs the task under the observer.
func runWords(ctx context.Context, o pipeline.Observer) error {
	run, err := pipeline.NewRun(pipeline.WithObserver(o))
	if err != nil {
		return err
	}
	runner, err := pipeline.Start(ctx, run, words())
	if err != nil {
		return err
	}
	inputs := []essay{{ID: "a", Text: "Whales sing."}, {ID: "b"}}
	for range runner.Stream(ctx, pipeline.Items(inputs...)) { // the record holds the results
	}
	return run.Close()
}

func ExampleCreate() {
	root, err := os.MkdirTemp("", "runs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	plan, err := pipeline.NewPlan(words())
	if err != nil {
		fmt.Println(err)
		return
	}

	dir := record.NewDir(root, "baseline", time.Now())
	w, err := record.Create(dir, record.Manifest{
		Name:   "baseline",
		Config: []byte(`{"model":"none"}`),
		Plans:  map[string]record.Plan{"words": record.PlanOf(plan)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := runWords(context.Background(), w); err != nil {
		fmt.Println(err)
		return
	}
	if err := w.Close(); err != nil {
		fmt.Println(err)
		return
	}

	results, err := os.ReadFile(filepath.Join(dir, "results.jsonl"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(string(results))
	// Output:
	// {"kind":"result","batch":1,"target":"words","index":0,"id":"a","output":2}
	// {"kind":"result","batch":1,"target":"words","index":1,"id":"b","error":"item b: stage count: the essay is empty"}
}

func ExampleOpen() {
	root, err := os.MkdirTemp("", "runs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	w, err := record.Create(filepath.Join(root, "run"), record.Manifest{Name: "baseline"})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := errors.Join(runWords(context.Background(), w), w.Close()); err != nil {
		fmt.Println(err)
		return
	}

	run, err := record.Open(w.Dir())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer run.Close()
	m := run.Manifest()
	fmt.Println(m.Name, m.State, m.Counts.Succeeded, "of", m.Counts.Items)
	for item, err := range run.Items() {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: output %s, error %q\n", item.ID, item.Output, item.Error)
	}
	// Output:
	// baseline finished 1 of 2
	// a: output 2, error ""
	// b: output , error "item b: stage count: the essay is empty"
}

func ExampleRun_Show() {
	root, err := os.MkdirTemp("", "runs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	w, err := record.Create(filepath.Join(root, "run"), record.Manifest{})
	if err != nil {
		fmt.Println(err)
		return
	}
	// A run tells its observer of such events; here they are written by hand, for their durations to be known.
	for _, e := range []pipeline.Event{
		{Kind: pipeline.KindItemStarted, In: essay{ID: "a", Text: "Whales sing."}},
		{Kind: pipeline.KindStage, Stage: "count", In: essay{ID: "a", Text: "Whales sing."}, Out: 2, Elapsed: time.Millisecond},
		{Kind: pipeline.KindItem, Out: 2, Elapsed: 3 * time.Millisecond},
	} {
		e.Target, e.Batch, e.Item = "words", 1, "a"
		w.Observe(context.Background(), e)
	}
	if err := w.Close(); err != nil {
		fmt.Println(err)
		return
	}

	run, err := record.Open(w.Dir())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer run.Close()
	if err := run.Show(os.Stdout, "a"); err != nil {
		fmt.Println(err)
		return
	}
	// Output:
	// item a: batch 1, index 0, target words
	// received:
	//   id: "a"
	//   text: "Whales sing."
	// stage count (1ms)
	//   received:
	//     id: "a"
	//     text: "Whales sing."
	//   returned: 2
	// the item ended after 3ms
	// returned: 2
}

func ExampleOnError() {
	root, err := os.MkdirTemp("", "runs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	// A run whose record cannot be written is stopped, with the failure as the cause.
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	w, err := record.Create(filepath.Join(root, "run"), record.Manifest{}, record.OnError(cancel))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := errors.Join(runWords(ctx, w), w.Close()); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(context.Cause(ctx))
	// Output: <nil>
}

func ExampleNewDir() {
	now := time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	fmt.Println(filepath.ToSlash(record.NewDir("runs", "k=20, no RAG", now)))
	// Output: runs/20261122T093000.000Z-k-20--no-RAG
}
