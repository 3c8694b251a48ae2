package task

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/retrieval"
	"github.com/gloss-sdk/gloss/retrieval/memindex"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// Exemplars says which graded exemplars are shown.
type Exemplars struct {
	// K is how many; 0 means 12.
	K int `json:"k"`
	// Select is how they are chosen; empty means SelectSimilar with RAG and SelectQuantileAnchors without.
	Select Selection `json:"select"`
	// Similarity is the measure behind SelectSimilar and SelectMixed; empty means TFIDFCosine. It must be empty for the others.
	Similarity Similarity `json:"similarity,omitempty"`
	// Seed fixes the choice of SelectRandom. It must be 0 for the others.
	Seed uint64 `json:"seed,omitempty"`
}

// Selection is a way to choose exemplars.
type Selection string

// The ways to choose exemplars.
const (
	// SelectSimilar takes those most similar to the submission.
	SelectSimilar Selection = "similar"
	// SelectQuantileAnchors takes those at evenly spaced ranks of score, both ends included; it does not depend on the submission.
	SelectQuantileAnchors Selection = "quantile_anchors"
	// SelectMixed takes half similar ones, the larger half of an odd number, and every second quantile anchor; where one of these is among
	// the similar ones, anchors between them.
	SelectMixed Selection = "mixed"
	// SelectRandom draws without replacement, seeded by Seed and the submission's ID.
	SelectRandom Selection = "random"
)

// Similarity names a measure of similarity between texts.
type Similarity string

// The measures of similarity.
const (
	// TFIDFCosine is the cosine of unigram TF-IDF vectors; it suits essays.
	TFIDFCosine Similarity = "tfidf_cosine"
	// BM25 is Okapi BM25 over stemmed words; it suits short answers and passages.
	BM25 Similarity = "bm25"
)

func (s Selection) similar() bool { return s == SelectSimilar || s == SelectMixed }

func (s Spec) validateExemplars(bad complain) {
	e := s.Exemplars
	switch {
	case e == nil && s.Inputs.PastFeedback:
		bad("exemplars are missing although past feedback is on; specs are completed by DefaultSpec, ParseSpec and options")
		return
	case e == nil:
		return
	case !s.Inputs.PastFeedback:
		bad("exemplars are configured although past feedback is off")
		return
	}
	if e.K < 1 {
		bad("exemplars.k is %d; want 1 or more, or past feedback off", e.K)
	}
	switch e.Select {
	case SelectSimilar, SelectMixed:
		validateSimilarity(bad, "exemplars.similarity", e.Similarity)
	case SelectQuantileAnchors, SelectRandom:
		if e.Similarity != "" {
			bad("exemplars.similarity is %q, but select %q compares nothing", e.Similarity, e.Select)
		}
	default:
		bad("exemplars.select is %q; want %q, %q, %q or %q", e.Select,
			SelectSimilar, SelectQuantileAnchors, SelectMixed, SelectRandom)
	}
	if e.Seed != 0 && e.Select != SelectRandom {
		bad("exemplars.seed is %d, but select %q draws nothing", e.Seed, e.Select)
	}
}

func validateSimilarity(bad complain, field string, s Similarity) {
	if s != TFIDFCosine && s != BM25 {
		bad("%s is %q; want %q or %q", field, s, TFIDFCosine, BM25)
	}
}

// indexConfig identifies a shared index.
type indexConfig struct {
	Similarity Similarity `json:"similarity"`
	Tokens     int        `json:"tokens,omitempty"`
}

// exemplarIndex is the shared index over all graded work, one for each similarity that a task of the run asks for.
func (r Resources) exemplarIndex(s Similarity) pipeline.Asset[retrieval.Index] {
	m := pipeline.Meta{Name: "exemplars_" + string(s), Version: 1}
	return pipeline.Derive(m, indexConfig{Similarity: s},
		func(n *pipeline.Needs, c indexConfig) func(context.Context) (retrieval.Index, error) {
			past := pipeline.Need(n, r.past)
			return func(context.Context) (retrieval.Index, error) {
				var records []retrieval.Record
				for i, e := range past() {
					records = append(records, retrieval.Record{
						ID: exemplarID(i), Text: e.Submission.Text,
						Keys: retrieval.Keys{
							Assignment: e.Submission.Assignment, Student: e.Submission.Student,
							Document: exemplarID(i), Teacher: e.Feedback.Author, Time: e.Submission.SubmittedAt,
						},
					})
				}
				return memindex.New(records, memindex.Similarity(c.Similarity))
			}
		})
}

// exemplarID names an exemplar in the index by its place in the past: a submission may have feedback of several teachers, not all of
// which a task can show.
func exemplarID(i int) string { return fmt.Sprintf("%08d", i) }

// exemplars returns the maker of the step that chooses exemplars.
func (w wiring) exemplars(n *pipeline.Needs, k kind) maker[Step] {
	config := *w.spec.Exemplars
	past := pipeline.Need(n, w.r.past)
	scales := pipeline.Need(n, w.r.scales)
	index := func() retrieval.Index { return nil }
	if config.Select.similar() {
		index = pipeline.Need(n, w.r.exemplarIndex(config.Similarity))
	}
	return func(context.Context) (Step, error) {
		s := selector{Exemplars: config, spec: w.spec, index: index(), pools: newPools(past(), scales(), k)}
		return StepFunc(s.run), nil
	}
}

// selector chooses exemplars for one submission. It never shows the submission itself, another draft of it, or other work of the same
// student.
type selector struct {
	Exemplars
	spec  Spec
	index retrieval.Index
	pools *pools
}

// pick is an exemplar that was chosen, with its similarity where it was chosen by one.
type pick struct {
	graded
	similarity float64
}

func (s selector) run(ctx context.Context, d Draft) (Draft, error) {
	picks, err := s.choose(ctx, d.Submission)
	if err != nil {
		return Draft{}, err
	}
	var shown []Shown
	var ids []string
	for i, p := range picks {
		shown = append(shown, Shown{Exemplar: p.Exemplar, Rank: i + 1, Similarity: p.similarity})
		ids = append(ids, p.Submission.ID)
	}
	d.Exemplars, d.Prediction.Provenance.Exemplars = shown, ids
	if len(picks) == 0 {
		d = d.flag(FlagNoExemplars, "", "no graded work of this assignment can be shown for this submission")
	}
	return d, nil
}

func (s selector) choose(ctx context.Context, sub userdata.Submission) ([]pick, error) {
	switch s.Select {
	case SelectSimilar:
		return s.similar(ctx, sub, s.K)
	case SelectMixed:
		return s.mixed(ctx, sub)
	case SelectRandom:
		return unranked(s.random(sub)), nil
	default:
		return unranked(anchors(s.pools.of(sub), s.K)), nil
	}
}

func (s selector) similar(ctx context.Context, sub userdata.Submission, k int) ([]pick, error) {
	text, _ := s.spec.shown(sub)
	q := retrieval.Query{Text: text, K: k, Scope: s.pools.scope(sub)}
	hits, err := s.index.Retrieve(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("similar exemplars: %w", err)
	}
	var out []pick
	for _, h := range hits {
		out = append(out, pick{s.pools.byID[h.Record.ID], h.Score})
	}
	return out, nil
}

// mixed takes half similar ones, then every second quantile anchor; where one of these is there already, anchors between them.
func (s selector) mixed(ctx context.Context, sub userdata.Submission) ([]pick, error) {
	out, err := s.similar(ctx, sub, (s.K+1)/2)
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, p := range out {
		have[p.id] = true
	}
	spread := anchors(s.pools.of(sub), s.K)
	for first := range 2 {
		for i := first; i < len(spread) && len(out) < s.K; i += 2 {
			if a := spread[i]; !have[a.id] {
				out = append(out, pick{graded: a})
			}
		}
	}
	return out, nil
}

func (s selector) random(sub userdata.Submission) []graded {
	pool := s.pools.of(sub)
	h := fnv.New64a()
	h.Write([]byte(sub.ID))
	r := rand.New(rand.NewPCG(s.Seed, h.Sum64())) //nolint:gosec // a reproducible draw, not a secret
	var out []graded
	for _, i := range r.Perm(len(pool))[:min(s.K, len(pool))] {
		out = append(out, pool[i])
	}
	return out
}

// anchors returns k exemplars at evenly spaced ranks of a pool that is ordered by score, both ends included.
func anchors(pool []graded, k int) []graded {
	if len(pool) <= k {
		return pool
	}
	if k == 1 {
		return []graded{pool[len(pool)/2]}
	}
	var out []graded
	for i := range k {
		// Rounding half up, in whole numbers: floating point would decide ties by its error.
		out = append(out, pool[(2*i*(len(pool)-1)+k-1)/(2*(k-1))])
	}
	return out
}

func unranked(gs []graded) []pick {
	var out []pick
	for _, g := range gs {
		out = append(out, pick{graded: g})
	}
	return out
}
