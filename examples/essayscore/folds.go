package main

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/leak"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// cluster gives essays of one student, and essays that contain one another word for word, the same cluster, so that no fold knows an essay, or
// another draft of one, that it predicts: files of essays have copies, and answers that are one sentence of the reading. It returns how many
// essays contain another or are contained.
func cluster(ctx context.Context, samples []eval.Sample[userdata.Submission, truth]) (int, error) {
	var roots []pipeline.RootValue
	var held []leak.Held
	for _, s := range samples {
		roots = append(roots, pipeline.RootValue{Name: s.ID, Origin: pipeline.OriginGiven, Value: s.Input.Text})
		held = append(held, leak.Held{ID: s.ID, Text: s.Input.Text})
	}
	_, err := leak.Check(ctx, roots, held)
	var found *leak.Error
	if err != nil && !errors.As(err, &found) {
		return 0, err
	}
	sets := disjoint{}
	for _, s := range samples {
		if s.Input.Student != "" {
			sets.join("essay "+s.ID, "student "+s.Input.Student)
		}
	}
	copies := map[string]bool{}
	if found != nil {
		for _, h := range found.Hits {
			if h.Root != h.Held {
				copies[h.Root], copies[h.Held] = true, true
				sets.join("essay "+h.Root, "essay "+h.Held)
			}
		}
	}
	for i, s := range samples {
		if _, joined := sets["essay "+s.ID]; joined {
			samples[i].Cluster = sets.top("essay " + s.ID)
		}
	}
	return len(copies), nil
}

// disjoint is a family of disjoint sets: each member points towards the one that names its set, which points to itself.
type disjoint map[string]string

func (d disjoint) top(member string) string {
	up, ok := d[member]
	if !ok {
		d[member] = member
		return member
	}
	if up != member {
		d[member] = d.top(up)
	}
	return d[member]
}

func (d disjoint) join(a, b string) { d[d.top(a)] = d.top(b) }

// folds shuffles samples and cuts them into k folds that keep clusters whole.
func folds(samples []eval.Sample[userdata.Submission, truth], k int, seed uint64) (eval.Folds, error) {
	r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // reproducible folds, not a secret
	r.Shuffle(len(samples), func(i, j int) { samples[i], samples[j] = samples[j], samples[i] })
	keys := make([]string, len(samples))
	for i := range samples {
		keys[i] = samples[i].Cluster
	}
	return eval.GroupKFolds(keys, k)
}
