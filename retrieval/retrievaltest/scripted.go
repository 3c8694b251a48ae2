package retrievaltest

import (
	"context"
	"slices"
	"sync"

	"github.com/gloss-sdk/gloss/retrieval"
)

var _ retrieval.Retriever = (*Scripted)(nil)

// Scripted is a retriever for tests of what uses one: it answers with the hits it was given and remembers what it was asked.
//
// It refuses what every retriever refuses (a query that is not valid, a context that is done) and returns at most K hits, but
// applies no scope: what it was given is what it returns. The zero value finds nothing. It is safe for concurrent use; set the
// fields before the first call.
type Scripted struct {
	// Hits answer every query, as they are.
	Hits []retrieval.Hit
	// Err, if not nil, answers every valid query instead.
	Err error

	mu      sync.Mutex
	queries []retrieval.Query
}

// Retrieve returns the first q.K of the scripted hits. Queries that it refuses are recorded too.
func (s *Scripted) Retrieve(ctx context.Context, q retrieval.Query) ([]retrieval.Hit, error) {
	s.mu.Lock()
	s.queries = append(s.queries, q)
	s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := q.Validate(); err != nil {
		return nil, err
	}
	if s.Err != nil {
		return nil, s.Err
	}
	return slices.Clone(s.Hits[:min(q.K, len(s.Hits))]), nil
}

// Queries returns the queries received so far, in the order in which they arrived.
func (s *Scripted) Queries() []retrieval.Query {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.queries)
}
