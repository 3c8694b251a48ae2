package stats

import (
	"errors"
	"fmt"
	"math"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// bcaShares returns the shares of the sorted draws at which the BCa bounds lie:
// Phi(z0 + (z0+z)/(1 - a(z0+z))), with bias correction z0 and acceleration a.
// The error says why they are undefined.
func bcaShares(sorted []float64, point, level float64, clusters Clusters, statistic Statistic) (low, high float64, err error) {
	bias := normalQuantile(shareBelow(sorted, point))
	if !finite(bias) {
		return 0, 0, errors.New("all draws lie on one side of the point")
	}
	acceleration, err := accelerate(clusters, statistic)
	if err != nil {
		return 0, 0, err
	}
	share := func(z float64) float64 {
		return distuv.UnitNormal.CDF(bias + (bias+z)/(1-acceleration*(bias+z)))
	}
	z := normalQuantile(0.5 + level/2)
	// Beyond this pole the adjusted shares run backwards.
	if acceleration*(bias+z) >= 1 || acceleration*(bias-z) >= 1 {
		return 0, 0, fmt.Errorf("acceleration %.3g is too large", acceleration)
	}
	return share(-z), share(z), nil
}

// shareBelow is the share of sorted values below point, ties counting half.
func shareBelow(sorted []float64, point float64) float64 {
	below := sort.SearchFloat64s(sorted, point)
	upTo := below + sort.Search(len(sorted)-below, func(i int) bool { return sorted[below+i] > point })
	return float64(below+upTo) / 2 / float64(len(sorted))
}

// accelerate estimates the acceleration from the values that the statistic takes
// when one cluster at a time is left out.
func accelerate(clusters Clusters, statistic Statistic) (float64, error) {
	values := make([]float64, clusters.Len())
	buffer := make([]int, 0, clusters.Items())
	for c := range values {
		e := statistic(clusters.without(c, buffer))
		v, ok := e.Value()
		if !ok {
			return 0, fmt.Errorf("leaving out %s %d: %s", clusters.unit(), c, e.Reason())
		}
		values[c] = v
	}
	center := mean(values)
	var squares, cubes float64
	for _, v := range values {
		d := center - v
		squares += d * d
		cubes += d * d * d
	}
	if math.Sqrt(squares) <= rounding(largest(values)) {
		return 0, fmt.Errorf("leaving out any one %s gives the same value", clusters.unit())
	}
	return cubes / (6 * math.Pow(squares, 1.5)), nil
}

// without returns the indices of all items outside one cluster, cluster by
// cluster, in buffer if it is large enough.
func (c Clusters) without(cluster int, buffer []int) []int {
	indices := buffer[:0]
	for at, members := range c.members {
		if at != cluster {
			indices = append(indices, members...)
		}
	}
	return indices
}
