//go:build unix

package stack_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
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

// BenchmarkEvaluated evaluates 4,000 items, the record on, through a fake that answers after 5 ms, and reports the time in units of the ideal one:
// 4,000 answers in rows of 64. Short answers of 60 words and essays of 300 go through five stages of one's own, and essays through a task of
// gloss; the same waits in a bare pool of goroutines stand beside it.
func BenchmarkEvaluated(b *testing.B) {
	ideal := float64(evaluatedItems) / evaluatedAtOnce * answerTime.Seconds()
	for _, c := range []struct {
		name      string
		target    func(testing.TB) essayTarget
		sentences int
	}{{"answers", fiveStages, 5}, {"essays", fiveStages, 25}, {"task", essayScore, 25}} {
		b.Run(c.name, func(b *testing.B) {
			var bare, evaluated, cpu time.Duration
			for range b.N {
				b.StopTimer()
				bare += barePool()
				target, held := c.target(b), holdout(b, c.sentences)
				b.StartTimer()
				begin, before := time.Now(), cpuTime(b)
				evaluate(b, target, held)
				evaluated += time.Since(begin)
				cpu += cpuTime(b) - before
			}
			b.ReportMetric(evaluated.Seconds()/float64(b.N)/ideal, "x-ideal")
			b.ReportMetric(bare.Seconds()/float64(b.N)/ideal, "bare-x-ideal")
			b.ReportMetric(cpu.Seconds()*1e6/float64(b.N)/evaluatedItems, "cpu-us/item")
		})
	}
}

// cpuTime returns what the process has used so far, user and system.
func cpuTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
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

// slow is a model that answers after [answerTime].
func slow(ctx context.Context, _ llm.Request) (llm.Response, error) {
	select {
	case <-time.After(answerTime):
	case <-ctx.Done():
	}
	return llm.Response{Text: good, Finish: llm.FinishStop, Model: "slow", Usage: llm.Usage{Input: 600, Output: 20}}, ctx.Err()
}

// essayScore is a task of gloss.
func essayScore(tb testing.TB) essayTarget {
	tb.Helper()
	class := userdata.NewClass("c", "okafor", userdata.Sources{Assignments: userdata.Values("assignments", userdata.Assignment{
		ID: "road", Prompt: instructions(), Scale: userdata.Scale{Min: 1, Max: 6},
	})})
	target, err := task.EssayScore(task.Using(class, llm.Func(slow)), task.WithoutPastFeedback(), task.WithoutClassDocs(), task.WithoutRubric())
	require.NoError(tb, err)
	return target
}

func instructions() string {
	return strings.Repeat("Should the road be closed? Read what the town says. ", 12)
}

// draft is what the stages of [fiveStages] hand on.
type draft struct {
	Essay      userdata.Submission `json:"essay"`
	Prompt     string              `json:"prompt,omitempty"`
	Reply      string              `json:"reply,omitempty"`
	Score      float64             `json:"score,omitempty"`
	Confidence string              `json:"confidence,omitempty"`
}

// fiveStages reads, prompts, asks, parses and judges, as a pipeline of one's own does.
func fiveStages(testing.TB) essayTarget {
	call := pipeline.Call("model", llm.Generation{Model: llm.Func(slow)})
	step := func(name string, f func(ctx context.Context, d draft) (draft, error)) pipeline.Stage[draft, draft] {
		return pipeline.Named(name, pipeline.Fn(f))
	}
	read := pipeline.Named("read", pipeline.Fn(func(_ context.Context, s userdata.Submission) (draft, error) { return draft{Essay: s}, nil }))
	ask := pipeline.Chain(
		step("prompt", func(_ context.Context, d draft) (draft, error) {
			d.Prompt = instructions() + d.Essay.Text
			return d, nil
		}),
		step("ask", func(ctx context.Context, d draft) (draft, error) {
			resp, err := call.Run(ctx, llm.Request{Messages: []llm.Message{{Role: llm.User, Text: d.Prompt}}})
			d.Reply = resp.Text
			return d, err
		}),
		step("parse", func(_ context.Context, d draft) (draft, error) {
			var reply struct {
				Score float64 `json:"score"`
			}
			err := json.Unmarshal([]byte(d.Reply), &reply)
			d.Score = reply.Score
			return d, err
		}))
	judge := pipeline.Named("judge", pipeline.Fn(func(_ context.Context, d draft) (task.Prediction, error) {
		return task.Prediction{Feedback: userdata.Feedback{Submission: d.Essay.ID, Scores: []userdata.Score{{Value: d.Score}}}}, nil
	}))
	return pipeline.Derive(pipeline.Meta{Name: "five"}, 0,
		func(*pipeline.Needs, int) func(context.Context) (pipeline.Stage[userdata.Submission, task.Prediction], error) {
			return func(context.Context) (pipeline.Stage[userdata.Submission, task.Prediction], error) {
				return pipeline.Then(pipeline.Then(read, ask), judge), nil
			}
		})
}

func holdout(tb testing.TB, sentences int) *eval.Holdout[userdata.Submission, float64] {
	tb.Helper()
	samples := make([]scoredEssay, evaluatedItems)
	for i := range samples {
		id := fmt.Sprintf("essay-%04d", i)
		text := strings.Repeat(fmt.Sprintf("In essay %d I say that the road should be closed on Saturdays. ", i), sentences)
		samples[i] = scoredEssay{ID: id, Input: userdata.Submission{ID: id, Assignment: "road", Text: text}, Truth: float64(1 + i%6)}
	}
	held, err := eval.NewHoldout("holdout", samples)
	require.NoError(tb, err)
	return held
}

func evaluate(tb testing.TB, target essayTarget, held *eval.Holdout[userdata.Submission, float64]) {
	tb.Helper()
	w, err := record.Create(filepath.Join(tb.TempDir(), "run"), record.Manifest{})
	require.NoError(tb, err)
	run, err := pipeline.NewRun(pipeline.WithRecorder(w), pipeline.WithInFlight(evaluatedAtOnce))
	require.NoError(tb, err)
	off := eval.Mean("off", func(_ context.Context, c eval.Case[userdata.Submission, task.Prediction, float64]) (float64, error) {
		return c.Out.Feedback.Scores[0].Value - c.Truth, nil
	})
	outcome, err := eval.Run(tb.Context(), run, target, held, []eval.Metric[userdata.Submission, task.Prediction, float64]{off})
	require.NoError(tb, err)
	require.Len(tb, outcome.Items, evaluatedItems)
	require.NoError(tb, w.Close())
	require.NoError(tb, run.Close())
}
