package memindex

import (
	"cmp"
	"slices"
)

// scored is a record, by its position in the index, with its score.
type scored struct {
	position int
	score    float64
}

// ranking keeps the k best of the records it is shown, in ascending order of position.
type ranking struct {
	k     int
	found []scored // the k best so far are among them, at most 2k
	floor float64  // scores up to it can no longer be among the k best
}

// add considers a record. Records of score 0 are not similar at all; among equal scores the earlier position stays.
func (r *ranking) add(position int, score float64) {
	if score <= r.floor {
		return
	}
	r.found = append(r.found, scored{position, score})
	if len(r.found) == 2*r.k {
		r.found = r.sorted()
		r.floor = r.found[r.k-1].score
	}
}

// sorted returns the best, at most k, best first.
func (r *ranking) sorted() []scored {
	slices.SortFunc(r.found, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.position, b.position))
	})
	return r.found[:min(r.k, len(r.found))]
}
