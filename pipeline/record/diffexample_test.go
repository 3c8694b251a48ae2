package record_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// greeting is a task with a root.
func greeting(word string) pipeline.Asset[pipeline.Stage[essay, string]] {
	words := pipeline.Given("word", word)
	return pipeline.Derive(pipeline.Meta{Name: "greeting"}, struct{}{},
		func(n *pipeline.Needs, _ struct{}) func(context.Context) (pipeline.Stage[essay, string], error) {
			word := pipeline.Need(n, words)
			return func(context.Context) (pipeline.Stage[essay, string], error) {
				return pipeline.Fn(func(_ context.Context, e essay) (string, error) { return word() + ", " + e.Text, nil }), nil
			}
		})
}

// recordGreeting records a run of the task in dir, and opens the record.
func recordGreeting(ctx context.Context, dir, word string) (*record.Run, error) {
	w, err := record.Create(dir, record.Manifest{Name: "greeting"})
	if err != nil {
		return nil, err
	}
	run, err := pipeline.NewRun(pipeline.WithRecorder(w))
	if err != nil {
		return nil, err
	}
	runner, err := pipeline.Start(ctx, run, greeting(word))
	if err != nil {
		return nil, err
	}
	for range runner.Stream(ctx, pipeline.Items(essay{ID: "a", Text: "Ada"})) { // the record holds the results
	}
	if err := errors.Join(run.Close(), w.Close()); err != nil {
		return nil, err
	}
	return record.Open(dir)
}

func ExampleDiff() {
	root, err := os.MkdirTemp("", "runs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	before, err := recordGreeting(context.Background(), filepath.Join(root, "before"), "Hello")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer before.Close()
	after, err := recordGreeting(context.Background(), filepath.Join(root, "after"), "Good morning")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer after.Close()

	diff, err := record.Diff(before, after) // diff.WriteTo(os.Stdout) tells all of it
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, change := range diff.Assets {
		fmt.Println(change)
	}
	for _, item := range diff.Differing {
		fmt.Println(item.ID, item.Fields)
	}
	// Output:
	// asset word: its content changed
	// a [output "Hello, Ada" -> "Good morning, Ada"]
}

func ExampleRun_Stale() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	recorded, err := recordGreeting(context.Background(), dir, "Hello")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer recorded.Close()

	run, err := pipeline.NewRun()
	if err != nil {
		fmt.Println(err)
		return
	}
	now, err := pipeline.Describe(context.Background(), run, greeting("Good morning"))
	if err != nil {
		fmt.Println(err)
		return
	}
	changes, err := recorded.Stale(now)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, change := range changes {
		fmt.Println(change, "makes stale", change.Targets)
	}
	// Output: asset word: its content changed makes stale [greeting]
}
