package leak_test

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/gloss-sdk/gloss/eval/leak"
	"github.com/gloss-sdk/gloss/pipeline"
)

func ExampleCheck() {
	past := []string{
		"Recess should be longer because children learn to share when they play.",
		"Homework: a waste of evenings, or the only quiet hour of the day?",
	}
	roots := []pipeline.RootValue{{Name: "past feedback", Origin: pipeline.OriginGiven, Value: past}}
	held := []leak.Held{
		{ID: "essay-7", Text: "HOMEWORK - a waste of evenings - or the only quiet hour of the day!"},
		{ID: "essay-8", Text: "I agree."},
	}

	report, err := leak.Check(context.Background(), roots, held)
	fmt.Println(err)
	fmt.Printf("%d texts read, %d of %d held texts too short to tell\n", report.Roots[0].Texts, report.TooShort, report.Held)

	var problem *leak.Error
	if errors.As(err, &problem) {
		fmt.Println("take out:", problem.Hits[0].Root, problem.Hits[0].Path)
	}
	// Output:
	// leak check: inference can read 1 held text:
	//   root "past feedback" at [1] holds all 13 words of held text "essay-7"
	// 2 texts read, 1 of 2 held texts too short to tell
	// take out: past feedback [1]
}

// Archive keeps texts where no audit could see them, so it lists them.
type Archive struct{ load func(year int) []string }

func (a Archive) Texts(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, text := range a.load(2024) {
			if !yield(text, nil) {
				return
			}
		}
	}
}

func ExampleLister() {
	archive := Archive{load: func(int) []string { return []string{"one essay", "and another"} }}
	roots := []pipeline.RootValue{{Name: "archive", Origin: pipeline.OriginTool, Value: archive}}

	report, err := leak.Check(context.Background(), roots, nil)
	fmt.Println(report.Roots[0].Texts, "texts,", err)

	hidden := struct{ Load func(int) []string }{archive.load}
	_, err = leak.Check(context.Background(), []pipeline.RootValue{{Name: "archive", Value: hidden}}, nil)
	fmt.Println(err)
	// Output:
	// 2 texts, <nil>
	// leak check: 1 part cannot be read:
	//   root "archive" at Load: a func(int) []string can hold texts that nobody can list: implement Texts on the value around it, or derive it from data
}

func ExampleTexts() {
	type draft struct {
		Title      string
		paragraphs []string
	}
	texts, err := leak.Texts(context.Background(), draft{"Rivers", []string{"The Nile.", "The Rhine."}})
	fmt.Println(texts, err)
	// Output: [Rivers The Nile. The Rhine.] <nil>
}
