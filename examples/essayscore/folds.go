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

// cluster gives essays that contain one another, word for word, the same cluster, so that no fold knows an essay that it predicts: files of
// essays have copies, and answers that are one sentence of the reading. It returns how many essays are in such a cluster.
func cluster(ctx context.Context, samples []eval.Sample[userdata.Submission, truth]) (int, error) {
	var roots []pipeline.RootValue
	var held []leak.Held
	for _, s := range samples {
		roots = append(roots, pipeline.RootValue{Name: s.ID, Origin: pipeline.OriginGiven, Value: s.Input.Text})
		held = append(held, leak.Held{ID: s.ID, Text: s.Input.Text})
	}
	_, err := leak.Check(ctx, roots, held)
	var found *leak.Error
	if !errors.As(err, &found) {
		return 0, err
	}
	parent := map[string]string{}
	var top func(id string) string
	top = func(id string) string {
		if up, ok := parent[id]; ok {
			parent[id] = top(up)
			return parent[id]
		}
		return id
	}
	shared := map[string]bool{}
	for _, h := range found.Hits {
		if h.Root == h.Held {
			continue
		}
		shared[h.Root], shared[h.Held] = true, true
		if a, b := top(h.Root), top(h.Held); a != b {
			parent[a] = b
		}
	}
	for i := range samples {
		if shared[samples[i].ID] {
			samples[i].Cluster = top(samples[i].ID)
		}
	}
	return len(shared), nil
}

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
