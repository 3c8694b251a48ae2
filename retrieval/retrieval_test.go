package retrieval_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/retrieval"
	"github.com/gloss-sdk/gloss/retrieval/retrievaltest"
)

func TestScopeValidate(t *testing.T) {
	t.Parallel()
	for _, s := range []retrieval.Scope{
		{Everything: true}, {Class: "a"}, {Teacher: "a"}, {Assignment: "a"}, {Documents: []string{"a"}}, {Documents: []string{}},
		{Everything: true, Class: "a", ExcludeStudent: "b"},
	} {
		require.NoError(t, s.Validate(), "%+v", s)
	}
	for _, s := range []retrieval.Scope{
		{}, {ExcludeStudent: "a"}, {ExcludeDocuments: []string{"a"}}, {Before: time.Unix(1, 0)},
	} {
		require.ErrorIs(t, s.Validate(), retrieval.ErrNoScope, "%+v", s)
	}
}

func TestScopeAdmits(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	record := retrieval.Record{ID: "r", Keys: retrieval.Keys{
		Class: "c", Teacher: "t", Assignment: "a", Student: "s", Document: "d", Time: now}}
	bare := retrieval.Record{ID: "r"}
	for _, row := range []struct {
		scope        retrieval.Scope
		record, bare bool
	}{
		{retrieval.Scope{}, false, false},
		{retrieval.Scope{ExcludeStudent: "x"}, false, false},
		{retrieval.Scope{Everything: true}, true, true},
		{retrieval.Scope{Class: "c"}, true, false},
		{retrieval.Scope{Class: "C"}, false, false},
		{retrieval.Scope{Teacher: "t"}, true, false},
		{retrieval.Scope{Assignment: "a"}, true, false},
		{retrieval.Scope{Class: "c", Teacher: "t", Assignment: "a"}, true, false},
		{retrieval.Scope{Class: "c", Teacher: "t", Assignment: "b"}, false, false},
		{retrieval.Scope{Everything: true, Teacher: "u"}, false, false},
		{retrieval.Scope{Documents: []string{"x", "d"}}, true, false},
		{retrieval.Scope{Documents: []string{"r"}}, false, false},
		{retrieval.Scope{Documents: []string{""}}, false, false},
		{retrieval.Scope{Everything: true, Documents: []string{}}, false, false},
		{retrieval.Scope{Everything: true, ExcludeStudent: "s"}, false, true},
		{retrieval.Scope{Everything: true, ExcludeDocuments: []string{"x", "d"}}, false, true},
		{retrieval.Scope{Everything: true, ExcludeDocuments: []string{""}}, true, true},
		{retrieval.Scope{Everything: true, Before: now}, false, false},
		{retrieval.Scope{Everything: true, Before: now.Add(1)}, true, false},
		{retrieval.Scope{Everything: true, Before: now.Add(-1)}, false, false},
	} {
		assert.Equal(t, row.record, row.scope.Admits(record), "%+v", row.scope)
		assert.Equal(t, row.bare, row.scope.Admits(bare), "%+v, a record without keys", row.scope)
	}
}

func TestScopeSurvivesJSON(t *testing.T) {
	t.Parallel()
	for _, s := range []retrieval.Scope{
		{},
		{Everything: true},
		{Everything: true, Documents: []string{}}, // must not come back as a scope that sees all documents
		{Class: "c", Teacher: "t", Assignment: "a", Documents: []string{"d"}, ExcludeStudent: "s", ExcludeDocuments: []string{"e"},
			Before: time.Date(2025, 1, 2, 3, 4, 5, 6, time.UTC)},
	} {
		data, err := json.Marshal(s)
		require.NoError(t, err)
		var got retrieval.Scope
		require.NoError(t, json.Unmarshal(data, &got))
		assert.Equal(t, s, got, "%s", data)
	}
}

func TestQueryValidate(t *testing.T) {
	t.Parallel()
	everything := retrieval.Scope{Everything: true}
	require.NoError(t, retrieval.Query{Text: "a", K: 1, Scope: everything}.Validate())
	require.NoError(t, retrieval.Query{K: 1, Scope: everything}.Validate())
	for _, k := range []int{0, -2} {
		err := retrieval.Query{Text: "a", K: k, Scope: everything}.Validate()
		require.ErrorContains(t, err, fmt.Sprintf("k is %d", k))
		require.NotErrorIs(t, err, retrieval.ErrNoScope)
	}
	err := retrieval.Query{}.Validate()
	require.ErrorIs(t, err, retrieval.ErrNoScope, "both problems at once")
	require.ErrorContains(t, err, "k is 0")
}

func TestFuncAndRetrieval(t *testing.T) {
	t.Parallel()
	failure := errors.New("down")
	want := retrieval.Query{Text: "a", K: 2, Scope: retrieval.Scope{Class: "c"}}
	var asked retrieval.Query
	retriever := retrieval.Func(func(_ context.Context, q retrieval.Query) ([]retrieval.Hit, error) {
		asked = q
		return []retrieval.Hit{{Rank: 1}}, failure
	})
	hits, err := retrieval.Retrieval{Retriever: retriever}.Run(t.Context(), want)
	assert.Equal(t, failure, err)
	assert.Equal(t, []retrieval.Hit{{Rank: 1}}, hits)
	assert.Equal(t, want, asked)
}

func ExampleScope_Admits() {
	ann := retrieval.Record{ID: "ann-1", Keys: retrieval.Keys{Class: "7a", Student: "ann"}}
	ben := retrieval.Record{ID: "ben-1", Keys: retrieval.Keys{Class: "7a", Student: "ben"}}
	others := retrieval.Scope{Class: "7a", ExcludeStudent: "ann"}
	fmt.Println(others.Admits(ann), others.Admits(ben))
	// Output: false true
}

func ExampleRetrieval() {
	retriever := &retrievaltest.Scripted{Hits: []retrieval.Hit{{Record: retrieval.Record{ID: "ann-1"}, Rank: 1, Score: 0.7}}}
	stage := retrieval.Retrieval{Retriever: retriever}
	hits, err := stage.Run(context.Background(), retrieval.Query{Text: "light", K: 5, Scope: retrieval.Scope{Class: "7a"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(hits[0].Record.ID, hits[0].Score)
	// Output: ann-1 0.7
}
