package record_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

// wordCount is a target that is identified by its name and configuration, so that its results can be taken from a record.
func wordCount() pipeline.Asset[pipeline.Stage[essay, int]] {
	return pipeline.Derive(pipeline.Meta{Name: "words", Version: 1}, 0,
		func(*pipeline.Needs, int) func(context.Context) (pipeline.Stage[essay, int], error) {
			return func(context.Context) (pipeline.Stage[essay, int], error) {
				return pipeline.Fn(func(_ context.Context, e essay) (int, error) { return len(strings.Fields(e.Text)), nil }), nil
			}
		})
}

// countWords runs the target with its record, and says where each result comes from.
func countWords(ctx context.Context, w *record.Writer, inputs ...essay) error {
	run, err := pipeline.NewRun(pipeline.WithRecorder(w))
	if err != nil {
		return err
	}
	runner, err := pipeline.Start(ctx, run, wordCount())
	if err != nil {
		return err
	}
	for r := range runner.Stream(ctx, pipeline.Items(inputs...)) {
		fmt.Printf("%s: %d words, taken from %q\n", r.ID, r.Out, r.Origin)
	}
	return errors.Join(run.Close(), w.Close())
}

func ExampleResume() {
	root, err := os.MkdirTemp("", "runs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	dir, whales, bees := filepath.Join(root, "run"), essay{ID: "a", Text: "Whales sing."}, essay{ID: "b", Text: "So do bees."}
	w, err := record.Create(dir, record.Manifest{Name: "baseline"})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := countWords(context.Background(), w, whales); err != nil { // the run ends here, for whatever reason
		fmt.Println(err)
		return
	}
	w, err = record.Resume(dir, record.Manifest{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := countWords(context.Background(), w, bees, whales); err != nil {
		fmt.Println(err)
		return
	}
	// Output:
	// a: 2 words, taken from ""
	// b: 3 words, taken from ""
	// a: 2 words, taken from "session 1"
}

func ExampleCreateOrResume() {
	root, err := os.MkdirTemp("", "runs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	for range 2 {
		w, err := record.CreateOrResume(filepath.Join(root, "run"), record.Manifest{Name: "nightly"})
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := countWords(context.Background(), w, essay{ID: "a", Text: "Whales sing."}); err != nil {
			fmt.Println(err)
			return
		}
	}
	// Output:
	// a: 2 words, taken from ""
	// a: 2 words, taken from "session 1"
}

func ExampleCompressed() {
	root, err := os.MkdirTemp("", "runs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	w, err := record.Create(filepath.Join(root, "run"), record.Manifest{}, record.Compressed())
	if err != nil {
		fmt.Println(err)
		return
	}
	err = countWords(context.Background(), w, essay{ID: "a", Text: "Whales sing."})
	if errors.Is(err, record.ErrNotCompressed) { // it takes more space; nothing is missing
		err = nil
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	files, err := filepath.Glob(filepath.Join(w.Dir(), "values*"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range files {
		fmt.Println(filepath.Base(f))
	}
	run, err := record.Open(w.Dir())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer run.Close()
	for e, err := range run.Events() {
		if err != nil || e.Kind != pipeline.KindItemStarted {
			continue
		}
		v, err := run.Value(e.In)
		fmt.Println(string(v.JSON), err)
	}
	// Output:
	// a: 2 words, taken from ""
	// values.jsonl.zst
	// {"id":"a","text":"Whales sing."} <nil>
}
