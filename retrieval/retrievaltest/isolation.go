package retrievaltest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gloss-sdk/gloss/retrieval"
)

const (
	isolationCases = 60
	canary         = "zanzibar"
)

// isolation draws collections, scopes and queries, and compares an index that holds everything with one that holds the
// admitted records alone. Every record outside the scope carries a canary word, which some queries ask for.
func (s suite) isolation(t *testing.T) {
	for seed := range uint64(isolationCases) {
		world := draw(rand.New(rand.NewPCG(seed, 7))) //nolint:gosec // worlds must repeat
		mixed, pure := s.newIndex(t, world.all), s.newIndex(t, world.admitted)
		for _, q := range world.queries {
			got, want := retrieve(t, mixed, q), retrieve(t, pure, q)
			for _, hit := range got {
				if strings.Contains(hit.Record.Text, canary) {
					t.Errorf("seed %d, %+v: the forbidden record %+v was returned", seed, q, hit.Record)
				}
			}
			if !equal(got, want) {
				t.Errorf("seed %d, %+v: with forbidden records in the index\n%v\nwithout them\n%v", seed, q, brief(got), brief(want))
			}
		}
		if t.Failed() {
			return
		}
	}
}

// collection is a set of records with queries of one scope.
type collection struct {
	all, admitted []retrieval.Record
	queries       []retrieval.Query
}

func draw(r *rand.Rand) collection {
	var c collection
	scope := drawScope(r)
	for i := range 5 + r.IntN(40) {
		record := retrieval.Record{ID: fmt.Sprintf("%02d", i), Text: drawText(r, 25), Keys: drawKeys(r)}
		if scope.Admits(record) {
			c.admitted = append(c.admitted, record)
		} else {
			record.Text += " " + canary
		}
		c.all = append(c.all, record)
	}
	r.Shuffle(len(c.all), func(i, j int) { c.all[i], c.all[j] = c.all[j], c.all[i] })
	for range 3 {
		c.queries = append(c.queries,
			retrieval.Query{Text: drawText(r, 6), K: 1 + r.IntN(10), Scope: scope},
			retrieval.Query{Text: drawText(r, 60) + " " + canary, K: len(c.all), Scope: scope})
	}
	return c
}

// drawText makes a text of up to limit words, the first of the vocabulary the most common.
func drawText(r *rand.Rand, limit int) string {
	vocabulary := strings.Fields("leaf light sugar water green glucose oxygen carbon dioxide stomata energy reaction sunlight")
	var b strings.Builder
	for range 1 + r.IntN(limit) {
		b.WriteString(vocabulary[min(r.IntN(len(vocabulary)), r.IntN(len(vocabulary)))])
		b.WriteByte(' ')
	}
	return strings.TrimSpace(b.String())
}

func drawKeys(r *rand.Rand) retrieval.Keys {
	k := retrieval.Keys{
		Class:      pick(r, "", "7a", "7b"),
		Teacher:    pick(r, "", "okafor", "silva"),
		Assignment: pick(r, "", "leaf", "essay"),
		Student:    pick(r, "", "ann", "ben", "eva"),
		Document:   pick(r, "", "d1", "d2", "d3", "d4"),
	}
	if r.IntN(4) > 0 {
		k.Time = noon().Add(time.Duration(r.IntN(5)-2) * time.Hour)
	}
	return k
}

// drawScope makes a valid scope: half of them see everything but what they exclude.
func drawScope(r *rand.Rand) retrieval.Scope {
	s := retrieval.Scope{ExcludeStudent: pick(r, "", "ann", "ben")}
	if r.IntN(2) == 0 {
		s.Everything = true
	} else {
		s.Class, s.Teacher, s.Assignment = pick(r, "", "7a"), pick(r, "", "silva"), pick(r, "", "leaf")
	}
	if r.IntN(4) == 0 || s.Validate() != nil {
		s.Documents = []string{"d1", "d2", "d3"}
	}
	if r.IntN(2) == 0 {
		s.ExcludeDocuments = []string{pick(r, "d1", "d4"), "d2"}
	}
	if r.IntN(3) == 0 {
		s.Before = noon().Add(time.Duration(r.IntN(3)-1) * time.Hour)
	}
	return s
}

func pick(r *rand.Rand, values ...string) string { return values[r.IntN(len(values))] }

// brief shows what identifies a ranking.
func brief(hits []retrieval.Hit) []string {
	out := make([]string, len(hits))
	for i, hit := range hits {
		out[i] = fmt.Sprintf("%s %x", hit.Record.ID, hit.Score)
	}
	return out
}
