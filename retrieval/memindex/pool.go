package memindex

import (
	"fmt"
	"slices"
	"sync"

	"github.com/gloss-sdk/gloss/retrieval"
)

// maxPools bounds the scopes whose statistics are kept; an index that sees more starts over.
const maxPools = 256

// pool is the records that a query ranks, with the statistics of exactly those records. It is immutable.
type pool struct {
	members []int   // positions in Index.records, ascending
	df      []int32 // how many members hold a term, by term number
	length  int     // sum of the members' lengths
}

// poolKey is the part of a scope that names records, comparable.
type poolKey struct {
	class, teacher, assignment, documents string
}

// pool returns the records that s admits. What s names is looked up or computed once; what it excludes is taken off a copy. All
// counts are integers, so both ways give the same statistics.
func (x *Index) pool(s retrieval.Scope) *pool {
	named := retrieval.Scope{
		Everything: s.Everything, Class: s.Class, Teacher: s.Teacher, Assignment: s.Assignment, Documents: s.Documents,
	}
	p := x.namedPool(named)
	if s.ExcludeStudent == "" && len(s.ExcludeDocuments) == 0 && s.Before.IsZero() {
		return p
	}
	return x.without(p, func(r retrieval.Record) bool { return !s.Admits(r) })
}

func (x *Index) namedPool(s retrieval.Scope) *pool {
	key := poolKey{class: s.Class, teacher: s.Teacher, assignment: s.Assignment}
	if s.Documents != nil {
		key.documents = fmt.Sprintf("%q", s.Documents)
	}
	x.mu.Lock()
	get, ok := x.pools[key]
	if !ok {
		if len(x.pools) == maxPools {
			clear(x.pools)
		}
		get = sync.OnceValue(func() *pool { return x.gather(s) })
		x.pools[key] = get
	}
	x.mu.Unlock()
	return get()
}

// gather computes the pool of everything that s admits.
func (x *Index) gather(s retrieval.Scope) *pool {
	p := &pool{df: make([]int32, len(x.lexicon.numbers))}
	for i, r := range x.records {
		if !s.Admits(r) {
			continue
		}
		p.members = append(p.members, i)
		p.length += x.vectors[i].length
		for _, t := range x.vectors[i].terms {
			p.df[t]++
		}
	}
	return p
}

// without returns p less the members that hidden hides.
func (x *Index) without(p *pool, hidden func(retrieval.Record) bool) *pool {
	rest := &pool{members: make([]int, 0, len(p.members)), df: slices.Clone(p.df), length: p.length}
	for _, i := range p.members {
		if !hidden(x.records[i]) {
			rest.members = append(rest.members, i)
			continue
		}
		rest.length -= x.vectors[i].length
		for _, t := range x.vectors[i].terms {
			rest.df[t]--
		}
	}
	return rest
}

// idf returns f of the document frequency of every term, by term number.
func (p *pool) idf(f func(df float64) float64) []float64 {
	byFrequency := make([]float64, len(p.members)+1)
	for df := range byFrequency {
		byFrequency[df] = f(float64(df))
	}
	idf := make([]float64, len(p.df))
	for t, df := range p.df {
		idf[t] = byFrequency[df]
	}
	return idf
}
