// Package retrieval is the port to indexes of known texts: graded work and class documents.
//
// A [Retriever] answers a [Query] with ranked [Hit] values; an [Index] is a retriever that can also list what it holds, so that
// an audit can read it. Every query names a [Scope]: which records may be seen at all. The scope is applied before scoring and
// the statistics of a similarity (document frequencies, lengths) are those of the scope, so that a record outside the scope
// can change neither a rank nor a score. Indexes live in sub-packages (memindex is in process); the conformance suite and
// fakes are in retrievaltest.
//
// Long documents are cut into passages by a [Splitter] before they are indexed; [PassageRecords] makes records of them.
package retrieval

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Retriever finds records by similarity.
//
// Retrieve returns at most q.K hits, best first; equal scores are ordered by record ID. Records without any similarity to the
// query are not returned, and a query that finds nothing is not an error. A query that [Query.Validate] refuses is refused
// before anything is read. Implementations are safe for concurrent use and honour ctx.
type Retriever interface {
	Retrieve(ctx context.Context, q Query) ([]Hit, error)
}

// Func adapts a function to a [Retriever].
type Func func(ctx context.Context, q Query) ([]Hit, error)

// Retrieve calls f.
func (f Func) Retrieve(ctx context.Context, q Query) ([]Hit, error) { return f(ctx, q) }

// Index is a retriever over a set of records that it can list.
type Index interface {
	Retriever
	// Records yields every record held, ordered by ID, or the error that kept it from being read.
	Records(ctx context.Context) iter.Seq2[Record, error]
}

// Record is one text that can be found. ID is unique within an index.
type Record struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	Keys Keys   `json:"keys"`
}

// Keys say what a record belongs to. An empty field means that the record belongs to none, which no scope that names one admits.
type Keys struct {
	Class      string    `json:"class,omitempty"`
	Teacher    string    `json:"teacher,omitempty"`
	Assignment string    `json:"assignment,omitempty"`
	Student    string    `json:"student,omitempty"`
	Document   string    `json:"document,omitempty"` // the document or submission that the text is part of
	Time       time.Time `json:"time,omitzero"`
}

// Query asks for the records most similar to a text.
type Query struct {
	// Text is the query; a whole essay is a fine query.
	Text string `json:"text"`
	// K is the largest number of hits to return; it must be positive.
	K int `json:"k"`
	// Scope is the set of records that may be seen; the zero Scope is refused with [ErrNoScope].
	Scope Scope `json:"scope"`
}

// Validate reports everything that makes q impossible to answer: a K that is not positive, a scope that names nothing. An empty
// text is valid and similar to no record.
func (q Query) Validate() error {
	var errs []error
	if q.K <= 0 {
		errs = append(errs, fmt.Errorf("retrieval: k is %d; the largest number of hits must be positive", q.K))
	}
	return errors.Join(append(errs, q.Scope.Validate())...)
}

// Hit is a record with its place in a ranking. Rank counts from 1; Score is in the unit of the index's similarity, higher is
// more similar.
type Hit struct {
	Record Record  `json:"record"`
	Rank   int     `json:"rank"`
	Score  float64 `json:"score"`
}

// Retrieval is the operation of a retriever as a pipeline stage: it maps a [Query] to ranked hits. It satisfies
// pipeline.Stage[Query, []Hit].
type Retrieval struct{ Retriever Retriever }

// Run retrieves for one query.
func (r Retrieval) Run(ctx context.Context, q Query) ([]Hit, error) {
	return r.Retriever.Retrieve(ctx, q) //nolint:wrapcheck // a retriever's own error is the error of this port
}
