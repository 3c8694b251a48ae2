package retrievaltest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/retrieval"
	"github.com/gloss-sdk/gloss/retrieval/memindex"
	"github.com/gloss-sdk/gloss/retrieval/retrievaltest"
)

// sound is an index that keeps the contract.
func sound(t *testing.T, records []retrieval.Record) retrieval.Index {
	t.Helper()
	index, err := memindex.New(records, memindex.BM25)
	require.NoError(t, err)
	return index
}

func TestASoundIndexConforms(t *testing.T) {
	t.Parallel()
	retrievaltest.RunConformance(t, sound)
}

// broken changes one thing about a sound index.
type broken struct {
	retrieval.Index
	ask  func(q retrieval.Query) retrieval.Query
	hits func(q retrieval.Query, hits []retrieval.Hit) []retrieval.Hit
	err  func(err error) error
	list func(records iter.Seq2[retrieval.Record, error]) iter.Seq2[retrieval.Record, error]
	ctx  func(ctx context.Context) context.Context
}

func (b broken) Retrieve(ctx context.Context, q retrieval.Query) ([]retrieval.Hit, error) {
	if b.ctx != nil {
		ctx = b.ctx(ctx)
	}
	asked := q
	if b.ask != nil {
		asked = b.ask(q)
	}
	hits, err := b.Index.Retrieve(ctx, asked)
	if err != nil && b.err != nil {
		return nil, b.err(err)
	}
	if err == nil && b.hits != nil {
		hits = b.hits(q, hits)
	}
	return hits, err
}

func (b broken) Records(ctx context.Context) iter.Seq2[retrieval.Record, error] {
	if b.ctx != nil {
		ctx = b.ctx(ctx)
	}
	if b.list != nil {
		return b.list(b.Index.Records(ctx))
	}
	return b.Index.Records(ctx)
}

// asking breaks the scope that reaches the index, for queries that are valid.
func asking(change func(q *retrieval.Query)) broken {
	return broken{ask: func(q retrieval.Query) retrieval.Query {
		if q.Validate() == nil {
			change(&q)
		}
		return q
	}}
}

func ranking(change func(hits []retrieval.Hit)) broken {
	return broken{hits: func(_ retrieval.Query, hits []retrieval.Hit) []retrieval.Hit {
		change(hits)
		return hits
	}}
}

// everywhere asks for the K best of all records and filters afterwards: right records, wrong statistics.
func everywhere() broken {
	return broken{
		ask: func(q retrieval.Query) retrieval.Query {
			if q.Validate() == nil {
				q.Scope, q.K = retrieval.Scope{Everything: true}, 1000
			}
			return q
		},
		hits: func(q retrieval.Query, hits []retrieval.Hit) []retrieval.Hit {
			hits = slices.DeleteFunc(hits, func(h retrieval.Hit) bool { return !q.Scope.Admits(h.Record) })
			hits = hits[:min(q.K, len(hits))]
			for i := range hits {
				hits[i].Rank = i + 1
			}
			return hits
		},
	}
}

// mutants break the contract in one way each; every one of them must fail the suite.
func mutants() map[string]broken {
	var mu sync.Mutex
	turn := 0
	return map[string]broken{
		"global statistics":      everywhere(),
		"ignores the class":      asking(func(q *retrieval.Query) { q.Scope.Everything, q.Scope.Class = true, "" }),
		"ignores the teacher":    asking(func(q *retrieval.Query) { q.Scope.Everything, q.Scope.Teacher = true, "" }),
		"ignores the assignment": asking(func(q *retrieval.Query) { q.Scope.Everything, q.Scope.Assignment = true, "" }),
		"ignores documents":      asking(func(q *retrieval.Query) { q.Scope.Everything, q.Scope.Documents = true, nil }),
		"no documents is all": asking(func(q *retrieval.Query) {
			if len(q.Scope.Documents) == 0 {
				q.Scope.Documents = nil
			}
		}),
		"does not exclude the student": asking(func(q *retrieval.Query) { q.Scope.ExcludeStudent = "" }),
		"does not exclude documents":   asking(func(q *retrieval.Query) { q.Scope.ExcludeDocuments = nil }),
		"excludes one document only": asking(func(q *retrieval.Query) {
			q.Scope.ExcludeDocuments = q.Scope.ExcludeDocuments[:min(1, len(q.Scope.ExcludeDocuments))]
		}),
		"ignores before":                asking(func(q *retrieval.Query) { q.Scope.Before = time.Time{} }),
		"before includes the instant":   asking(func(q *retrieval.Query) { q.Scope.Before = nudged(q.Scope.Before) }),
		"forgets the scope":             {ask: func(q retrieval.Query) retrieval.Query { q.Scope.Everything = true; return q }},
		"hides that the scope is empty": {err: func(error) error { return errors.New("bad request") }},
		"any k":                         {ask: func(q retrieval.Query) retrieval.Query { q.K = max(1, q.K); return q }},
		"one hit too many":              asking(func(q *retrieval.Query) { q.K++ }),
		"one hit too few":               {hits: func(_ retrieval.Query, hits []retrieval.Hit) []retrieval.Hit { return hits[:max(0, len(hits)-1)] }},
		"worst first":                   ranking(slices.Reverse[[]retrieval.Hit]),
		"ranks from 0": ranking(func(hits []retrieval.Hit) {
			for i := range hits {
				hits[i].Rank--
			}
		}),
		"ties as they come": ranking(func(hits []retrieval.Hit) {
			slices.SortFunc(hits, func(a, b retrieval.Hit) int {
				if a.Score != b.Score {
					return a.Rank - b.Rank
				}
				return strings.Compare(b.Record.ID, a.Record.ID)
			})
			for i := range hits {
				hits[i].Rank = i + 1
			}
		}),
		"records without keys": ranking(func(hits []retrieval.Hit) {
			for i := range hits {
				hits[i].Record.Keys = retrieval.Keys{}
			}
		}),
		"shared state": ranking(func(hits []retrieval.Hit) {
			mu.Lock()
			defer mu.Unlock()
			turn++
			for i := range hits {
				hits[i].Score += float64(turn)
			}
		}),
		"never stops": {ctx: context.WithoutCancel},
		"lists all but the last": {list: func(records iter.Seq2[retrieval.Record, error]) iter.Seq2[retrieval.Record, error] {
			return func(yield func(retrieval.Record, error) bool) {
				var last *retrieval.Record
				for r, err := range records {
					if last != nil && !yield(*last, err) {
						return
					}
					last = &r
				}
			}
		}},
		"lists something in an empty index": {list: func(records iter.Seq2[retrieval.Record, error]) iter.Seq2[retrieval.Record, error] {
			return func(yield func(retrieval.Record, error) bool) {
				empty := true
				for r, err := range records {
					empty = false
					if !yield(r, err) {
						return
					}
				}
				if empty {
					yield(retrieval.Record{ID: "ghost"}, nil)
				}
			}
		}},
	}
}

func nudged(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(1)
}

// TestSuiteFailsBrokenIndexes runs the suite over each mutant in a process of its own, since a test cannot expect another to fail.
func TestSuiteFailsBrokenIndexes(t *testing.T) {
	const variable = "RETRIEVALTEST_MUTANT"
	if name := os.Getenv(variable); name != "" {
		retrievaltest.RunConformance(t, func(t *testing.T, records []retrieval.Record) retrieval.Index {
			mutant := mutants()[name]
			mutant.Index = sound(t, records)
			return mutant
		})
		return
	}
	t.Parallel()
	for name := range mutants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSuiteFailsBrokenIndexes$")
			cmd.Env = append(os.Environ(), variable+"="+name)
			out, err := cmd.CombinedOutput()
			require.Error(t, err, "the suite accepts it")
			assert.Contains(t, string(out), "--- FAIL", "it must fail by a test, not by a crash")
			assert.NotContains(t, string(out), "panic:")
		})
	}
}

func TestScripted(t *testing.T) {
	t.Parallel()
	s := &retrievaltest.Scripted{Hits: []retrieval.Hit{
		{Record: retrieval.Record{ID: "b"}, Rank: 1, Score: 2},
		{Record: retrieval.Record{ID: "a"}, Rank: 2, Score: 1},
	}}
	query := retrieval.Query{Text: "x", K: 1, Scope: retrieval.Scope{Class: "other"}}
	hits, err := s.Retrieve(t.Context(), query)
	require.NoError(t, err)
	assert.Equal(t, s.Hits[:1], hits, "as scripted, whatever the scope, at most K")
	hits[0].Rank = 7
	assert.Equal(t, 1, s.Hits[0].Rank, "the answer is the caller's to change")

	_, err = s.Retrieve(t.Context(), retrieval.Query{Text: "y", K: 1})
	require.ErrorIs(t, err, retrieval.ErrNoScope)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Retrieve(ctx, query)
	require.ErrorIs(t, err, context.Canceled)
	queries := s.Queries()
	require.Len(t, queries, 3)
	assert.Equal(t, query, queries[0])
	assert.Equal(t, "y", queries[1].Text)
}

func TestScriptedFailure(t *testing.T) {
	t.Parallel()
	s := &retrievaltest.Scripted{Err: errors.New("down")}
	_, err := s.Retrieve(t.Context(), retrieval.Query{K: 1, Scope: retrieval.Scope{Everything: true}})
	require.ErrorIs(t, err, s.Err)
	_, err = s.Retrieve(t.Context(), retrieval.Query{K: 1})
	require.ErrorIs(t, err, retrieval.ErrNoScope)
}

func TestTheZeroScriptedFindsNothing(t *testing.T) {
	t.Parallel()
	var s retrievaltest.Scripted
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			hits, err := s.Retrieve(t.Context(), retrieval.Query{K: 3, Scope: retrieval.Scope{Everything: true}})
			assert.NoError(t, err)
			assert.Empty(t, hits)
		})
	}
	wg.Wait()
	assert.Len(t, s.Queries(), 8)
}

func ExampleScripted() {
	retriever := &retrievaltest.Scripted{Hits: []retrieval.Hit{{Record: retrieval.Record{ID: "ann-1"}, Rank: 1, Score: 0.5}}}
	hits, err := retriever.Retrieve(context.Background(), retrieval.Query{Text: "light", K: 3, Scope: retrieval.Scope{Class: "7a"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(hits[0].Record.ID, retriever.Queries()[0].Text)
	// Output: ann-1 light
}
