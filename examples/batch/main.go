// Batch predicts a large batch the way a night's run does it: estimated first, within a budget, recorded, and resumed where it was stopped.
//
//	go run ./examples/batch -estimate                      what it would take, before anything is sent
//	go run ./examples/batch -run runs/essays               interrupt it, kill it, or let its budget end
//	go run ./examples/batch -run runs/essays               the same command goes on: nothing finished is done again
//	go run ./examples/batch -run runs/essays -set run.budget.cost=20
//
// Essays are generated, and the model is the baseline that needs no network, with a delay and a made-up price.
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/gloss-sdk/gloss/eval/experiment"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/progress"
	"github.com/gloss-sdk/gloss/pipeline/record"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/config"
	"github.com/gloss-sdk/gloss/task/userdata"
)

//go:embed batch.yaml prices.json
var files embed.FS

func main() { os.Exit(experiment.Main("batch", run)) }

// arguments are what a person may say on the command line.
type arguments struct {
	dir      string
	essays   int
	estimate bool
	compress bool
	set      []string
}

func parse(args []string, stderr io.Writer) (a arguments, err error) {
	fs := flag.NewFlagSet("batch", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&a.dir, "run", "runs/batch", "the `DIR` of the run; one that was begun goes on")
	fs.IntVar(&a.essays, "essays", 1000, "how many essays to predict")
	fs.BoolVar(&a.estimate, "estimate", false, "say what the run would take, and stop")
	fs.BoolVar(&a.compress, "compress", false, "compress the prompts and replies of the run when it ends")
	fs.Func("set", "set one value of the configuration, `path=value`; may be repeated", func(s string) error {
		a.set = append(a.set, s)
		return nil
	})
	if err := fs.Parse(args); err != nil {
		return a, err
	}
	if a.essays < 1 {
		return a, fmt.Errorf("-essays %d: want at least one essay", a.essays)
	}
	return a, nil
}

// batch is the work: a task of a configuration and what it is to predict.
type batch struct {
	dir    string
	record []record.Option
	config *config.Config
	task   *task.Task
	essays []userdata.Submission
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	a, err := parse(args, stderr)
	if err != nil {
		return err
	}
	b, err := open(a)
	if err != nil {
		return err
	}
	if a.estimate {
		return b.estimate(ctx, stdout)
	}
	stopped, err := b.predict(ctx, stderr)
	if err != nil {
		return err
	}
	return errors.Join(report(stdout, a.dir), stopped)
}

func open(a arguments) (*batch, error) {
	text, err := files.ReadFile("batch.yaml")
	if err != nil {
		return nil, err
	}
	cfg, err := config.Parse("batch.yaml", text, files, config.WithModel("baseline", baseline.open), config.WithSet(a.set...))
	if err != nil {
		return nil, err
	}
	class, essays := newClass(a.essays)
	bound, err := cfg.Open(config.WithClass(class))
	if err != nil {
		return nil, err
	}
	t, err := bound.Task(cfg.Tasks()[0])
	if err != nil {
		return nil, err
	}
	b := &batch{dir: a.dir, config: cfg, task: t, essays: essays}
	if a.compress {
		b.record = append(b.record, record.Compressed())
	}
	return b, nil
}

// estimate rehearses a few of the essays and says what all of them would take.
func (b *batch) estimate(ctx context.Context, w io.Writer) error {
	r, err := pipeline.NewRun(b.config.RunOptions()...)
	if err != nil {
		return err
	}
	e, err := pipeline.EstimateRun(ctx, r, b.task, pipeline.Items(b.essays...))
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(w, e)
	return err
}

// predict runs the batch, or what is left of it. It returns why the run stopped before the end, if it did so by itself.
func (b *batch) predict(ctx context.Context, stderr io.Writer) (stopped, err error) {
	effective, err := b.config.MarshalJSON()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w, err := record.CreateOrResume(b.dir, record.Manifest{Name: "batch", Config: effective}, append(b.record, record.OnError(cancel))...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	line, err := progress.New(stderr, progress.Total(len(b.essays)), progress.Extra(b.pace))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, line.Close()) }()
	r, err := pipeline.NewRun(append(b.config.RunOptions(), pipeline.WithRecorder(w), pipeline.WithObserver(line))...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	x, err := pipeline.Start(ctx, r, b.task)
	if err != nil {
		return nil, err
	}
	for range x.Stream(ctx, pipeline.Items(b.essays...), pipeline.AsCompleted()) { // the record keeps the results
	}
	if err := r.Stopped(); err != nil {
		return fmt.Errorf("%w; the same command goes on with what is left, once what stopped it is raised, as by -set run.budget.calls=…", err), nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w; the same command goes on with what is left", context.Cause(ctx)), nil
	}
	return nil, nil
}

// pace says how many calls the service takes at the moment.
func (b *batch) pace() string {
	if l := b.config.Limiter(); l != nil {
		return fmt.Sprintf("%d of %.0f calls at once", l.State().InFlight, float64(l.State().Limit))
	}
	return ""
}
