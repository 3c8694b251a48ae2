package writing_test

import (
	"context"
	"fmt"
	"log"
	"slices"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/writing"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// teacher is the truth of the examples.
type teacher struct{ feedback userdata.Feedback }

// essays returns two essays with the truth about them, and the predictions.
func essays() (*eval.Holdout[userdata.Submission, teacher], []pipeline.Result[task.Prediction]) {
	sample := func(id, text string, improvements ...string) eval.Sample[userdata.Submission, teacher] {
		var f userdata.Feedback
		for _, c := range improvements {
			f.Improvements = append(f.Improvements, userdata.Point{Criterion: c})
		}
		return eval.Sample[userdata.Submission, teacher]{ID: id, Input: userdata.Submission{ID: id, Text: text}, Truth: teacher{f}}
	}
	predicted := func(id, criterion, quote string) pipeline.Result[task.Prediction] {
		return pipeline.Result[task.Prediction]{ID: id, Out: task.Prediction{Feedback: userdata.Feedback{
			Improvements: []userdata.Point{{Criterion: criterion}},
			Comments:     []userdata.Comment{{Kind: userdata.Question, Anchor: &userdata.Span{Quote: quote}, Text: "Why?"}},
		}}}
	}
	h, err := eval.NewHoldout("essays", []eval.Sample[userdata.Submission, teacher]{
		sample("e1", "Cats are quiet.", "evidence", "thesis"), sample("e2", "Dogs guard the house.", "order"),
	})
	if err != nil {
		log.Fatal(err)
	}
	return h, []pipeline.Result[task.Prediction]{predicted("e1", "evidence", "Cats are  quiet"), predicted("e2", "evidence", "Dogs are loud")}
}

// printValue scores the two predictions and prints the value of a metric.
func printValue(m eval.Metric[userdata.Submission, task.Prediction, teacher]) {
	h, results := essays()
	outcome, err := eval.Score(context.Background(), h, slices.Values(results), eval.Metrics(m), eval.WithDraws(50))
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range outcome.Summaries() {
		v, _ := s.Value().Value()
		fmt.Printf("%s: %.2f over %d essays\n", s.Metric.Name, v, s.Counts.Scored)
	}
}

func ExampleCriteriaF1() {
	printValue(writing.CriteriaF1[userdata.Submission]("improvements F1", writing.Improvements,
		func(t teacher) (userdata.Feedback, bool) { return t.feedback, true }))
	// Output:
	// improvements F1: 0.40 over 2 essays
}

func ExampleQuoteFaithfulness() {
	printValue(writing.QuoteFaithfulness[teacher]("quotes found"))
	// Output:
	// quotes found: 0.50 over 2 essays
}

func ExampleCriteria() {
	fmt.Println(writing.Criteria([]userdata.Point{
		{Criterion: "thesis", Text: "Your position is clear."},
		{Text: "I enjoyed it."},
		{Criterion: "evidence", Text: "The numbers are right."},
		{Criterion: "thesis", Text: "And you keep it."},
	}))
	// Output:
	// [evidence thesis]
}
