package integration_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/reuse"
)

type handIn struct {
	ID string `json:"id"`
}

// ItemID identifies the hand-in in a run.
func (s handIn) ItemID() string { return s.ID }

// paidModel counts what it was paid for, and answers nothing once its money is gone.
type paidModel struct {
	mu    sync.Mutex
	money int
	paid  map[string]int // calls by prompt
}

// Identity names the model.
func (m *paidModel) Identity() string { return "paid-model" }

// Run answers one prompt.
func (m *paidModel) Run(_ context.Context, prompt string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.money == 0 {
		return "", errors.New("the money is gone")
	}
	m.money--
	m.paid[prompt]++
	return "graded: " + prompt, nil
}

// grading asks the model twice about a submission.
func grading(m *paidModel) pipeline.Asset[pipeline.Stage[handIn, []string]] {
	tool := pipeline.Tool[pipeline.Stage[string, string]]("model", m)
	return pipeline.Derive(pipeline.Meta{Name: "grading"}, struct{}{},
		func(n *pipeline.Needs, _ struct{}) func(context.Context) (pipeline.Stage[handIn, []string], error) {
			need := pipeline.Need(n, tool)
			return func(context.Context) (pipeline.Stage[handIn, []string], error) {
				call := pipeline.Call("model", need())
				return pipeline.Fn(func(ctx context.Context, s handIn) ([]string, error) {
					content, err := call.Run(ctx, "content of "+s.ID)
					if err != nil {
						return nil, err
					}
					style, err := call.Run(ctx, "style of "+s.ID)
					return []string{content, style}, err
				}), nil
			}
		})
}

// grade runs the grading over S3 with a journal and a client of its own, as another process would. It returns the results and how many
// of them failed.
func grade(t *testing.T, g *s3Gateway, m *paidModel, in []handIn) (out map[string][]string, failed int, report reuse.Report) {
	t.Helper()
	journal, err := reuse.New(g.open(t, "reuse"), reuse.Use)
	require.NoError(t, err)
	run, err := pipeline.NewRun(pipeline.WithJournal(journal), pipeline.WithoutRetries(), pipeline.WithInFlight(4))
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, grading(m))
	require.NoError(t, err)
	out = map[string][]string{}
	for r := range runner.Stream(t.Context(), pipeline.Items(in...)) {
		if r.Err != nil {
			failed++
			continue
		}
		out[r.ID] = r.Out
	}
	return out, failed, journal.Report()
}

func TestS3ResumesARunWithoutRepeatingCalls(t *testing.T) {
	const submissions, money = 20, 23
	g := s3Service(t)
	var in []handIn
	want := map[string][]string{}
	for i := range submissions {
		id := fmt.Sprint("s", i)
		in = append(in, handIn{id})
		want[id] = []string{"graded: content of " + id, "graded: style of " + id}
	}
	m := &paidModel{money: money, paid: map[string]int{}}
	_, failed, _ := grade(t, g, m, in)
	require.Positive(t, failed)
	require.Len(t, m.paid, money, "the first run ends early")

	m.money = 1000
	out, failed, _ := grade(t, g, m, in)
	require.Zero(t, failed)
	assert.Equal(t, want, out)
	for prompt, n := range m.paid {
		assert.Equal(t, 1, n, prompt)
	}
	require.Len(t, m.paid, 2*submissions)

	out, failed, report := grade(t, g, m, in)
	require.Zero(t, failed)
	assert.Equal(t, want, out)
	assert.Equal(t, reuse.Report{Reused: submissions}, report, "the third run asks for the items alone")
	assert.Equal(t, 1000-(2*submissions-money), m.money)

	ledger, err := reuse.ReadLedger(t.Context(), g.open(t, "reuse"))
	require.NoError(t, err)
	assert.Equal(t, 2*submissions, ledger.Total.Calls)
}

// Several processes grade the same submissions at once; each call is paid for once.
func TestS3SharesWorkAmongProcesses(t *testing.T) {
	const submissions, processes = 10, 3
	g := s3Service(t)
	var in []handIn
	for i := range submissions {
		in = append(in, handIn{fmt.Sprint("s", i)})
	}
	m := &paidModel{money: 1000, paid: map[string]int{}}
	var wg sync.WaitGroup
	outs := make([]map[string][]string, processes)
	for i := range processes {
		wg.Go(func() {
			var failed int
			outs[i], failed, _ = grade(t, g, m, in)
			assert.Zero(t, failed)
		})
	}
	wg.Wait()
	for _, out := range outs {
		assert.Equal(t, outs[0], out)
		assert.Len(t, out, submissions)
	}
	assert.Len(t, m.paid, 2*submissions)
	assert.Equal(t, 1000-2*submissions, m.money, "every call was paid for once")
}
