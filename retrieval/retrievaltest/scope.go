package retrievaltest

import (
	"slices"
	"testing"
	"time"

	"github.com/gloss-sdk/gloss/retrieval"
)

// topic shares words with every record of classroom, so that a scope alone decides what a query for it finds.
const topic = "the light in a leaf"

// noon parts the records of classroom: one was written the hour before, one at noon, one the hour after.
func noon() time.Time { return time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC) }

// classroom is records of three classes and two teachers: two essays, a reply, two class documents and a record that belongs to
// nothing. It is not sorted by ID.
func classroom() []retrieval.Record {
	return []retrieval.Record{
		{ID: "r5", Text: "The teacher's notes: a leaf keeps the light in.", Keys: retrieval.Keys{
			Class: "7b", Teacher: "okafor", Assignment: "leaf", Document: "notes", Time: noon().Add(time.Hour)}},
		{ID: "r1", Text: "Green is the light that a leaf sends back, I think.", Keys: retrieval.Keys{
			Class: "7a", Teacher: "okafor", Assignment: "leaf", Student: "ann", Document: "essay-1", Time: noon().Add(-time.Hour)}},
		{ID: "r3", Text: "My reply: in a leaf the light is caught, not sent.", Keys: retrieval.Keys{
			Class: "7a", Teacher: "okafor", Assignment: "reply", Student: "ann", Document: "essay-3"}},
		{ID: "r2", Text: "Sugar is made in a leaf when the light is strong.", Keys: retrieval.Keys{
			Class: "7a", Teacher: "okafor", Assignment: "leaf", Student: "ben", Document: "essay-2", Time: noon()}},
		{ID: "r6", Text: "A stray line on the light in one leaf.", Keys: retrieval.Keys{}},
		{ID: "r4", Text: "Reading: the leaf, the light and a cell seen in water.", Keys: retrieval.Keys{
			Class: "8c", Teacher: "silva", Document: "reading"}},
	}
}

// scopeRow is a scope and the records of classroom that it admits.
type scopeRow struct {
	name  string
	scope retrieval.Scope
	want  []string
}

func scopeTable() []scopeRow {
	return []scopeRow{
		{"everything", retrieval.Scope{Everything: true}, []string{"r1", "r2", "r3", "r4", "r5", "r6"}},
		{"class", retrieval.Scope{Class: "7a"}, []string{"r1", "r2", "r3"}},
		{"teacher", retrieval.Scope{Teacher: "okafor"}, []string{"r1", "r2", "r3", "r5"}},
		{"assignment", retrieval.Scope{Assignment: "leaf"}, []string{"r1", "r2", "r5"}},
		{"class and assignment", retrieval.Scope{Class: "7a", Assignment: "leaf"}, []string{"r1", "r2"}},
		{"class of another teacher", retrieval.Scope{Class: "7a", Teacher: "silva"}, nil},
		{"a class narrows everything", retrieval.Scope{Everything: true, Class: "8c"}, []string{"r4"}},
		{"documents", retrieval.Scope{Documents: []string{"reading", "essay-2", "missing"}}, []string{"r2", "r4"}},
		{"documents of a class", retrieval.Scope{Class: "7a", Documents: []string{"reading", "essay-2"}}, []string{"r2"}},
		{"no documents", retrieval.Scope{Everything: true, Documents: []string{}}, nil},
		{"a document without a name", retrieval.Scope{Documents: []string{""}}, nil},
		{"not one student", retrieval.Scope{Everything: true, ExcludeStudent: "ann"}, []string{"r2", "r4", "r5", "r6"}},
		{"not two documents", retrieval.Scope{Teacher: "okafor", ExcludeDocuments: []string{"essay-1", "notes"}}, []string{"r2", "r3"}},
		{"not the document without a name", retrieval.Scope{Everything: true, ExcludeDocuments: []string{""}},
			[]string{"r1", "r2", "r3", "r4", "r5", "r6"}},
		{"a document named and excluded", retrieval.Scope{Documents: []string{"notes"}, ExcludeDocuments: []string{"notes"}}, nil},
		{"before noon", retrieval.Scope{Everything: true, Before: noon()}, []string{"r1"}},
		{"just after noon", retrieval.Scope{Everything: true, Before: noon().Add(time.Nanosecond)}, []string{"r1", "r2"}},
		{"the same instant elsewhere", retrieval.Scope{Everything: true, Before: noon().In(time.FixedZone("east", 3600))}, []string{"r1"}},
		{"every restriction", retrieval.Scope{
			Class: "7a", Teacher: "okafor", Assignment: "leaf", Documents: []string{"essay-1", "essay-2", "essay-3"},
			ExcludeStudent: "ben", ExcludeDocuments: []string{"essay-3"}, Before: noon().Add(time.Hour),
		}, []string{"r1"}},
	}
}

func (s suite) scopes(t *testing.T) {
	records := classroom()
	index := s.newIndex(t, records)
	for _, row := range scopeTable() {
		hits := retrieve(t, index, retrieval.Query{Text: topic, K: len(records), Scope: row.scope})
		got := ids(hits)
		slices.Sort(got)
		if !slices.Equal(got, row.want) {
			t.Errorf("scope %q admits %v, want %v", row.name, got, row.want)
		}
		for _, r := range records {
			if row.scope.Admits(r) != slices.Contains(row.want, r.ID) {
				t.Errorf("scope %q: Scope.Admits disagrees on %s", row.name, r.ID)
			}
		}
	}
}
