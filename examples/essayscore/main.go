// Essayscore scores the essays of a CSV or TSV file by graded examples from the same file and says how well that agrees with the raters.
//
//	go run ./examples/essayscore -data essays.csv -columns id=essay_id,text=essay,score=score,group=prompt -scale 'p1=1:6,p2=0:3'
//
// Each group is scored alone, by cross-validation: an essay is predicted from essays of the other folds, never from its own. The model is
// the offline baseline of gloss, so nothing leaves the machine. -demo scores a generated corpus instead of a file.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/experiment"
	"github.com/gloss-sdk/gloss/llm/exemplarllm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/progress"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

type options struct {
	data, columns, encoding string
	scale, raterScale       scales
	exemplars               task.Exemplars
	folds, limit            int
	seed                    uint64
	json, demo              bool
}

func main() { os.Exit(experiment.Main("essayscore", run)) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	c, err := corpusOf(ctx, o)
	if err != nil {
		return err
	}
	rep, err := score(ctx, o, c, stderr)
	if err != nil {
		return err
	}
	if o.json {
		return rep.writeJSON(stdout)
	}
	return rep.writeText(stdout)
}

func corpusOf(ctx context.Context, o options) (*corpus, error) {
	if o.demo {
		return demoCorpus(o), nil
	}
	return readCorpus(ctx, o)
}

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var o options
	var scaleText, raterText, selection, similarity string
	fs := flag.NewFlagSet("essayscore", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&o.data, "data", "", "the `FILE` of essays, CSV or (by its ending .tsv) TSV, with a header")
	fs.StringVar(&o.columns, "columns", "", "which column holds what: id=…,text=…,score=…[,rater1=…,rater2=…][,group=…][,student=…]")
	fs.StringVar(&scaleText, "scale", "", "the scale of scores: min:max, or group=min:max,…")
	fs.StringVar(&raterText, "rater-scale", "", "the scale of each rater where it differs from -scale, in the same form")
	fs.IntVar(&o.exemplars.K, "k", 20, "how many graded essays are shown")
	fs.StringVar(&selection, "select", "similar", "how they are chosen: similar, quantile_anchors, mixed or random")
	fs.StringVar(&similarity, "similarity", "", "the measure of similarity: tfidf_cosine (the default) or bm25")
	fs.IntVar(&o.folds, "folds", 5, "how many folds each group is cut into")
	fs.IntVar(&o.limit, "limit", 0, "use the first `N` essays of each group; 0 uses all")
	fs.Uint64Var(&o.seed, "seed", 1, "the seed of the folds, of the random selection and of the intervals")
	fs.StringVar(&o.encoding, "encoding", "", "the encoding of the file if it is not UTF-8 or UTF-16, such as windows-1252")
	fs.BoolVar(&o.json, "json", false, "print one JSON summary and nothing else")
	fs.BoolVar(&o.demo, "demo", false, "score a generated corpus on which the best possible agreement is known")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	o.exemplars.Select, o.exemplars.Similarity = task.Selection(selection), task.Similarity(similarity)
	if o.exemplars.Select == task.SelectRandom {
		o.exemplars.Seed = o.seed
	}
	return o, errors.Join(o.check(fs, scaleText), o.parseScales(scaleText, raterText))
}

// check reports everything that is missing or makes no sense, before a file is opened.
func (o *options) check(fs *flag.FlagSet, scaleText string) error {
	var errs []error
	if fs.NArg() > 0 {
		errs = append(errs, fmt.Errorf("unexpected argument %q; every value needs its flag", fs.Arg(0)))
	}
	if !o.demo {
		for name, value := range map[string]string{"data": o.data, "columns": o.columns, "scale": scaleText} {
			if value == "" {
				errs = append(errs, fmt.Errorf("-%s is missing: %s", name, fs.Lookup(name).Usage))
			}
		}
	}
	if o.folds < 2 {
		errs = append(errs, fmt.Errorf("-folds %d: want 2 or more", o.folds))
	}
	if o.limit < 0 {
		errs = append(errs, fmt.Errorf("-limit %d: want 0 (all) or more", o.limit))
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

func (o *options) parseScales(scaleText, raterText string) error {
	var scaleErr, raterErr error
	if scaleText != "" {
		o.scale, scaleErr = parseScales("scale", scaleText)
	}
	if raterText != "" {
		o.raterScale, raterErr = parseScales("rater-scale", raterText)
	}
	return errors.Join(scaleErr, raterErr)
}

// score cross-validates every group.
func score(ctx context.Context, o options, c *corpus, stderr io.Writer) (rep *report, err error) {
	res, err := resources(c)
	if err != nil {
		return nil, err
	}
	scorer, err := task.EssayScore(res, task.WithoutAssignmentPrompt(), task.WithoutRubric(), task.WithoutClassDocs(),
		task.WithExemplars(o.exemplars))
	if err != nil {
		return nil, err
	}
	total := 0
	for _, g := range c.groups {
		total += len(c.essays[g])
	}
	line, err := progress.New(stderr, progress.Total(total))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, line.Close()) }()
	r, err := pipeline.NewRun(pipeline.WithObserver(line), pipeline.WithInFlight(runtime.NumCPU()))
	if err != nil {
		return nil, err
	}
	rep = newReport(o, c, scorer.Spec())
	for _, g := range c.groups {
		outcome, copies, err := scoreGroup(ctx, o, c, g, r, res, scorer)
		if err != nil {
			return nil, fmt.Errorf("group %s: %w", g, err)
		}
		if err := rep.add(g, outcome, copies); err != nil {
			return nil, fmt.Errorf("group %s: %w", g, err)
		}
	}
	return rep.finish(), nil
}

// resources hold the assignments, one a group. Graded essays come in fold by fold.
func resources(c *corpus) (task.Resources, error) {
	model, err := exemplarllm.New()
	if err != nil {
		return task.Resources{}, err
	}
	var assignments []userdata.Assignment
	for _, g := range c.groups {
		assignments = append(assignments, userdata.Assignment{ID: g, Scale: c.scale[g]})
	}
	return task.Using(userdata.NewClass("", "", userdata.Sources{Assignments: userdata.Values("groups", assignments...)}), model), nil
}

func scoreGroup(
	ctx context.Context, o options, c *corpus, group string, r *pipeline.Run, res task.Resources, scorer *task.Task,
) (outcome *eval.Outcome, copies int, err error) {
	var samples []eval.Sample[userdata.Submission, truth]
	for _, e := range c.essays[group] {
		samples = append(samples, eval.Sample[userdata.Submission, truth]{ID: e.submission.ID, Input: e.submission, Truth: e.truth})
	}
	copies, err = cluster(ctx, samples)
	if err != nil {
		return nil, 0, err
	}
	parts, err := folds(samples, o.folds, o.seed)
	if err != nil {
		return nil, 0, err
	}
	h, err := eval.NewHoldout("essays of "+group, samples)
	if err != nil {
		return nil, 0, err
	}
	outcome, err = eval.CrossValidate(ctx, r, scorer, res.Past(), h, parts, known, metrics(c, group), eval.WithSeed(o.seed))
	return outcome, copies, err
}

// known makes graded exemplars of the essays outside of a fold. An essay without text was graded for what it lacks and teaches nothing.
func known(train []eval.Sample[userdata.Submission, truth]) []userdata.Exemplar {
	var out []userdata.Exemplar
	for _, s := range train {
		if s.Input.Text != "" {
			f := userdata.Feedback{Submission: s.ID, Scores: []userdata.Score{{Value: s.Truth.score}}}
			out = append(out, userdata.Exemplar{Submission: s.Input, Feedback: f})
		}
	}
	return out
}

func metrics(c *corpus, group string) []eval.Metric[userdata.Submission, task.Prediction, truth] {
	predicted := func(p task.Prediction) (float64, bool) {
		s, ok := p.Feedback.Score("")
		return s.Value, ok
	}
	ms := eval.ScoreAgreement[userdata.Submission]("score", agreementScale(c.scale[group]), predicted,
		func(t truth) (float64, bool) { return t.score, true })
	if c.twoRaters {
		ms = append(ms, eval.Ceiling[userdata.Submission, task.Prediction]("ceiling", eval.KindQWK, agreementScale(c.rater[group]),
			func(t truth) (float64, bool) { return t.raters[0], true },
			func(t truth) (float64, bool) { return t.raters[1], true }))
	}
	return ms
}

func agreementScale(s userdata.Scale) agreement.Scale {
	step := s.Step
	if step == 0 {
		step = 1
	}
	return agreement.Scale{Min: s.Min, Max: s.Max, Step: step}
}
