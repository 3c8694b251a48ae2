package eval_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"strings"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/stats"
	"github.com/gloss-sdk/gloss/pipeline"
)

// graded are a few short reviews with the points that a teacher gave, and what a second teacher gave.
func graded() []eval.Sample[string, [2]float64] {
	review := func(id, text string, points, second float64) eval.Sample[string, [2]float64] {
		return eval.Sample[string, [2]float64]{ID: id, Input: text, Truth: [2]float64{points, second}, Cluster: id[:3]}
	}
	return []eval.Sample[string, [2]float64]{
		review("ana-1", "I liked it.", 1, 1),
		review("ana-2", "The book was good because the hero was brave and never gave up on her friends.", 3, 3),
		review("ben-1", "It was good, because it was funny.", 2, 1),
		review("ben-2", "Bad book.", 1, 1),
		review("cem-1", "The end surprised me since nothing before had shown that the uncle was lying.", 3, 2),
		review("cem-2", "The hero was brave because she was alone.", 2, 2),
	}
}

func points(g [2]float64) (float64, bool) { return g[0], true }
func second(g [2]float64) (float64, bool) { return g[1], true }
func asIs(score float64) (float64, bool)  { return score, true }
func threePoints() agreement.Scale        { return agreement.Scale{Min: 1, Max: 3, Step: 1} }

// byReasons gives a point for a reason and one for length.
func byReasons(_ context.Context, text string) (float64, error) {
	score := 1.0
	if strings.Contains(text, "because") {
		score++
	}
	if len(strings.Fields(text)) > 10 {
		score++
	}
	return score, nil
}

func ExampleNewHoldout() {
	h, err := eval.NewHoldout("reviews", graded())
	fmt.Println(h.Name(), h.Len(), err)
	for item := range h.Items() { // what the pipeline gets: no points
		fmt.Printf("%s: %s\n", item.ID, item.In)
		break
	}
	_, err = eval.NewHoldout("twice", append(graded()[:2], graded()[0], eval.Sample[string, [2]float64]{}))
	fmt.Println(err)
	// Output:
	// reviews 6 <nil>
	// ana-1: I liked it.
	// eval: holdout "twice": samples 1 and 3 have the ID "ana-1"
	// eval: holdout "twice": sample 4 has no ID
}

// Inference that asks for the holdout cannot even be planned.
func ExampleHoldout_Asset() {
	h, _ := eval.NewHoldout("reviews", graded())
	cheat := pipeline.Derive(pipeline.Meta{Name: "scorer"}, 0, func(n *pipeline.Needs, _ int) func(context.Context) (pipeline.Stage[string, float64], error) {
		pipeline.Need(n, h.Asset())
		return nil
	})
	_, err := pipeline.NewPlan(cheat)
	fmt.Println(err)
	// Output: plan: asset "scorer" of group "shared" needs "reviews" of group "evaluation": inference must not see what an evaluation holds out
}

func ExampleRun() {
	ctx := context.Background()
	h, _ := eval.NewHoldout("reviews", graded())
	run, _ := pipeline.NewRun()
	target := pipeline.Tool[pipeline.Stage[string, float64]]("reasons", pipeline.Fn(byReasons))

	outcome, err := eval.Run(ctx, run, target, h, eval.Metrics(
		// The output and truth types come from the functions, the input type is named.
		eval.QWK[string]("qwk", threePoints(), asIs, points).WithReference("teachers"),
		eval.MAE[string]("error", threePoints(), asIs, points),
		eval.Ceiling[string, float64]("teachers", eval.KindQWK, threePoints(), points, second),
	), eval.WithSeed(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := outcome.WriteTable(os.Stdout); err != nil {
		fmt.Println(err)
	}
	fmt.Println("roots searched for leaks:", len(outcome.LeakChecks[0].Roots))
	// Output:
	// metric    value  95% interval                  n  clusters  errors  missing  n.a.  reference
	// qwk       0.857  [0.000, 1.000] BCa bootstrap  6  3         0       0        0     0.750
	// error     0.167  [0.000, 0.884] cluster t      6  3         0       0        0     -
	// teachers  0.750  [0.471, 1.000] BCa bootstrap  6  3         0       0        0     -
	// roots searched for leaks: 1
}

// What inference knows is searched for what is held out.
func ExampleRun_leak() {
	h, _ := eval.NewHoldout("reviews", graded())
	run, _ := pipeline.NewRun()
	past := pipeline.Given("past reviews", []string{"THE END surprised me, since nothing before had shown that the uncle was lying!"})
	target := pipeline.Derive(pipeline.Meta{Name: "scorer"}, 0, func(n *pipeline.Needs, _ int) func(context.Context) (pipeline.Stage[string, float64], error) {
		pipeline.Need(n, past)
		return func(context.Context) (pipeline.Stage[string, float64], error) {
			fmt.Println("this is never reached")
			return pipeline.Fn(byReasons), nil
		}
	})
	_, err := eval.Run(context.Background(), run, target, h, eval.Metrics(eval.QWK[string]("qwk", threePoints(), asIs, points)))
	fmt.Println(err)
	// Output:
	// eval: holdout "reviews": leak check: inference can read 1 held text:
	//   root "past reviews" at [0] holds all 14 words of held text "cem-1"
}

// The longer way round: start the target, look at each typed result as it arrives, score.
func ExampleScore() {
	ctx := context.Background()
	h, _ := eval.NewHoldout("reviews", graded())
	run, _ := pipeline.NewRun()
	runner, err := pipeline.Start(ctx, run, pipeline.Tool[pipeline.Stage[string, float64]]("reasons", pipeline.Fn(byReasons)))
	if err != nil {
		fmt.Println(err)
		return
	}
	seen := func(results iter.Seq[pipeline.Result[float64]]) iter.Seq[pipeline.Result[float64]] {
		return func(yield func(pipeline.Result[float64]) bool) {
			for res := range results {
				fmt.Println(res.ID, res.Out)
				if !yield(res) {
					return
				}
			}
		}
	}
	exact := eval.ExactAgreement[string]("exact", threePoints(), asIs, points)
	outcome, err := eval.Score(ctx, h, seen(runner.Stream(ctx, h.Items())), eval.Metrics(exact))
	if err != nil {
		fmt.Println(err)
		return
	}
	s, _ := outcome.Summary("exact")
	fmt.Printf("exact: %s of %+v\n", s.Value(), s.Counts)
	// Output:
	// ana-1 1
	// ana-2 3
	// ben-1 2
	// ben-2 1
	// cem-1 2
	// cem-2 2
	// exact: 0.833333 of {Scored:6 Errored:0 Missing:0 NotApplicable:0}
}

// A function of a case names all three types, so Mean needs no type arguments. An alias keeps the case short.
func ExampleMean() {
	type Review = eval.Case[string, float64, [2]float64]
	generous := eval.Mean("too generous", func(_ context.Context, c Review) (float64, error) {
		return max(0, c.Out-c.Truth[0]), nil
	}).LowerIsBetter()
	fmt.Println(generous.Spec().Name, generous.Spec().Kind, generous.Spec().LowerIsBetter)
	// Output:
	// too generous mean true
}

// A metric may give each item several numbers and make one of all of them: here the share of all words that lie in reviews scored right.
func ExampleReduced() {
	type Review = eval.Case[string, float64, [2]float64]
	words := eval.Reduced("words scored right", func(_ context.Context, c Review) ([]float64, error) {
		n := float64(len(strings.Fields(c.Input)))
		if c.Out == c.Truth[0] {
			return []float64{n, n}, nil
		}
		return []float64{0, n}, nil
	}, func(rows [][]float64) stats.Estimate {
		var right, all float64
		for _, row := range rows {
			right, all = right+row[0], all+row[1]
		}
		if all == 0 {
			return stats.Undefined("no words")
		}
		return stats.Of(right / all)
	})
	h, _ := eval.NewHoldout("reviews", graded())
	run, _ := pipeline.NewRun()
	target := pipeline.Tool[pipeline.Stage[string, float64]]("reasons", pipeline.Fn(byReasons))
	outcome, err := eval.Run(context.Background(), run, target, h, eval.Metrics(words))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(outcome.Summaries()[0].Value())
	// Output:
	// 0.72
}

func ExampleSetF1() {
	type comments struct{ Criteria []string }
	h, _ := eval.NewHoldout("essays", []eval.Sample[string, comments]{
		{ID: "a", Input: "…", Truth: comments{[]string{"thesis", "evidence"}}},
		{ID: "b", Input: "…", Truth: comments{[]string{"evidence"}}},
	})
	results := func(yield func(pipeline.Result[[]string]) bool) {
		_ = yield(pipeline.Result[[]string]{ID: "a", Out: []string{"evidence", "style"}}) &&
			yield(pipeline.Result[[]string]{ID: "b", Out: []string{"evidence"}})
	}
	outcome, err := eval.Score(context.Background(), h, results, eval.Metrics(
		eval.SetF1[string]("criteria", func(out []string) []string { return out }, func(c comments) ([]string, bool) { return c.Criteria, true }),
	))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("tp, fp, fn of a:", outcome.Items[0].Cells[0].Row)
	fmt.Println("F1:", outcome.Summaries()[0].Value())
	// Output:
	// tp, fp, fn of a: [1 1 1]
	// F1: 0.666667
}

func ExampleScoreAgreement() {
	ms := eval.ScoreAgreement[string]("overall", threePoints(), asIs, points)
	for _, m := range ms {
		fmt.Println(m.Spec().Name)
	}
	// Output:
	// overall qwk
	// overall exact
	// overall adjacent
	// overall pearson
	// overall mae
	// overall rmse
	// overall smd
}

func ExampleCompare() {
	ctx := context.Background()
	h, _ := eval.NewHoldout("reviews", graded())
	run, _ := pipeline.NewRun()
	ms := eval.Metrics(eval.MAE[string]("error", threePoints(), asIs, points), eval.QWK[string]("qwk", threePoints(), asIs, points))
	one := func(context.Context, string) (float64, error) { return 1, nil }

	base, err := eval.Run(ctx, run, pipeline.Tool[pipeline.Stage[string, float64]]("always 1", pipeline.Fn(one)), h, ms)
	if err != nil {
		fmt.Println(err)
		return
	}
	other, err := eval.Run(ctx, run, pipeline.Tool[pipeline.Stage[string, float64]]("reasons", pipeline.Fn(byReasons)), h, ms)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, metric := range []string{"error", "qwk"} {
		c, err := eval.Compare(base, other, metric, eval.WithSeed(1))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(c)
	}
	// Output:
	// error: always 1 1.000, reasons 0.167, difference -0.833 [-1.550, -0.116] (95% cluster t), 6 paired in 3 clusters, 4 won, 2 tied, 0 lost, p = 0.0377
	// qwk: always 1 0.000, reasons 0.857, difference +0.857 [+0.000, +1.000] (95% BCa bootstrap), 6 paired in 3 clusters
}

func ExampleReattach() {
	longest := eval.Reduced("longest", func(_ context.Context, c eval.Case[string, float64, [2]float64]) ([]float64, error) {
		return []float64{float64(len(c.Input))}, nil
	}, func(rows [][]float64) stats.Estimate {
		most := 0.0
		for _, row := range rows {
			most = max(most, row[0])
		}
		return stats.Of(most)
	})
	h, _ := eval.NewHoldout("reviews", graded())
	results := func(yield func(pipeline.Result[float64]) bool) { yield(pipeline.Result[float64]{ID: "ana-1", Out: 1}) }
	outcome, _ := eval.Score(context.Background(), h, results, eval.Metrics(longest))
	text, _ := json.Marshal(outcome)

	var stored eval.Outcome
	if err := json.Unmarshal(text, &stored); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(stored.Summaries()[0].Value())
	whole, err := eval.Reattach(&stored, longest)
	fmt.Println(whole.Summaries()[0].Value(), err)
	// Output:
	// undefined (the reducer is not stored; pass the metric to Reattach)
	// 11 <nil>
}

// Each review is given the mean of what the other students got.
func ExampleCrossValidate() {
	ctx := context.Background()
	type known = []eval.Sample[string, [2]float64]
	past := pipeline.Given("past reviews", known(nil))
	target := pipeline.Derive(pipeline.Meta{Name: "mean of the others"}, 0,
		func(n *pipeline.Needs, _ int) func(context.Context) (pipeline.Stage[string, float64], error) {
			examples := pipeline.Need(n, past)
			return func(context.Context) (pipeline.Stage[string, float64], error) {
				mean := 0.0
				for _, e := range examples() {
					mean += e.Truth[0] / float64(len(examples()))
				}
				return pipeline.Fn(func(context.Context, string) (float64, error) { return mean, nil }), nil
			}
		})

	h, _ := eval.NewHoldout("reviews", graded())
	var students []string
	for _, s := range h.Samples() {
		students = append(students, s.Cluster)
	}
	folds, err := eval.GroupFolds(students)
	if err != nil {
		fmt.Println(err)
		return
	}
	run, _ := pipeline.NewRun()
	outcome, err := eval.CrossValidate(ctx, run, target, past, h, folds, func(train []eval.Sample[string, [2]float64]) known { return train },
		eval.Metrics(eval.MAE[string]("error", threePoints(), asIs, points)))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := outcome.WriteTable(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// metric  value  95% interval              n  clusters  errors  missing  n.a.  reference
	// error   0.833  [0.475, 1.192] cluster t  6  3         0       0        0     -
}

func ExampleGroupKFolds() {
	folds, err := eval.GroupKFolds([]string{"ana", "ana", "ben", "cem", "ana", "ben"}, 2)
	for i := range folds.Len() {
		known, held := folds.Split(i)
		fmt.Println("known", known, "held out", held, err)
	}
	// Output:
	// known [2 3 5] held out [0 1 4] <nil>
	// known [0 1 4] held out [2 3 5] <nil>
}

func ExampleRandomFolds() {
	folds, err := eval.RandomFolds(7, 3, 1)
	for i := range folds.Len() {
		_, held := folds.Split(i)
		fmt.Println(held, err)
	}
	// Output:
	// [4 5 6] <nil>
	// [1 3] <nil>
	// [0 2] <nil>
}
