package stack_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

const (
	evaluatedItems  = 4000
	evaluatedAtOnce = 64
	answerTime      = 5 * time.Millisecond
)

// BenchmarkEvaluated evaluates 4,000 essays of 300 words with a task of gloss, the record on, through a fake that answers after 5 ms, and reports the time
// in units of the ideal one: 4,000 answers in rows of 64. The same work by a bare pool of goroutines stands beside it.
func BenchmarkEvaluated(b *testing.B) {
	ideal := float64(evaluatedItems) / evaluatedAtOnce * answerTime.Seconds()
	var bare, evaluated time.Duration
	for range b.N {
		b.StopTimer()
		bare += barePool()
		target, holdout := evaluation(b)
		b.StartTimer()
		begin := time.Now()
		evaluate(b, target, holdout)
		evaluated += time.Since(begin)
	}
	b.ReportMetric(evaluated.Seconds()/float64(b.N)/ideal, "x-ideal")
	b.ReportMetric(bare.Seconds()/float64(b.N)/ideal, "bare-x-ideal")
}

// barePool is the least that 4,000 answers take here.
func barePool() time.Duration {
	begin := time.Now()
	var pool sync.WaitGroup
	work := make(chan struct{})
	for range evaluatedAtOnce {
		pool.Go(func() {
			for range work {
				time.Sleep(answerTime)
			}
		})
	}
	for range evaluatedItems {
		work <- struct{}{}
	}
	close(work)
	pool.Wait()
	return time.Since(begin)
}

type (
	scoredEssay = eval.Sample[userdata.Submission, float64]
	essayTarget = pipeline.Handle[pipeline.Stage[userdata.Submission, task.Prediction]]
)

func evaluation(tb testing.TB) (essayTarget, *eval.Holdout[userdata.Submission, float64]) {
	tb.Helper()
	fake := llm.Func(func(ctx context.Context, _ llm.Request) (llm.Response, error) {
		select {
		case <-time.After(answerTime):
		case <-ctx.Done():
		}
		return llm.Response{Text: good, Finish: llm.FinishStop, Model: "fake", Usage: llm.Usage{Input: 2000, Output: 20}}, ctx.Err()
	})
	class := userdata.NewClass("c", "okafor", userdata.Sources{Assignments: userdata.Values("assignments", userdata.Assignment{
		ID: "road", Prompt: strings.Repeat("Should the road be closed? Read what the town says. ", 12), Scale: userdata.Scale{Min: 1, Max: 6},
	})})
	target, err := task.EssayScore(task.Using(class, fake), task.WithoutPastFeedback(), task.WithoutClassDocs(), task.WithoutRubric())
	require.NoError(tb, err)
	samples := make([]scoredEssay, evaluatedItems)
	for i := range samples {
		id := fmt.Sprintf("essay-%04d", i)
		text := strings.Repeat(fmt.Sprintf("In essay %d I say that the road should be closed on Saturdays. ", i), 28)
		samples[i] = scoredEssay{ID: id, Input: userdata.Submission{ID: id, Assignment: "road", Text: text}, Truth: float64(1 + i%6)}
	}
	holdout, err := eval.NewHoldout("holdout", samples)
	require.NoError(tb, err)
	return target, holdout
}

func evaluate(tb testing.TB, target essayTarget, holdout *eval.Holdout[userdata.Submission, float64]) {
	tb.Helper()
	w, err := record.Create(filepath.Join(tb.TempDir(), "run"), record.Manifest{})
	require.NoError(tb, err)
	run, err := pipeline.NewRun(pipeline.WithRecorder(w), pipeline.WithInFlight(evaluatedAtOnce))
	require.NoError(tb, err)
	off := eval.Mean("off", func(_ context.Context, c eval.Case[userdata.Submission, task.Prediction, float64]) (float64, error) {
		return c.Out.Feedback.Scores[0].Value - c.Truth, nil
	})
	outcome, err := eval.Run(tb.Context(), run, target, holdout, []eval.Metric[userdata.Submission, task.Prediction, float64]{off})
	require.NoError(tb, err)
	require.Len(tb, outcome.Items, evaluatedItems)
	require.NoError(tb, w.Close())
	require.NoError(tb, run.Close())
}
