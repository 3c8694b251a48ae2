package eval

import (
	"cmp"
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// Folds divides samples, by their places, into parts of which each is held out once while the others are known. It is immutable; make it with
// [RandomFolds], [GroupFolds] or [GroupKFolds].
type Folds struct {
	test   [][]int // the places held out, ascending
	items  int
	random bool // drawn without regard to what samples share
}

// RandomFolds divides n samples into k folds whose sizes differ by one at most. Equal seeds give equal folds.
//
// It is for samples that share nothing: [CrossValidate] refuses random folds that cut through a [Sample.Cluster], because a student known from one
// essay is not held out in another. Use [GroupKFolds] for those; with the sample IDs as keys it cuts through clusters on purpose.
func RandomFolds(n, k int, seed uint64) (Folds, error) {
	if k < 2 || k > n {
		return Folds{}, fmt.Errorf("eval: %d folds of %d samples: want at least 2 and no more than samples", k, n)
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	source := rand.NewPCG(seed, 0)
	for i := n - 1; i > 0; i-- {
		// The high word of the product is uniform up to a bias of n/2^64 and, unlike Shuffle, the same in every Go release.
		j, _ := bits.Mul64(source.Uint64(), uint64(i+1))
		order[i], order[j] = order[j], order[i]
	}
	f := Folds{items: n, test: make([][]int, k), random: true}
	for i, place := range order {
		f.test[i%k] = append(f.test[i%k], place)
	}
	for i := range f.test {
		slices.Sort(f.test[i])
	}
	return f, nil
}

// GroupFolds makes a fold of each group, in the order in which groups first appear: leave one group out. keys[i] is the group of sample i, such as its
// writer; samples with an empty key are groups of their own. There must be at least two groups.
func GroupFolds(keys []string) (Folds, error) {
	groups := groupsOf(keys)
	if len(groups) < 2 {
		return Folds{}, fmt.Errorf("eval: %d samples make %d groups: want at least 2 to leave one out", len(keys), len(groups))
	}
	return Folds{items: len(keys), test: groups}, nil
}

// GroupKFolds divides samples into k folds without cutting through a group, and as evenly as it can: the largest group first, each to the fold
// that is smallest by then. Keys are those of [GroupFolds]. There must be at least k groups.
func GroupKFolds(keys []string, k int) (Folds, error) {
	groups := groupsOf(keys)
	if k < 2 || k > len(groups) {
		return Folds{}, fmt.Errorf("eval: %d folds of %d groups: want at least 2 and no more than groups", k, len(groups))
	}
	slices.SortStableFunc(groups, func(a, b []int) int { return cmp.Compare(len(b), len(a)) })
	f := Folds{items: len(keys), test: make([][]int, k)}
	for _, group := range groups {
		smallest := 0
		for i := range f.test {
			if len(f.test[i]) < len(f.test[smallest]) {
				smallest = i
			}
		}
		f.test[smallest] = append(f.test[smallest], group...)
	}
	for i := range f.test {
		slices.Sort(f.test[i])
	}
	return f, nil
}

// groupsOf returns the places of each group, groups in order of first appearance.
func groupsOf(keys []string) [][]int {
	var groups [][]int
	at := map[string]int{}
	for i, key := range keys {
		g, known := at[key]
		if !known {
			g = len(groups)
			groups = append(groups, nil)
			if key != "" {
				at[key] = g
			}
		}
		groups[g] = append(groups[g], i)
	}
	return groups
}

// Len returns the number of folds.
func (f Folds) Len() int { return len(f.test) }

// Split returns the places of the samples that are known and held out in fold i, counted from 0, both ascending. A fold that does not exist has none.
func (f Folds) Split(i int) (known, held []int) {
	if i < 0 || i >= len(f.test) {
		return nil, nil
	}
	held = slices.Clone(f.test[i])
	for place := range f.items {
		if _, out := slices.BinarySearch(held, place); !out {
			known = append(known, place)
		}
	}
	return known, held
}

// check reports folds that do not fit the clusters of samples, given in their order.
func (f Folds) check(clusters []string) error {
	if f.items != len(clusters) {
		return fmt.Errorf("eval: folds of %d samples do not fit a holdout of %d", f.items, len(clusters))
	}
	if f.Len() == 0 {
		return errors.New("eval: no folds: make them with RandomFolds, GroupFolds or GroupKFolds")
	}
	if !f.random {
		return nil
	}
	foldOf := map[string]int{}
	var crossing []string
	for i, places := range f.test {
		for _, p := range places {
			c := clusters[p]
			if first, known := foldOf[c]; known && c != "" && first != i && !slices.Contains(crossing, c) {
				crossing = append(crossing, c)
			} else if !known {
				foldOf[c] = i
			}
		}
	}
	if len(crossing) > 0 {
		slices.Sort(crossing)
		return fmt.Errorf("eval: random folds cut through the clusters %q: use GroupKFolds, so that what is held out is not known from other samples", crossing)
	}
	return nil
}
