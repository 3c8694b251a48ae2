package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// truth is what people said of a held-out essay. It is a type of the evaluation: no inference type has a field for it.
type truth struct {
	ID string `json:"id"`
	// Teacher is the feedback of the class's teacher, Second the scores of a second rater.
	Teacher userdata.Feedback `json:"teacher"`
	Second  []userdata.Score  `json:"second"`
}

type holdout = eval.Holdout[userdata.Submission, truth]

// readHoldout pairs the essays in holdout/submissions with holdout/truth.jsonl.
func readHoldout(ctx context.Context) (*holdout, error) {
	dir, err := fs.Sub(files, "holdout")
	if err != nil {
		return nil, err
	}
	class, err := userdata.Dir(dir)
	if err != nil {
		return nil, err
	}
	essays, err := class.Submissions(ctx)
	if err != nil {
		return nil, err
	}
	truths := map[string]truth{}
	for rec, err := range userdata.JSONL[truth](dir, "truth.jsonl").Read(ctx) {
		if err != nil {
			return nil, fmt.Errorf("ground truth: %w", err)
		}
		truths[rec.Value.ID] = rec.Value
	}
	var samples []eval.Sample[userdata.Submission, truth]
	var errs []error
	for _, e := range essays {
		t, ok := truths[e.ID]
		if !ok {
			errs = append(errs, fmt.Errorf("ground truth: essay %s has none", e.ID))
		}
		samples = append(samples, eval.Sample[userdata.Submission, truth]{ID: e.ID, Input: e, Truth: t})
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return eval.NewHoldout("holdout", samples)
}

// byTeacher and bySecond read one score of the two raters.
func byTeacher(criterion string) func(truth) (float64, bool) {
	return func(t truth) (float64, bool) {
		s, ok := t.Teacher.Score(criterion)
		return s.Value, ok
	}
}

func bySecond(criterion string) func(truth) (float64, bool) {
	return func(t truth) (float64, bool) {
		s, ok := userdata.Feedback{Scores: t.Second}.Score(criterion)
		return s.Value, ok
	}
}
