package crash_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm/openaillm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

const (
	essays   = 40
	inFlight = 8
)

// criteria are those of the rubric; each is asked for in a call of its own, so that an item makes three calls at once.
func criteria() []string { return []string{"claim", "evidence", "style"} }

// The environment by which the test binary knows that it is a worker.
const (
	envDir = "GLOSS_CRASH_DIR"
	envURL = "GLOSS_CRASH_URL"
)

func TestMain(m *testing.M) {
	dir := os.Getenv(envDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := work(context.Background(), dir, os.Getenv(envURL)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// worker returns the command of a process that begins the run in dir, or goes on with it, and exits with 0 once it is finished.
func worker(t *testing.T, dir, url string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), envDir+"="+dir, envURL+"="+url)
	return cmd
}

// work is what a program of a user does: it scores essays criterion by criterion, records the run, and resumes what was begun.
func work(ctx context.Context, dir, url string) (err error) {
	scorer, err := newScorer(url)
	if err != nil {
		return err
	}
	w, err := record.Resume(dir, record.Manifest{Name: "crash"})
	if errors.Is(err, fs.ErrNotExist) {
		w, err = record.Create(dir, record.Manifest{Name: "crash"})
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	run, err := pipeline.NewRun(pipeline.WithRecorder(w), pipeline.WithInFlight(inFlight),
		pipeline.WithRetry(pipeline.Retry{Initial: time.Millisecond, Max: 10 * time.Millisecond}))
	if err != nil {
		return err
	}
	runner, err := pipeline.Start(ctx, run, scorer)
	if err != nil {
		return err
	}
	for res := range runner.Stream(ctx, pipeline.Items(submissions()...)) {
		err = errors.Join(err, res.Err)
	}
	return errors.Join(err, run.Close())
}

func newScorer(url string) (*task.Task, error) {
	model, err := openaillm.New("survivor-1", openaillm.WithBaseURL(url+"/v1"), openaillm.WithAPIKey("k"))
	if err != nil {
		return nil, err
	}
	rubric := userdata.Rubric{ID: "r"}
	for _, id := range criteria() {
		rubric.Criteria = append(rubric.Criteria, userdata.Criterion{ID: id, Description: "The " + id + ".", Scale: userdata.Scale{Min: 1, Max: 6}})
	}
	class := userdata.NewClass("c", "okafor", userdata.Sources{
		Assignments: userdata.Values("assignments", userdata.Assignment{ID: "road", Rubric: "r", Prompt: "Should the road be closed?"}),
		Rubrics:     userdata.Values("rubrics", rubric),
	})
	return task.RubricScore(task.Using(class, model), task.WithTechnique(task.Technique{Evidence: task.EvidenceNone, PerCriterion: true}),
		task.WithoutPastFeedback(), task.WithoutClassDocs())
}

func submissions() []userdata.Submission {
	var all []userdata.Submission
	for i := range essays {
		id := fmt.Sprintf("essay-%d", i)
		text := fmt.Sprintf("Close it, I say in %s. The road is loud, and the market is better off without cars.", id)
		all = append(all, userdata.Submission{ID: id, Assignment: "road", Text: text})
	}
	return all
}

// finishes runs a worker to its end.
func finishes(t *testing.T, dir, url string) {
	t.Helper()
	out, err := worker(t, dir, url).CombinedOutput()
	require.NoError(t, err, string(out))
}
