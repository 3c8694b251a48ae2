// Aws gives feedback with a model of Amazon Bedrock. Which class, which model and which tasks is in aws.yaml; the credentials are those of
// the AWS configuration, and no file of a class or of a task holds one.
//
//	go run ./examples/aws                                                  # feedback on the essays of essays.yaml
//	go run ./examples/aws -plan                                            # only what would run
//	go run ./examples/aws -set resources.model.params.model=MODEL_ID       # any value of aws.yaml
//
// Before anything is sent the region and the credentials are looked up. If one of them is missing the program prints what would run, says
// what is missing and where it looked, and sends nothing. The metadata service of an EC2 instance is never asked, because elsewhere that
// only takes time: export its credentials into the environment instead.
//
// The exit code is 0 when all feedback was given or only the plan was asked for, 1 when something failed, 2 when an argument is wrong, and 3
// when the region or the credentials are missing.
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/config"
	"github.com/gloss-sdk/gloss/task/userdata"
)

//go:embed aws.yaml class essays.yaml
var files embed.FS

// The exit codes.
const (
	exitDone = iota
	exitFailed
	exitUsage
	exitNotReady
)

// errUsage is that an argument is wrong, which is said already.
var errUsage = errors.New("wrong argument")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(exitCode(err, os.Stderr))
}

// exitCode says what went wrong and returns the code for it.
func exitCode(err error, stderr io.Writer) int {
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return exitDone
	case errors.Is(err, errUsage):
		return exitUsage
	}
	fmt.Fprintf(stderr, "aws: %v\n", err)
	if _, ok := errors.AsType[*notReadyError](err); ok {
		return exitNotReady
	}
	return exitFailed
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var set []string
	flags := flag.NewFlagSet("aws", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Func("set", "set one value of aws.yaml, `path=value`; may be repeated", func(s string) error {
		set = append(set, s)
		return nil
	})
	planOnly := flags.Bool("plan", false, "print what would run, and stop")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return errUsage
	}
	a := lookUp(ctx)
	j, err := open(ctx, a, set)
	if err != nil {
		return err
	}
	missing := a.missing()
	if *planOnly || missing != nil {
		if err := j.printPlan(stdout, a.params); err != nil || *planOnly {
			return err
		}
		return missing
	}
	return j.run(ctx, stdout)
}

// job is what is to be done: every task for every essay.
type job struct {
	options []pipeline.RunOption
	tasks   []*task.Task
	essays  []userdata.Submission
}

func open(ctx context.Context, a *account, set []string) (*job, error) {
	text, err := files.ReadFile("aws.yaml")
	if err != nil {
		return nil, err
	}
	cfg, err := config.Parse("aws.yaml", text, files, config.WithSet(set...), config.WithModel("bedrock", a.model),
		config.WithLookupEnv(a.lookupEnv))
	if err != nil {
		return nil, err
	}
	bound, err := cfg.Open()
	if err != nil {
		return nil, err
	}
	j := &job{options: cfg.RunOptions()}
	for _, name := range cfg.Tasks() {
		t, err := bound.Task(name)
		if err != nil {
			return nil, err
		}
		j.tasks = append(j.tasks, t)
	}
	for rec, err := range userdata.YAML[userdata.Submission](files, "essays.yaml").Read(ctx) {
		if err != nil {
			return nil, err
		}
		j.essays = append(j.essays, rec.Value)
	}
	return j, nil
}

// run does all tasks one after the other. The failure of an essay ends no other.
func (j *job) run(ctx context.Context, w io.Writer) (err error) {
	r, err := pipeline.NewRun(j.options...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var failed []error
	for _, t := range j.tasks {
		runner, err := pipeline.Start(ctx, r, t)
		if err != nil {
			return err
		}
		for result := range runner.Stream(ctx, pipeline.Items(j.essays...)) {
			if result.Err != nil {
				failed = append(failed, result.Err)
				continue
			}
			printFeedback(w, t.Name(), result.ID, result.Out)
		}
	}
	return errors.Join(failed...)
}
