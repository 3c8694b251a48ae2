// Argrewrite predicts rubric scores and feedback for the real drafts of the ArgRewrite V.2 corpus and prints them beside what the corpus
// itself says can be reached.
//
//	go run ./examples/argrewrite -data DIR
//
// Each writer's drafts are predicted from the other writers' only (leave one writer out). DIR holds essays.jsonl, scores.csv, feedback.jsonl
// and rubric.json. The model is the offline baseline; see the README for what the numbers mean.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"iter"
	"os"
	"runtime"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/experiment"
	"github.com/gloss-sdk/gloss/llm/exemplarllm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/progress"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

func main() { os.Exit(experiment.Main("argrewrite", run)) }

type options struct {
	rater     string
	exemplars task.Exemplars
	seed      uint64
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var o options
	var selection string
	fs := flag.NewFlagSet("argrewrite", flag.ContinueOnError)
	fs.SetOutput(stderr)
	data := fs.String("data", "", "the `DIR` of the corpus")
	fs.StringVar(&o.rater, "rater", "c", "the rater to predict, c or m; the other one gives the ceiling")
	fs.IntVar(&o.exemplars.K, "k", 20, "how many graded drafts are shown")
	fs.StringVar(&selection, "select", "quantile_anchors", "how they are chosen: similar, quantile_anchors, mixed or random")
	fs.Uint64Var(&o.seed, "seed", 1, "the seed of intervals and of the random selection")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *data == "" || o.rater != "c" && o.rater != "m" {
		return errors.New("want -data DIR, the directory of the corpus, and -rater c or m")
	}
	o.exemplars.Select = task.Selection(selection)
	if o.exemplars.Select == task.SelectRandom {
		o.exemplars.Seed = o.seed
	}
	c, err := readCorpus(ctx, os.DirFS(*data))
	if err != nil {
		return err
	}
	x, err := newLab(c, o, stderr)
	if err != nil {
		return err
	}
	var tables bytes.Buffer // on a terminal they come below the line
	err = errors.Join(x.rubricScores(ctx, &tables), x.draftFeedback(ctx, &tables), x.progress.Close())
	_, werr := tables.WriteTo(stdout)
	return errors.Join(err, werr)
}

// lab is what both experiments share.
type lab struct {
	options
	corpus    *corpus
	resources task.Resources
	run       *pipeline.Run
	progress  *progress.Line
}

func newLab(c *corpus, o options, stderr io.Writer) (*lab, error) {
	model, err := exemplarllm.New()
	if err != nil {
		return nil, err
	}
	// Graded work enters fold by fold, so the class itself holds assignment and rubric only.
	class := userdata.NewClass("argrewrite", "expert", userdata.Sources{
		Assignments: userdata.Values("rubric.json", c.assignment), Rubrics: userdata.Values("rubric.json", c.rubric),
	})
	line, err := progress.New(stderr, progress.Total(len(c.submissions)+2*len(c.feedback)))
	if err != nil {
		return nil, err
	}
	r, err := pipeline.NewRun(pipeline.WithObserver(line), pipeline.WithInFlight(runtime.NumCPU()))
	if err != nil {
		return nil, err
	}
	return &lab{o, c, task.Using(class, model), r, line}, nil
}

// truth is what people said of a draft.
type truth struct {
	raters   map[string]scores
	feedback userdata.Feedback
}

// samples are the drafts that wanted returns true for, clustered by writer.
func (x *lab) samples(wanted func(userdata.Submission) bool) (*eval.Holdout[userdata.Submission, truth], eval.Folds, error) {
	var samples []eval.Sample[userdata.Submission, truth]
	var writers []string
	for _, s := range x.corpus.submissions {
		if wanted(s) {
			t := truth{x.corpus.scores[s.ID], x.corpus.feedback[s.ID]}
			samples = append(samples, eval.Sample[userdata.Submission, truth]{ID: s.ID, Input: s, Truth: t, Cluster: s.Student})
			writers = append(writers, s.Student)
		}
	}
	h, err := eval.NewHoldout("argrewrite", samples)
	if err != nil {
		return nil, eval.Folds{}, err
	}
	folds, err := eval.GroupFolds(writers)
	return h, folds, err
}

// known makes graded exemplars of the other writers' drafts: the scores of the rater who is predicted, and the expert's feedback.
func (x *lab) known(train []eval.Sample[userdata.Submission, truth]) []userdata.Exemplar {
	var out []userdata.Exemplar
	for _, s := range train {
		f := s.Truth.feedback
		f.Submission = s.ID
		for _, c := range x.corpus.rubric.Criteria {
			f.Scores = append(f.Scores[:len(f.Scores):len(f.Scores)], userdata.Score{Criterion: c.ID, Value: s.Truth.raters[x.rater][c.ID]})
		}
		out = append(out, userdata.Exemplar{Submission: s.Input, Feedback: f})
	}
	return out
}

// collect reads a whole sequence, with every problem in one error.
func collect[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var out []T
	var errs []error
	for v, err := range seq {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out = append(out, v)
	}
	return out, errors.Join(errs...)
}
