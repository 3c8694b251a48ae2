package stats

import "fmt"

// Clusters says which items belong together because they share something that
// moves their scores: a student, a prompt, a class. It covers items 0..n-1. The
// zero value covers no items. Clusters is read-only once made.
type Clusters struct {
	members  [][]int // item indices of each cluster
	items    int
	declared bool // made from keys, not by Independent
}

// Independent declares that the given number of items share nothing: each is
// its own cluster. A negative number counts as 0.
func Independent(items int) Clusters {
	items = max(items, 0)
	indices := allItems(items)
	members := make([][]int, items)
	for i := range indices {
		members[i] = indices[i : i+1 : i+1]
	}
	return Clusters{members: members, items: items}
}

// ClusterBy puts items with equal keys into one cluster: keys[i] is the key of
// item i. Clusters are in the order in which their keys first appear.
func ClusterBy[K comparable](keys []K) Clusters {
	_, members := group(keys)
	return Clusters{members: members, items: len(keys), declared: true}
}

// Items returns the number of items covered.
func (c Clusters) Items() int { return c.items }

// Len returns the number of clusters; it equals Items when the items are
// independent.
func (c Clusters) Len() int { return len(c.members) }

// count is the number of clusters to report: 0 if independence was declared.
func (c Clusters) count() int {
	if !c.declared {
		return 0
	}
	return len(c.members)
}

// unit is the noun for what varies independently.
func (c Clusters) unit() string {
	if c.declared {
		return "cluster"
	}
	return "item"
}

func tooFew(c Clusters) Estimate {
	return Undefined(fmt.Sprintf("fewer than 2 %ss show no sampling error", c.unit()))
}

// group returns the distinct keys in order of first appearance and the indices
// at which each occurs.
func group[K comparable](keys []K) (distinct []K, indices [][]int) {
	place := make(map[K]int)
	for i, k := range keys {
		p, seen := place[k]
		if !seen {
			p = len(distinct)
			place[k] = p
			distinct = append(distinct, k)
			indices = append(indices, nil)
		}
		indices[p] = append(indices[p], i)
	}
	return distinct, indices
}

func allItems(n int) []int {
	indices := make([]int, n)
	for i := range indices {
		indices[i] = i
	}
	return indices
}
