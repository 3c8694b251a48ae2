// Quickstart is the main job of gloss on embedded defaults: read a class, predict scores and feedback for a batch of essays, and measure the
// predictions against what a teacher said. It needs no network and no credentials.
//
//	go run ./examples/quickstart
//
// The class was written for this project: one assignment, a rubric, two class documents, 60 graded essays, and 24 more that are held out with
// the teacher's feedback and a second rater's scores.
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gloss-sdk/gloss/eval/experiment"
	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/exemplarllm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/progress"
	"github.com/gloss-sdk/gloss/pipeline/record"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/config"
	"github.com/gloss-sdk/gloss/task/userdata"
)

//go:embed quickstart.yaml class holdout
var files embed.FS

// seed fixes the resampling behind the intervals.
const seed = 1

func main() { os.Exit(experiment.Main("quickstart", run)) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var flags experiment.Flags
	fs := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	fs.SetOutput(stderr)
	flags.Register(fs)
	if err := fs.Parse(args); err != nil {
		return err
	}
	cfg, err := loadConfig(flags)
	if err != nil {
		return err
	}
	if flags.PrintConfig {
		return cfg.WriteValues(stdout)
	}
	tasks, err := openTasks(cfg)
	if err != nil {
		return err
	}
	if flags.Plan {
		return printPlan(stdout, tasks)
	}
	one, err := predictOne(ctx, tasks)
	if err != nil {
		return err
	}
	if !flags.JSON {
		printOne(stdout, one)
	}
	l := &launch{flags: flags, config: cfg, tasks: tasks, stderr: stderr}
	summary, err := l.evaluate(ctx)
	if err != nil {
		return err
	}
	if flags.JSON {
		return summary.writeJSON(stdout)
	}
	return summary.writeText(stdout)
}

func loadConfig(flags experiment.Flags) (*config.Config, error) {
	text, err := files.ReadFile("quickstart.yaml")
	if err != nil {
		return nil, err
	}
	set := flags.Set
	if flags.InFlight != 0 {
		set = append(set[:len(set):len(set)], fmt.Sprintf("run.in_flight=%d", flags.InFlight))
	}
	return config.Parse("quickstart.yaml", text, files, config.WithSet(set...),
		config.WithModel("exemplar", func(struct{}, config.Environment) (llm.Model, error) { return exemplarllm.New() }))
}

// tasks are the tasks of the configuration, over shared resources.
type tasks struct {
	resources task.Resources
	list      []*task.Task
}

func openTasks(cfg *config.Config) (tasks, error) {
	bound, err := cfg.Open()
	if err != nil {
		return tasks{}, err
	}
	out := tasks{resources: bound.Resources}
	for _, name := range cfg.Tasks() {
		t, err := bound.Task(name)
		if err != nil {
			return tasks{}, err
		}
		out.list = append(out.list, t)
	}
	return out, nil
}

func printPlan(w io.Writer, ts tasks) error {
	var nodes []pipeline.Node
	for _, t := range ts.list {
		nodes = append(nodes, t)
	}
	plan, err := pipeline.NewPlan(nodes...)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(w, plan)
	return err
}

// byHand is a submission that is in no file: inputs may as well be written down.
func byHand() userdata.Submission {
	return userdata.Submission{
		ID: "by-hand", Assignment: "harbor-road", Student: "guest",
		Text: `Dear council, I think you should close Harbor Road on Saturdays, but only if the shuttle comes back. ` +
			`In the article it says that 2,100 people came on foot and that eleven of fourteen stalls sold more. ` +
			`My aunt has one of these stalls and she says it was the best spring for years. ` +
			`Some people say that old people cannot walk 450 metres from the bus, and they are right, ` +
			`Mrs. Aaltonen should not have to choose between the market and her legs. ` +
			`With the shuttle ninety people could ride, so the problem can be solved and it costs 600 a day. ` +
			`Mr. Pell lost money and I do not know what to do about cement. Maybe he could have one hour for loading in the morning. ` +
			`First you should promise the shuttle for the whole summer, and then put up the barriers.`,
	}
}

// predictOne is plain inference for one submission, as a service does it: no evaluation, no record.
func predictOne(ctx context.Context, ts tasks) ([]task.Prediction, error) {
	r, err := pipeline.NewRun()
	if err != nil {
		return nil, err
	}
	var out []task.Prediction
	for _, t := range ts.list {
		runner, err := pipeline.Start(ctx, r, t)
		if err != nil {
			return nil, err
		}
		p, err := runner.Run(ctx, byHand())
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, r.Close()
}

// launch is one evaluation of every task, recorded in a run directory.
type launch struct {
	flags  experiment.Flags
	config *config.Config
	tasks  tasks
	stderr io.Writer
}

// manifest is what the run directory says of itself.
func (l *launch) manifest() (record.Manifest, error) {
	effective, err := l.config.MarshalJSON()
	if err != nil {
		return record.Manifest{}, err
	}
	m := record.Manifest{Name: "quickstart", Seed: seed, Config: effective, Plans: map[string]record.Plan{}}
	for _, t := range l.tasks.list {
		plan, err := pipeline.NewPlan(t)
		if err != nil {
			return record.Manifest{}, err
		}
		m.Plans[t.Name()] = record.PlanOf(plan)
	}
	return m, nil
}

// predictions is how often each essay is predicted: by every task, and by the baseline beside a task that has one.
func (l *launch) predictions() int {
	n := 0
	for _, t := range l.tasks.list {
		n++
		if hasBaseline(t) {
			n++
		}
	}
	return n
}

func (l *launch) evaluate(ctx context.Context) (s *summary, err error) {
	set, err := readHoldout(ctx)
	if err != nil {
		return nil, err
	}
	m, err := l.manifest()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w, err := record.Create(record.NewDir(l.flags.Runs, "quickstart", time.Now()), m, record.OnError(cancel))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	line, err := progress.New(l.stderr, progress.Total(l.predictions()*set.Len()))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, line.Close()) }()
	kept := newKeeper()
	r, err := pipeline.NewRun(append(l.config.RunOptions(),
		pipeline.WithRecorder(w), pipeline.WithObserver(line), pipeline.WithObserver(kept))...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	s = &summary{Run: w.Dir(), kept: kept}
	for _, t := range l.tasks.list {
		if err := s.measure(ctx, r, l.tasks.resources, t, set); err != nil {
			return nil, err
		}
	}
	return s, nil
}
