package stats

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// world draws samples whose true mean is known.
type world struct {
	mean     float64
	clusters Clusters
	sample   func(rng *rand.Rand) []float64
}

// scores is a skewed score on seven levels, as graders give them.
func scores(n int) world {
	shares := []float64{.02, .03, .06, .12, .22, .30, .25}
	w := world{clusters: Independent(n)}
	for level, share := range shares {
		w.mean += float64(level) * share
	}
	w.sample = func(rng *rand.Rand) []float64 {
		values := make([]float64, n)
		for i := range values {
			u, level := rng.Float64(), 0
			for ; level < 6 && u >= shares[level]; level++ {
				u -= shares[level]
			}
			values[i] = float64(level)
		}
		return values
	}
	return w
}

// classes is a normal score in classes that share the given part of its variance.
func classes(count, size int, icc float64) world {
	keys := make([]int, count*size)
	for i := range keys {
		keys[i] = i / size
	}
	return world{clusters: ClusterBy(keys), sample: func(rng *rand.Rand) []float64 {
		values := make([]float64, len(keys))
		var shared float64
		for i := range values {
			if i%size == 0 {
				shared = math.Sqrt(icc) * rng.NormFloat64()
			}
			values[i] = shared + math.Sqrt(1-icc)*rng.NormFloat64()
		}
		return values
	}}
}

// repeated is a pass rate of rows of unequal difficulty, each run several times;
// a sample is the rows' mean over their runs.
func repeated(rows, runs int) world {
	keys := make([]int, rows*runs)
	for i := range keys {
		keys[i] = i / runs
	}
	return world{mean: 2. / 3, clusters: Independent(rows), sample: func(rng *rand.Rand) []float64 {
		values := make([]float64, len(keys))
		var difficulty float64
		for i := range values {
			if i%runs == 0 {
				difficulty = 1 - math.Sqrt(rng.Float64()) // passes with a Beta(2, 1) rate
			}
			if rng.Float64() >= difficulty {
				values[i] = 1
			}
		}
		r, err := AverageRepeats(keys, values)
		if err != nil {
			panic(err)
		}
		return r.Means
	}}
}

type method func(values []float64, clusters Clusters, seed uint64) (Interval, error)

func byT(values []float64, clusters Clusters, _ uint64) (Interval, error) {
	return MeanInterval(values, clusters, 0)
}

func meanStatistic(values []float64) Statistic {
	return func(indices []int) Estimate {
		sum := 0.0
		for _, i := range indices {
			sum += values[i]
		}
		return Of(sum / float64(len(indices)))
	}
}

func byBCa(values []float64, clusters Clusters, seed uint64) (Interval, error) {
	return Bootstrap(clusters, meanStatistic(values), Resampling{Seed: seed, Draws: 1000})
}

func byPercentile(values []float64, clusters Clusters, seed uint64) (Interval, error) {
	draws := draw(clusters, meanStatistic(values), Resampling{Seed: seed, Draws: 1000})
	slices.Sort(draws)
	return Interval{}.bounded(percentile(draws, .025), percentile(draws, .975)), nil
}

// coverage is the share of samples whose 95% interval holds the true mean. An
// undefined interval holds nothing.
func coverage(t *testing.T, w world, m method, samples int) float64 {
	t.Helper()
	rng := rand.New(rand.NewPCG(20, 26))
	held := 0
	for seed := range samples {
		iv, err := m(w.sample(rng), w.clusters, uint64(seed))
		require.NoError(t, err)
		if low, high, ok := iv.Bounds(); ok && low <= w.mean && w.mean <= high {
			held++
		}
	}
	return float64(held) / float64(samples)
}

func TestCoverageSmoke(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("simulation")
	}
	for name, tc := range map[string]struct {
		world  world
		method method
	}{
		"t, 20 scores":               {scores(20), byT},
		"cluster t, 6 classes of 20": {classes(6, 20, .2), byT},
		"t over means of 5 runs":     {repeated(30, 5), byT},
		"BCa, 50 scores":             {scores(50), byBCa},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.InDelta(t, .945, coverage(t, tc.world, tc.method, 500), .03)
		})
	}
}

// TestCoverage measures what 95% intervals hold, against an independent
// simulation of the same designs (1,500 samples each; noise about one point).
// Set GLOSS_SLOW=1 to run it.
func TestCoverage(t *testing.T) {
	t.Parallel()
	if os.Getenv("GLOSS_SLOW") != "1" {
		t.Skip("set GLOSS_SLOW=1 to simulate 1,500 samples per design")
	}
	for _, tc := range []struct {
		design string
		world  world
		method method
		want   float64
	}{
		{"t, 10 scores", scores(10), byT, .938},
		{"t, 20 scores", scores(20), byT, .942},
		{"t, 50 scores", scores(50), byT, .945},
		{"t, 100 scores", scores(100), byT, .945},
		{"cluster t, 6 classes of 20, ICC .2", classes(6, 20, .2), byT, .942},
		{"cluster t, 20 classes of 5, ICC .3", classes(20, 5, .3), byT, .951},
		{"cluster t, 40 classes of 5, ICC .3", classes(40, 5, .3), byT, .955},
		{"t over row means, 30 rows x 5", repeated(30, 5), byT, .946},
		{"t over row means, 50 rows x 5", repeated(50, 5), byT, .944},
		{"t over row means, 100 rows x 10", repeated(100, 10), byT, .944},
		{"BCa, 10 scores", scores(10), byBCa, .885},
		{"BCa, 20 scores", scores(20), byBCa, .931},
		{"BCa, 50 scores", scores(50), byBCa, .938},
		{"BCa, 100 scores", scores(100), byBCa, .941},
		{"percentile, 10 scores", scores(10), byPercentile, .878},
		{"percentile, 20 scores", scores(20), byPercentile, .918},
		{"percentile, 50 scores", scores(50), byPercentile, .939},
		{"percentile, 100 scores", scores(100), byPercentile, .945},
		{"percentile, 6 classes of 20, ICC .2", classes(6, 20, .2), byPercentile, .841},
		{"percentile, 20 classes of 5, ICC .3", classes(20, 5, .3), byPercentile, .921},
		{"percentile, 40 classes of 5, ICC .3", classes(40, 5, .3), byPercentile, .941},
	} {
		t.Run(tc.design, func(t *testing.T) {
			t.Parallel()
			got := coverage(t, tc.world, tc.method, 1500)
			t.Logf("%.3f, reference %.3f", got, tc.want)
			assert.InDelta(t, tc.want, got, .02)
		})
	}
}

// Ignoring clusters must be visible in the simulation, or the designs above prove
// nothing.
func TestCoverageCatchesIgnoredClusters(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("simulation")
	}
	ignoring := func(values []float64, _ Clusters, _ uint64) (Interval, error) {
		return MeanInterval(values, Independent(len(values)), 0)
	}
	assert.InDelta(t, .607, coverage(t, classes(6, 20, .2), ignoring, 1500), .05)
	assert.InDelta(t, .812, coverage(t, classes(20, 5, .3), ignoring, 1500), .05)
}
