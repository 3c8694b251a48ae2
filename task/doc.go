// Package task holds the tasks that gloss ships: predictions about one submission, made of named steps.
//
// A task is an asset whose value is a stage from a submission to a [Prediction]. [EssayScore] predicts a holistic score,
// [RubricScore] a score per criterion with rationale and quotations, [DraftFeedback] strengths, areas to improve, next steps and comments in
// the margin. What a task does is data, its [Spec]: options edit the spec, [New] builds the same task from it, [Ablations] names its
// variants. What a task needs are the assets of [Resources], made once and shared; an input that is switched off is in neither
// plan nor prompt, and is not read.
//
//	res := task.Using(class, model)
//	scorer, err := task.RubricScore(res, task.WithoutClassDocs(), task.WithExemplars(task.Exemplars{K: 8}))
//	runner, err := pipeline.Start(ctx, run, scorer)
//
// How the model is asked is data too: a [Technique] splits the prompt into questions, repeats them or goes on with the conversation, and
// [Techniques] names the usual ones for a table that compares them. Replies are held to their schema, mended or asked for again ([Reply]); a
// [Budget] fits the prompt into a window; the words around the data are [Templates]. Whatever was mended, cut or doubtful is a [Flag] of the
// prediction.
//
// A task never sees ground truth: no type here has a field for it.
package task
