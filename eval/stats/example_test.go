package stats_test

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/gloss-sdk/gloss/eval/stats"
)

func ExampleMeanInterval() {
	// Did the feedback name a weakness that the teacher named? Twelve essays from
	// four classes.
	hits := []float64{1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1, 0}
	classes := []string{"5a", "5a", "5a", "5b", "5b", "5b", "6a", "6a", "6a", "6b", "6b", "6b"}

	iv, err := stats.MeanInterval(hits, stats.ClusterBy(classes), 0.9)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(iv)

	one, _ := stats.MeanInterval(hits[:3], stats.ClusterBy(classes[:3]), 0.9)
	fmt.Println(one)
	// Output:
	// 0.5833 [0.2078, 0.9589] (90% cluster t, n=12, clusters=4)
	// 0.6667 [undefined: fewer than 2 clusters show no sampling error] (90% cluster t, n=3, clusters=1)
}

func ExampleMeanDifference() {
	without := []float64{.61, .72, .55, .80, .43, .68, .74, .59, .66, .71}
	with := []float64{.66, .75, .54, .86, .50, .70, .79, .63, .66, .78}

	d, err := stats.MeanDifference(without, with, stats.Independent(10), stats.DefaultLevel)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d)
	fmt.Println("p =", d.P, "d_z =", d.EffectSize)
	// Output:
	// 0.038 [0.01811, 0.05789] (95% t, n=10)
	// p = 0.0019299 d_z = 1.36647
}

func ExampleAverageRepeats() {
	// Three runs of four essays: twelve numbers, four items.
	essays := []string{"w", "w", "w", "x", "x", "x", "y", "y", "y", "z", "z", "z"}
	passed := []float64{1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0}

	r, err := stats.AverageRepeats(essays, passed)
	if err != nil {
		fmt.Println(err)
		return
	}
	iv, err := stats.MeanInterval(r.Means, stats.Independent(len(r.Items)), 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(iv)
	fmt.Println("variance inside an essay:", r.WithinVariance)
	// Output:
	// 0.5833 [0.07551, 1.091] (95% t, n=4)
	// variance inside an essay: 0.25
}

func ExampleBootstrap() {
	// A ratio of two counts has no formula that holds for twelve essays: of the
	// comments a teacher would have made, how many were found?
	found := []float64{2, 1, 0, 3, 1, 2, 2, 0, 1, 3, 1, 2}
	wanted := []float64{3, 2, 1, 3, 4, 2, 3, 1, 1, 4, 2, 2}
	recall := stats.PairStatistic(found, wanted, func(found, wanted []float64) (stats.Estimate, error) {
		var hits, all float64
		for i := range found {
			hits += found[i]
			all += wanted[i]
		}
		if all == 0 {
			return stats.Undefined("the teacher made no comment"), nil
		}
		return stats.Of(hits / all), nil
	})
	iv, err := stats.Bootstrap(stats.Independent(len(found)), recall, stats.Resampling{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(iv)
	// Output:
	// 0.6429 [0.4483, 0.7931] (95% BCa bootstrap, n=12)
}

func ExampleBootstrapDifference() {
	median := func(values []float64) stats.Statistic {
		return func(indices []int) stats.Estimate {
			sorted := stats.Select(values, indices)
			slices.Sort(sorted)
			return stats.Of(sorted[len(sorted)/2])
		}
	}
	minutesBefore := []float64{9, 7, 12, 8, 10, 15, 9, 11, 7}
	minutesAfter := []float64{6, 6, 9, 8, 7, 11, 7, 9, 6}
	iv, err := stats.BootstrapDifference(stats.Independent(9), median(minutesBefore), median(minutesAfter), stats.Resampling{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(iv)
	// Output:
	// -2 [-3, 0] (95% BCa bootstrap, n=9)
}

func ExampleWilson() {
	iv, err := stats.Wilson(10, 10, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(iv)
	// Output:
	// 1 [0.7225, 1] (95% Wilson, n=10)
}

func ExampleFisherZ() {
	iv, err := stats.FisherZ(stats.Of(.8), 30, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(iv)
	// Output:
	// 0.8 [0.6178, 0.9007] (95% Fisher z, n=30)
}

func ExampleEstimate() {
	kappa := stats.Undefined("all ratings are 3")
	if v, ok := kappa.Value(); ok {
		fmt.Println(v)
	}
	fmt.Println(kappa)

	data, err := json.Marshal([]stats.Estimate{stats.Of(0.75), kappa})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(data))
	// Output:
	// undefined (all ratings are 3)
	// [0.75,{"undefined":"all ratings are 3"}]
}
