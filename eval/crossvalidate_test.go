package eval_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/pipeline"
)

// classroom is a target that predicts the mean score of what it knows, and a shared asset that does not depend on it.
type classroom struct {
	known  pipeline.Asset[[]sample]
	target pipeline.Asset[pipeline.Stage[Essay, Feedback]]

	calls, models, lists, closed, closedLists atomic.Int64
	stop                                      func(call int64) error // may fail a call

	mu   sync.Mutex
	knew map[string][]string // for each essay the IDs that were known
}

type closer struct{ n *atomic.Int64 }

func (c closer) Close() error {
	c.n.Add(1)
	return nil
}

type meanModel struct {
	closer
	mean float64
	ids  []string
}

func newClassroom() *classroom {
	c := &classroom{known: pipeline.Given("known", []sample(nil)), knew: map[string][]string{}}
	list := pipeline.Derive(pipeline.Meta{Name: "word list"}, 0, func(*pipeline.Needs, int) func(context.Context) (closer, error) {
		return func(context.Context) (closer, error) {
			c.lists.Add(1)
			return closer{&c.closedLists}, nil
		}
	})
	model := pipeline.Derive(pipeline.Meta{Name: "teacher model"}, 0, func(n *pipeline.Needs, _ int) func(context.Context) (meanModel, error) {
		known := pipeline.Need(n, c.known)
		return func(context.Context) (meanModel, error) {
			c.models.Add(1)
			m := meanModel{closer: closer{&c.closed}}
			for _, s := range known() {
				m.mean += s.Truth.First / float64(len(known()))
				m.ids = append(m.ids, s.ID)
			}
			return m, nil
		}
	})
	c.target = pipeline.Derive(pipeline.Meta{Name: "draft"}, 0,
		func(n *pipeline.Needs, _ int) func(context.Context) (pipeline.Stage[Essay, Feedback], error) {
			get := pipeline.Need(n, model)
			pipeline.Need(n, list)
			return func(context.Context) (pipeline.Stage[Essay, Feedback], error) {
				m := get()
				return pipeline.Fn(func(_ context.Context, e Essay) (Feedback, error) { return c.predict(m, e) }), nil
			}
		})
	return c
}

func (c *classroom) predict(m meanModel, e Essay) (Feedback, error) {
	c.mu.Lock()
	c.knew[e.ID] = m.ids
	c.mu.Unlock()
	if n := c.calls.Add(1); c.stop != nil {
		if err := c.stop(n); err != nil {
			return Feedback{}, err
		}
	}
	return Feedback{Score: m.mean}, nil
}

func asKnown(train []sample) []sample { return slices.Clone(train) }

func randomFolds(t *testing.T, n, k int) eval.Folds {
	t.Helper()
	f, err := eval.RandomFolds(n, k, 1)
	require.NoError(t, err)
	return f
}

func ofMAE() []metric {
	return eval.Metrics(eval.MAE[Essay]("mae", sixPoints(), predictedScore, firstRater))
}

func TestCrossValidatePredictsEachSampleFromTheOthers(t *testing.T) {
	t.Parallel()
	samples := samplesOf(23, 0)
	c, r := newClassroom(), newRun(t)
	folds := randomFolds(t, 23, 4)
	o, err := eval.CrossValidate(t.Context(), r, c.target, c.known, holdoutOf(t, samples), folds, asKnown, ofMAE(), eval.WithSeed(9))
	require.NoError(t, err)

	assert.Equal(t, "draft", o.Name)
	assert.Equal(t, uint64(9), o.Resampling.Seed)
	assert.Equal(t, int64(23), c.calls.Load())
	assert.Equal(t, int64(4), c.models.Load(), "what depends on the known data is built once a fold")
	assert.Equal(t, int64(1), c.lists.Load(), "what does not is built once")
	assert.Equal(t, int64(4), c.closed.Load(), "what a fold built is closed")
	assert.Zero(t, c.closedLists.Load(), "what is shared is still in use")
	require.Len(t, o.LeakChecks, 4)
	for i := range folds.Len() {
		known, held := folds.Split(i)
		var ids []string
		sum := 0.0
		for _, p := range known {
			ids = append(ids, samples[p].ID)
			sum += samples[p].Truth.First
		}
		for _, p := range held {
			assert.Equal(t, ids, c.knew[samples[p].ID], "what was known for %s", samples[p].ID)
			item := o.Items[p]
			assert.Equal(t, samples[p].ID, item.ID)
			assert.InDelta(t, samples[p].Truth.First, item.Cells[0].Row[0], 0)
			assert.InDelta(t, sum/float64(len(known)), item.Cells[0].Row[1], 1e-12)
		}
	}
	require.NoError(t, r.Close())
	assert.Equal(t, int64(1), c.closedLists.Load())
}

func TestCrossValidateIsTheSameAtAnyNumberInFlight(t *testing.T) {
	t.Parallel()
	var outcomes []string
	for _, inFlight := range []int{1, 64} {
		c := newClassroom()
		keys := make([]string, 60)
		samples := samplesOf(60, 3)
		for i := range keys {
			keys[i] = samples[i].Cluster
		}
		folds, err := eval.GroupKFolds(keys, 5)
		require.NoError(t, err)
		o, err := eval.CrossValidate(t.Context(), newRun(t, pipeline.WithInFlight(inFlight)), c.target, c.known, holdoutOf(t, samples), folds, asKnown, ofMAE())
		require.NoError(t, err)
		outcomes = append(outcomes, jsonOf(t, o)+jsonOf(t, o.Summaries()))
	}
	assert.Equal(t, outcomes[0], outcomes[1])
}

func TestALeakInAnyFoldStopsAllOfThem(t *testing.T) {
	t.Parallel()
	samples := samplesOf(12, 0)
	samples[7].Input.Text = strings.ToUpper(samples[2].Input.Text) + "!" // the same essay handed in twice
	c := newClassroom()
	folds, err := eval.GroupFolds([]string{"a", "a", "a", "a", "b", "b", "b", "b", "c", "c", "c", "c"})
	require.NoError(t, err)
	o, err := eval.CrossValidate(t.Context(), newRun(t), c.target, c.known, holdoutOf(t, samples), folds, asKnown, ofMAE())
	assert.Nil(t, o)
	require.ErrorContains(t, err, "fold 1 of 3")
	require.ErrorContains(t, err, `root "known" at [3].Input.Text holds all 16 words of held text "e02"`)
	require.ErrorContains(t, err, "fold 2 of 3")
	require.ErrorContains(t, err, `held text "e07"`)
	require.NotContains(t, err.Error(), "fold 3 of 3")
	assert.Zero(t, c.calls.Load())
	assert.Zero(t, c.models.Load())
}

func TestARevealThatTellsTooMuchIsCaught(t *testing.T) {
	t.Parallel()
	samples := samplesOf(12, 0)
	c := newClassroom()
	everything := func([]sample) []sample { return samples }
	_, err := eval.CrossValidate(t.Context(), newRun(t), c.target, c.known, holdoutOf(t, samples), randomFolds(t, 12, 3), everything, ofMAE())
	require.ErrorContains(t, err, "leak check: inference can read 4 held texts")
	assert.Zero(t, c.calls.Load())
}

func TestRandomFoldsMayNotCutThroughClusters(t *testing.T) {
	t.Parallel()
	samples := samplesOf(12, 3)
	c := newClassroom()
	cross := func(folds eval.Folds) error {
		_, err := eval.CrossValidate(t.Context(), newRun(t), c.target, c.known, holdoutOf(t, samples), folds, asKnown, ofMAE())
		return err
	}
	err := cross(randomFolds(t, 12, 4))
	require.ErrorContains(t, err, `random folds cut through the clusters ["student 0" "student 1"`)
	assert.Zero(t, c.calls.Load())

	ids := make([]string, 12)
	keys := make([]string, 12)
	for i, s := range samples {
		ids[i], keys[i] = s.ID, s.Cluster
	}
	onPurpose, err := eval.GroupKFolds(ids, 4)
	require.NoError(t, err)
	require.NoError(t, cross(onPurpose))
	whole, err := eval.GroupFolds(keys)
	require.NoError(t, err)
	require.NoError(t, cross(whole))

	for i := range samples {
		samples[i].Cluster = ids[i] // clusters of one sample cannot be cut
	}
	require.NoError(t, cross(randomFolds(t, 12, 4)))
}

func TestFoldsHoldOutTheTextsThatTheHoldoutNames(t *testing.T) {
	t.Parallel()
	samples := samplesOf(6, 0)
	prompt := " Should the school day start later than it does now? "
	for i := range samples {
		samples[i].Input.ID = prompt // all inputs carry the wording of the assignment
	}
	c := newClassroom()
	h := holdoutOf(t, samples)
	_, err := eval.CrossValidate(t.Context(), newRun(t), c.target, c.known, h, randomFolds(t, 6, 2), asKnown, ofMAE())
	require.ErrorContains(t, err, "leak check")
	h = h.WithHeldTexts(func(e Essay) []string { return []string{e.Text} })
	_, err = eval.CrossValidate(t.Context(), newRun(t), c.target, c.known, h, randomFolds(t, 6, 2), asKnown, ofMAE())
	require.NoError(t, err)
}

func TestCrossValidateChecksItsArguments(t *testing.T) {
	t.Parallel()
	h := holdoutOf(t, samplesOf(6, 0))
	c := newClassroom()
	other := pipeline.Given("other", []sample(nil))
	for name, tc := range map[string]struct {
		run    *pipeline.Run
		known  pipeline.Handle[[]sample]
		folds  eval.Folds
		reveal func([]sample) []sample
		want   string
	}{
		"folds of another size": {newRun(t), c.known, randomFolds(t, 7, 2), asKnown, "folds of 7 samples do not fit a holdout of 6"},
		"zero folds":            {newRun(t), c.known, eval.Folds{}, asKnown, "folds of 0 samples do not fit a holdout of 6"},
		"no run":                {nil, c.known, randomFolds(t, 6, 2), asKnown, "needs a run"},
		"no reveal":             {newRun(t), c.known, randomFolds(t, 6, 2), nil, "a function that reveals"},
		"known is not needed":   {newRun(t), other, randomFolds(t, 6, 2), asKnown, `the target does not need "other": every fold would predict the same`},
		"known is zero":         {newRun(t), pipeline.Asset[[]sample]{}, randomFolds(t, 6, 2), asKnown, "zero asset"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := eval.CrossValidate(t.Context(), tc.run, c.target, tc.known, h, tc.folds, tc.reveal, ofMAE())
			require.ErrorContains(t, err, tc.want)
			assert.Nil(t, o)
		})
	}
	_, err := eval.CrossValidate(t.Context(), newRun(t), c.target, c.known, h, randomFolds(t, 6, 2), asKnown, nil, eval.WithLevel(3))
	require.ErrorContains(t, err, "no metric")
	require.ErrorContains(t, err, "WithLevel(3)")
	assert.Zero(t, c.calls.Load())
}

func TestFailuresInAFoldStayWithTheirItems(t *testing.T) {
	t.Parallel()
	c := newClassroom()
	c.stop = func(call int64) error {
		if call == 4 {
			return errPlanned
		}
		return nil
	}
	o, err := eval.CrossValidate(t.Context(), newRun(t, pipeline.WithInFlight(1)), c.target, c.known, holdoutOf(t, samplesOf(9, 0)), randomFolds(t, 9, 3), asKnown, ofMAE())
	require.NoError(t, err)
	assert.Equal(t, eval.Counts{Scored: 8, Errored: 1}, summaryOf(t, o, "mae").Counts)
}

func TestAnInterruptedCrossValidationKeepsWhatItHas(t *testing.T) {
	t.Parallel()
	stopped := errors.New("lesson is over")
	for last, counts := range map[int64]eval.Counts{
		1: {Errored: 1, Missing: 8}, 3: {Scored: 2, Errored: 1, Missing: 6}, 5: {Scored: 4, Errored: 1, Missing: 4}, 9: {Scored: 8, Errored: 1},
	} {
		t.Run(fmt.Sprint("call ", last), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			c := newClassroom()
			c.stop = func(call int64) error {
				if call != last {
					return nil
				}
				cancel(stopped)
				return stopped
			}
			r := newRun(t, pipeline.WithInFlight(1))
			o, err := eval.CrossValidate(ctx, r, c.target, c.known, holdoutOf(t, samplesOf(9, 0)), randomFolds(t, 9, 3), asKnown, ofMAE())
			require.ErrorIs(t, err, stopped)
			require.NotNil(t, o)
			assert.Equal(t, counts, summaryOf(t, o, "mae").Counts)
			assert.Equal(t, "draft", o.Name)
			assert.Equal(t, c.models.Load(), c.closed.Load())
			assert.Equal(t, last, c.calls.Load())
		})
	}
}

func TestAFoldThatCannotBeBuiltCostsNoOther(t *testing.T) {
	t.Parallel()
	known := pipeline.Given("known", []sample(nil))
	var builds atomic.Int64
	target := pipeline.Derive(pipeline.Meta{Name: "draft"}, 0,
		func(n *pipeline.Needs, _ int) func(context.Context) (pipeline.Stage[Essay, Feedback], error) {
			pipeline.Need(n, known)
			return func(context.Context) (pipeline.Stage[Essay, Feedback], error) {
				if builds.Add(1) == 2 {
					return nil, errPlanned
				}
				return pipeline.Fn(rightStage), nil
			}
		})
	o, err := eval.CrossValidate(t.Context(), newRun(t), target, known, holdoutOf(t, samplesOf(9, 0)), randomFolds(t, 9, 3), asKnown, ofMAE())
	require.ErrorIs(t, err, errPlanned)
	require.ErrorContains(t, err, "fold 2 of 3")
	require.NotNil(t, o)
	assert.Equal(t, eval.Counts{Scored: 6, Missing: 3}, summaryOf(t, o, "mae").Counts)
}
