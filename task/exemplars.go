package task

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/retrieval"
	"github.com/gloss-sdk/gloss/retrieval/memindex"
	"github.com/gloss-sdk/gloss/task/userdata"
)

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
							Document: e.Submission.ID, Teacher: e.Feedback.Author, Time: e.Submission.SubmittedAt,
						},
					})
				}
				return memindex.New(records, memindex.Similarity(c.Similarity))
			}
		})
}

// exemplarID names an exemplar in the index by its place in the past: a submission may have feedback of several teachers.
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

func (s selector) run(ctx context.Context, d Draft) (Draft, error) {
	pool := s.pools.of(d.Submission)
	var chosen []Shown
	var err error
	switch s.Select {
	case SelectSimilar:
		chosen, err = s.similar(ctx, d.Submission, s.K)
	case SelectMixed:
		chosen, err = s.mixed(ctx, d.Submission, pool)
	case SelectRandom:
		chosen = s.random(d.Submission, pool)
	default:
		chosen = show(anchors(pool, s.K))
	}
	if err != nil {
		return Draft{}, err
	}
	for i := range chosen {
		chosen[i].Rank = i + 1
		d.Prediction.Provenance.Exemplars = append(d.Prediction.Provenance.Exemplars, chosen[i].Exemplar.Submission.ID)
	}
	d.Exemplars = chosen
	if len(chosen) == 0 {
		d = d.flag(FlagNoExemplars, "", "no graded work of this assignment can be shown for this submission")
	}
	return d, nil
}

func (s selector) similar(ctx context.Context, sub userdata.Submission, k int) ([]Shown, error) {
	text, _ := s.spec.shown(sub)
	q := retrieval.Query{Text: text, K: k, Scope: s.pools.scope(sub)}
	hits, err := s.index.Retrieve(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("similar exemplars: %w", err)
	}
	var out []Shown
	for _, h := range hits {
		out = append(out, Shown{Exemplar: s.pools.byID[h.Record.ID].Exemplar, Similarity: h.Score})
	}
	return out, nil
}

// mixed takes half similar ones, then every second quantile anchor that is not among them.
func (s selector) mixed(ctx context.Context, sub userdata.Submission, pool []graded) ([]Shown, error) {
	out, err := s.similar(ctx, sub, (s.K+1)/2)
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, o := range out {
		have[o.Exemplar.Submission.ID] = true
	}
	for i, a := range anchors(pool, s.K) {
		if i%2 == 0 && len(out) < s.K && !have[a.Submission.ID] {
			out = append(out, Shown{Exemplar: a.Exemplar})
		}
	}
	return out, nil
}

func (s selector) random(sub userdata.Submission, pool []graded) []Shown {
	h := fnv.New64a()
	h.Write([]byte(sub.ID))
	r := rand.New(rand.NewPCG(s.Seed, h.Sum64())) //nolint:gosec // a reproducible draw, not a secret
	var out []graded
	for _, i := range r.Perm(len(pool))[:min(s.K, len(pool))] {
		out = append(out, pool[i])
	}
	return show(out)
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

func show(gs []graded) []Shown {
	var out []Shown
	for _, g := range gs {
		out = append(out, Shown{Exemplar: g.Exemplar})
	}
	return out
}

// graded is an exemplar that a kind of task can show, with what it is ordered by.
type graded struct {
	userdata.Exemplar
	id    string
	order float64
}

// pools hold the exemplars that one kind of task can show, by assignment and in the order of their scores.
type pools struct {
	byAssignment map[string][]graded
	byID         map[string]graded
	all          map[string]bool     // assignments all of whose graded work can be shown
	family       map[string][]string // any draft's ID -> the submissions in whose chains it stands
	sameText     map[string][]string // text -> submissions that consist of it
}

func newPools(past []userdata.Exemplar, scales userdata.Scales, k kind) *pools {
	p := &pools{
		byAssignment: map[string][]graded{}, byID: map[string]graded{}, all: map[string]bool{},
		family: map[string][]string{}, sameText: map[string][]string{},
	}
	for i, e := range past {
		a := e.Submission.Assignment
		if _, seen := p.all[a]; !seen {
			p.all[a] = true
		}
		if !k.usable(e, scales.Criteria[a]) {
			p.all[a] = false
			continue
		}
		g := graded{Exemplar: e, id: exemplarID(i), order: k.order(e)}
		p.byAssignment[a] = append(p.byAssignment[a], g)
		p.byID[g.id] = g
		for _, id := range e.Submission.DraftIDs() {
			p.family[id] = append(p.family[id], e.Submission.ID)
		}
		p.sameText[e.Submission.Text] = append(p.sameText[e.Submission.Text], e.Submission.ID)
	}
	for _, pool := range p.byAssignment {
		slices.SortStableFunc(pool, func(a, b graded) int {
			return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.Submission.ID, b.Submission.ID))
		})
	}
	return p
}

// hidden returns the submissions that must not be shown for sub because they are sub: itself, a copy of it under another ID, or a draft in
// the same chain.
func (p *pools) hidden(sub userdata.Submission) []string {
	out := slices.Clone(p.sameText[sub.Text])
	for _, id := range sub.DraftIDs() {
		out = append(out, id)
		out = append(out, p.family[id]...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// of returns what may be shown for sub, in the order of scores.
func (p *pools) of(sub userdata.Submission) []graded {
	hidden := p.hidden(sub)
	var out []graded
	for _, g := range p.byAssignment[sub.Assignment] {
		if sub.Student != "" && g.Submission.Student == sub.Student {
			continue
		}
		if _, found := slices.BinarySearch(hidden, g.Submission.ID); !found {
			out = append(out, g)
		}
	}
	return out
}

// scope is what [pools.of] returns, as a scope of the index. Only what is really in the index is excluded, so that a submission from outside
// of it is answered with the statistics of the whole assignment, which the index keeps.
func (p *pools) scope(sub userdata.Submission) retrieval.Scope {
	s := retrieval.Scope{Assignment: sub.Assignment}
	hidden := p.hidden(sub)
	known := map[string]bool{}
	for _, g := range p.byAssignment[sub.Assignment] {
		known[g.Submission.ID] = true
		if sub.Student != "" && g.Submission.Student == sub.Student {
			s.ExcludeStudent = sub.Student
		}
	}
	for _, id := range hidden {
		if known[id] {
			s.ExcludeDocuments = append(s.ExcludeDocuments, id)
		}
	}
	if !p.all[sub.Assignment] {
		for _, g := range p.byAssignment[sub.Assignment] {
			s.Documents = append(s.Documents, g.Submission.ID)
		}
	}
	return s
}
