// Package eval measures what a pipeline predicts against what is true, and says how sure one can be.
//
// A [Holdout] pairs inputs with truth. [Run] checks that nothing of it can be read by the inference, hands the inputs to the pipeline, never the
// truth, and scores each result with every [Metric]. The [Outcome] holds one [Cell] for each item and metric and can be stored; a [Summary] puts
// a value, its interval and the counts behind it together; [Compare] pairs two outcomes item by item.
//
//	outcome, err := eval.Run(ctx, run, task, holdout, eval.Metrics(
//		eval.QWK[Essay]("qwk", scale, Feedback.Score, Graded.Score),
//		eval.Mean("short enough", func(_ context.Context, c Case) (float64, error) { … }),
//	))
//	err = outcome.WriteTable(os.Stdout)
//
// # Denominators
//
// Nothing drops out silently. A cell is [Scored], [Errored], [Missing] or [NotApplicable]; values are computed over the scored cells and always
// come with the counts of the others. What cannot be computed is undefined and says why; it is never 0 and never NaN.
//
// # The longer way
//
// [Run] is a leak check, [pipeline.Start], [pipeline.Runner.Stream] and [Score], and anybody may call these themselves: to see each typed result as it
// arrives, to take results from elsewhere, or to score stored ones again without a single call to a model.
//
// # Type arguments
//
// Metrics have three types: input I, output O, truth T. A function of a [Case] names all three, so [Mean] and [Reduced] need no type arguments;
// an alias such as type Case = eval.Case[Essay, Feedback, Graded] keeps them short. The metrics that take one function of O and one of T, such as
// [QWK], need I alone: eval.QWK[Essay](…). [Ceiling] looks at T only and needs I and O.
package eval
