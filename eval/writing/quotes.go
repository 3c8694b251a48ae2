package writing

import (
	"context"
	"fmt"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// QuoteFaithfulness returns the metric that says which share of a prediction's quotations, in evidence and in anchors of comments, occurs in
// the submission, in the sense of [userdata.Locate]: up to white space, dashes and the form of quotation marks. An empty quotation occurs
// nowhere. It looks at the text itself, not at what the task found, and at no truth. It does not apply to a prediction without quotations;
// the value of a set of items is the mean of their shares.
func QuoteFaithfulness[T any](name string) eval.Metric[userdata.Submission, task.Prediction, T] {
	return eval.Mean(name, func(_ context.Context, c eval.Case[userdata.Submission, task.Prediction, T]) (float64, error) {
		quotes := quotations(c.Out.Feedback)
		if len(quotes) == 0 {
			return 0, fmt.Errorf("%w: the prediction quotes nothing", eval.ErrNotApplicable)
		}
		found := 0
		for _, q := range quotes {
			if _, ok := userdata.Locate(c.Input.Text, q); ok {
				found++
			}
		}
		return float64(found) / float64(len(quotes)), nil
	})
}

func quotations(f userdata.Feedback) []string {
	var out []string
	for _, s := range f.Scores {
		for _, e := range s.Evidence {
			out = append(out, e.Quote)
		}
	}
	for _, c := range f.Comments {
		if c.Anchor != nil {
			out = append(out, c.Anchor.Quote)
		}
	}
	return out
}
