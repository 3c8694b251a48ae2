package retrievaltest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gloss-sdk/gloss/retrieval"
)

// RunConformance checks that the indexes made by newIndex keep the contract of [retrieval.Index].
//
// newIndex returns an index that holds exactly the given records, whose IDs are distinct and in no particular order; it calls
// t.Fatal when it cannot, and registers with t.Cleanup what must be released. The suite compares scores for equality of every
// bit: the statistics of a similarity must be those of the query's scope. Sub-tests run in parallel and everything random is
// seeded.
func RunConformance(t *testing.T, newIndex func(t *testing.T, records []retrieval.Record) retrieval.Index) {
	t.Helper()
	for _, c := range []struct {
		name  string
		check func(s suite, t *testing.T)
	}{
		{"a zero scope is refused", suite.zeroScope},
		{"k that is not positive is refused", suite.badK},
		{"scope", suite.scopes},
		{"order, ranks and k", suite.order},
		{"ties are ordered by ID", suite.ties},
		{"hits carry their record", suite.wholeRecords},
		{"records outside the scope change nothing", suite.isolation},
		{"Records lists everything by ID", suite.records},
		{"an empty index finds nothing", suite.empty},
		{"a done context", suite.cancellation},
		{"concurrent queries", suite.concurrency},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.check(suite{newIndex}, t)
		})
	}
}

type suite struct {
	newIndex func(t *testing.T, records []retrieval.Record) retrieval.Index
}

func everything(text string, k int) retrieval.Query {
	return retrieval.Query{Text: text, K: k, Scope: retrieval.Scope{Everything: true}}
}

func (s suite) zeroScope(t *testing.T) {
	index := s.newIndex(t, classroom())
	for name, scope := range map[string]retrieval.Scope{
		"zero":       {},
		"exclusions": {ExcludeStudent: "ann", ExcludeDocuments: []string{"essay-1"}, Before: noon()},
	} {
		hits, err := index.Retrieve(t.Context(), retrieval.Query{Text: topic, K: 5, Scope: scope})
		if !errors.Is(err, retrieval.ErrNoScope) || len(hits) > 0 {
			t.Errorf("scope %s: got %d hits and the error %v, want ErrNoScope", name, len(hits), err)
		}
	}
}

func (s suite) badK(t *testing.T) {
	index := s.newIndex(t, classroom())
	for _, k := range []int{0, -1} {
		if hits, err := index.Retrieve(t.Context(), everything(topic, k)); err == nil {
			t.Errorf("k %d: got %d hits, want an error", k, len(hits))
		}
	}
}

func (s suite) order(t *testing.T) {
	records := classroom()
	index := s.newIndex(t, records)
	all := retrieve(t, index, everything(topic, len(records)+10))
	if len(all) != len(records) {
		t.Errorf("every record shares words with the query: got %d hits of %d records", len(all), len(records))
	}
	for i, hit := range all {
		if hit.Rank != i+1 {
			t.Errorf("hit %d has rank %d; ranks count from 1", i, hit.Rank)
		}
		if i > 0 && before(hit, all[i-1]) {
			t.Errorf("%s (%v) is ranked below %s (%v)", hit.Record.ID, hit.Score, all[i-1].Record.ID, all[i-1].Score)
		}
	}
	for k := 1; k < len(all); k++ {
		if got := retrieve(t, index, everything(topic, k)); !reflect.DeepEqual(got, all[:k]) {
			t.Errorf("k %d: got %v, want the first %d of %v", k, ids(got), k, ids(all))
		}
	}
	copied := records[3]
	if hits := retrieve(t, index, everything(copied.Text, 1)); len(hits) != 1 || hits[0].Record.ID != copied.ID {
		t.Errorf("the text of %s as the query: got %v first", copied.ID, ids(hits))
	}
}

// before reports whether a belongs above b: by score, then by ID.
func before(a, b retrieval.Hit) bool {
	return a.Score > b.Score || a.Score == b.Score && a.Record.ID < b.Record.ID
}

func (s suite) ties(t *testing.T) {
	var records []retrieval.Record
	for _, id := range []string{"c", "a10", "b", "a9", "a"} {
		records = append(records, retrieval.Record{ID: id, Text: "Plants turn light into sugar."})
	}
	hits := retrieve(t, s.newIndex(t, records), everything("light and sugar", 4))
	if got, want := ids(hits), []string{"a", "a10", "a9", "b"}; !slices.Equal(got, want) {
		t.Errorf("five equal texts, k 4: got %v, want %v", got, want)
	}
}

func (s suite) wholeRecords(t *testing.T) {
	records := classroom()
	for _, hit := range retrieve(t, s.newIndex(t, records), everything(topic, len(records))) {
		i := slices.IndexFunc(records, func(r retrieval.Record) bool { return r.ID == hit.Record.ID })
		if i < 0 || !same(hit.Record, records[i]) {
			t.Errorf("hit %+v is not a record of the index", hit.Record)
		}
	}
}

// same compares records; times are equal when they are the same instant.
func same(a, b retrieval.Record) bool {
	sameTime := a.Keys.Time.Equal(b.Keys.Time)
	a.Keys.Time = b.Keys.Time
	return sameTime && a == b
}

func (s suite) records(t *testing.T) {
	want := classroom()
	index := s.newIndex(t, slices.Clone(want))
	slices.SortFunc(want, byID)
	var got []retrieval.Record
	for r, err := range index.Records(t.Context()) {
		if err != nil {
			t.Fatalf("Records: %v", err)
		}
		got = append(got, r)
	}
	if !slices.EqualFunc(got, want, same) {
		t.Errorf("Records yields\n%+v, want\n%+v", got, want)
	}
	seen := 0
	for range index.Records(t.Context()) { //nolint:errcheck // only how far it goes counts
		if seen++; seen == 2 {
			break
		}
	}
	if seen != 2 {
		t.Errorf("a loop that leaves after two records saw %d", seen)
	}
}

func (s suite) empty(t *testing.T) {
	index := s.newIndex(t, nil)
	if hits := retrieve(t, index, everything(topic, 3)); len(hits) > 0 {
		t.Errorf("an empty index finds %v", ids(hits))
	}
	for r, err := range index.Records(t.Context()) {
		t.Errorf("an empty index lists %+v, %v", r, err)
	}
	full := s.newIndex(t, classroom())
	query := retrieval.Query{Text: topic, K: 3, Scope: retrieval.Scope{Class: "no such class"}}
	if hits := retrieve(t, full, query); len(hits) > 0 {
		t.Errorf("a scope without records finds %v", ids(hits))
	}
}

func (s suite) cancellation(t *testing.T) {
	index := s.newIndex(t, classroom())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := index.Retrieve(ctx, everything(topic, 3)); !errors.Is(err, context.Canceled) {
		t.Errorf("Retrieve with a done context returns the error %v, want context.Canceled", err)
	}
	var last error
	for _, err := range index.Records(ctx) {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("Records with a done context ends with the error %v, want context.Canceled", last)
	}
}

func (s suite) concurrency(t *testing.T) {
	index := s.newIndex(t, classroom())
	var queries []retrieval.Query
	for _, row := range scopeTable() {
		for k := 1; k <= 3; k++ {
			queries = append(queries, retrieval.Query{Text: fmt.Sprint(topic, " ", row.name), K: k, Scope: row.scope})
		}
	}
	together := make([][]retrieval.Hit, len(queries))
	failures := make([]error, len(queries))
	var wg sync.WaitGroup
	for i, q := range queries {
		wg.Go(func() { together[i], failures[i] = index.Retrieve(t.Context(), q) })
	}
	wg.Wait()
	if err := errors.Join(failures...); err != nil {
		t.Fatalf("Retrieve: %v", err)
	}
	for i, q := range queries {
		if alone := retrieve(t, index, q); !equal(together[i], alone) {
			t.Errorf("%q: concurrent %v, alone %v", q.Text, ids(together[i]), ids(alone))
		}
	}
}

// equal compares rankings; finding nothing is the same with and without a slice.
func equal(a, b []retrieval.Hit) bool {
	return len(a) == len(b) && (len(a) == 0 || reflect.DeepEqual(a, b))
}

func retrieve(t *testing.T, index retrieval.Index, q retrieval.Query) []retrieval.Hit {
	t.Helper()
	hits, err := index.Retrieve(t.Context(), q)
	if err != nil {
		t.Fatalf("Retrieve(%+v): %v", q, err)
	}
	return hits
}

func ids(hits []retrieval.Hit) []string {
	out := make([]string, len(hits))
	for i, hit := range hits {
		out[i] = hit.Record.ID
	}
	return out
}

func byID(a, b retrieval.Record) int { return strings.Compare(a.ID, b.ID) }
