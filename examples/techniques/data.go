package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/internal/essaygen"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// truth is what people gave a held-out essay: the class's teacher and, where there is one, a second rater.
type truth struct {
	ID      string            `json:"id"`
	Teacher userdata.Feedback `json:"teacher"`
	Second  []userdata.Score  `json:"second,omitempty"`
}

type (
	sample  = eval.Sample[userdata.Submission, truth]
	holdout = eval.Holdout[userdata.Submission, truth]
)

// readData returns the class, nil for the one that the configuration names, and the holdout.
func readData(ctx context.Context, kind task.Kind, o options) (*userdata.Class, *holdout, error) {
	if o.holdout == "" {
		if kind == task.KindRubricScore {
			return nil, nil, errors.New("generated essays have no rubric: give -class and -holdout, " +
				"as in -class examples/quickstart/class -holdout examples/quickstart/holdout")
		}
		return generate()
	}
	set, err := readHoldout(ctx, o.holdout)
	if err != nil || o.class == "" {
		return nil, set, err
	}
	class, err := userdata.Dir(os.DirFS(o.class))
	if err != nil {
		return nil, nil, fmt.Errorf("-class %s: %w", o.class, err)
	}
	return class, set, nil
}

// readHoldout pairs the submissions of a directory with the lines of its truth.jsonl.
func readHoldout(ctx context.Context, name string) (*holdout, error) {
	dir := os.DirFS(name)
	class, err := userdata.Dir(dir)
	if err != nil {
		return nil, fmt.Errorf("-holdout %s: %w", name, err)
	}
	essays, err := class.Submissions(ctx)
	if err != nil {
		return nil, fmt.Errorf("-holdout %s: %w", name, err)
	}
	truths := map[string]truth{}
	for rec, err := range userdata.JSONL[truth](dir, "truth.jsonl").Read(ctx) {
		if err != nil {
			return nil, fmt.Errorf("-holdout %s: %w", name, err)
		}
		truths[rec.Value.ID] = rec.Value
	}
	var samples []sample
	var errs []error
	for _, e := range essays {
		t, ok := truths[e.ID]
		if !ok {
			errs = append(errs, fmt.Errorf("-holdout %s: essay %s has no line in truth.jsonl", name, e.ID))
		}
		samples = append(samples, sample{ID: e.ID, Input: e, Truth: t, Cluster: e.Student})
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return eval.NewHoldout(name, samples)
}

// The size of the generated data.
const (
	knownEssays = 60
	heldEssays  = 40
)

// generate writes a class of graded essays and a holdout of further ones on the same assignment, with two raters.
func generate() (*userdata.Class, *holdout, error) {
	corpus := essaygen.Default()
	corpus.Groups, corpus.PerGroup = 1, knownEssays+heldEssays
	var known []userdata.Submission
	var graded []userdata.Feedback
	var samples []sample
	for i, e := range essaygen.Generate(corpus) {
		s := userdata.Submission{ID: e.ID, Assignment: e.Group, Text: e.Text}
		f := userdata.Feedback{Submission: e.ID, Scores: []userdata.Score{{Value: float64(e.Rater1)}}}
		if i < knownEssays {
			known, graded = append(known, s), append(graded, f)
			continue
		}
		second := []userdata.Score{{Value: float64(e.Rater2)}}
		samples = append(samples, sample{ID: e.ID, Input: s, Truth: truth{ID: e.ID, Teacher: f, Second: second}})
	}
	assignment := userdata.Assignment{
		ID: known[0].Assignment, Prompt: "Write anything.", Scale: userdata.Scale{Min: float64(corpus.Min), Max: float64(corpus.Max)},
	}
	class := userdata.NewClass("generated", "", userdata.Sources{
		Assignments: userdata.Values("assignments", assignment),
		Submissions: userdata.Values("submissions", known...),
		Feedback:    userdata.Values("feedback", graded...),
	})
	set, err := eval.NewHoldout(fmt.Sprintf("a generated corpus, seed %d", corpus.Seed), samples)
	return class, set, err
}
