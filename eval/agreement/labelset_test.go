package agreement_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/agreement"
	"github.com/gloss-sdk/gloss/eval/stats"
)

type labels = agreement.LabelSets[string]

func TestSetF1(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		items                 []labels
		counts                agreement.Counts
		precision, recall, f1 stats.Estimate
	}{
		"two items": {
			[]labels{
				{Predicted: []string{"thesis", "evidence"}, Truth: []string{"evidence", "style", "structure"}},
				{Predicted: []string{"style"}, Truth: []string{"style"}},
			},
			agreement.Counts{TP: 2, FP: 1, FN: 2}, stats.Of(2. / 3), stats.Of(.5), stats.Of(4. / 7),
		},
		"repetition and order do not count": {
			[]labels{{Predicted: []string{"a", "b", "a", "b"}, Truth: []string{"b", "b", "a"}}},
			agreement.Counts{TP: 2}, stats.Of(1), stats.Of(1), stats.Of(1),
		},
		"nothing predicted": {
			[]labels{{Truth: []string{"a"}}},
			agreement.Counts{FN: 1}, stats.Undefined("no label was predicted"), stats.Of(0), stats.Of(0),
		},
		"nothing true": {
			[]labels{{Predicted: []string{"a", "b"}}},
			agreement.Counts{FP: 2}, stats.Of(0), stats.Undefined("no label is true"), stats.Of(0),
		},
		"both empty": {
			[]labels{{}, {}},
			agreement.Counts{}, stats.Undefined("no label was predicted"), stats.Undefined("no label is true"),
			stats.Undefined("no label was predicted and none is true"),
		},
		"no items": {
			nil,
			agreement.Counts{}, stats.Undefined("no label was predicted"), stats.Undefined("no label is true"),
			stats.Undefined("no label was predicted and none is true"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := agreement.SetF1(tc.items)
			assert.Equal(t, agreement.SetScore{Counts: tc.counts, Precision: tc.precision, Recall: tc.recall, F1: tc.f1}, got)
		})
	}
}

func TestSetF1AfterMatching(t *testing.T) {
	t.Parallel()
	// Four generated units against three of the teacher's: two matched, then three.
	two := agreement.Counts{TP: 2, FP: 2, FN: 1}
	assert.InDelta(t, .5, must(t, two.Precision()), 1e-9)
	assert.InDelta(t, .6666667, must(t, two.Recall()), 1e-7)
	assert.InDelta(t, .5714285714285715, must(t, two.F1()), 1e-9)
	three := agreement.Counts{TP: 3, FP: 1}
	assert.InDelta(t, .75, must(t, three.Precision()), 1e-9)
	assert.InDelta(t, 1, must(t, three.Recall()), 1e-9)
	assert.InDelta(t, .8571428571428571, must(t, three.F1()), 1e-9)
}

func must(t *testing.T, e stats.Estimate) float64 {
	t.Helper()
	v, ok := e.Value()
	require.True(t, ok, "want a value, have %v", e)
	return v
}

func TestSetScoreJSON(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(agreement.SetF1([]labels{{Truth: []string{"a"}}}))
	require.NoError(t, err)
	assert.JSONEq(t, `{"counts":{"tp":0,"fp":0,"fn":1},"precision":{"undefined":"no label was predicted"},"recall":0,"f1":0}`, string(data))
}

// pick returns size distinct labels out of m.
func pick(rng *rand.Rand, size, m int) []int { return rng.Perm(m)[:size] }

func TestSetF1Properties(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		items := make([]agreement.LabelSets[int], 1+rng.IntN(6))
		swapped := make([]agreement.LabelSets[int], len(items))
		var sum agreement.Counts
		for i := range items {
			items[i] = agreement.LabelSets[int]{Predicted: pick(rng, 1+rng.IntN(5), 8), Truth: pick(rng, 1+rng.IntN(5), 8)}
			swapped[i] = agreement.LabelSets[int]{Predicted: items[i].Truth, Truth: items[i].Predicted}
			sum = sum.Plus(agreement.CountLabels(items[i]))
		}
		s, turned := agreement.SetF1(items), agreement.SetF1(swapped)
		require.Equal(t, sum, s.Counts, "counts add up over items")
		require.Equal(t, s.Precision, turned.Recall)
		require.Equal(t, s.F1, turned.F1)
		p, r, f := must(t, s.Precision), must(t, s.Recall), must(t, s.F1)
		require.LessOrEqual(t, min(p, r), f+1e-12)
		require.GreaterOrEqual(t, max(p, r), f-1e-12)
		if p+r > 0 {
			require.InDelta(t, 2*p*r/(p+r), f, 1e-12, "harmonic mean")
		}
	}
}

func TestChanceSetF1(t *testing.T) {
	t.Parallel()
	truths := [][]int{{0, 1, 2}, {4}, {1, 3}, {}}
	items := make([]agreement.LabelSets[int], len(truths))
	for i, truth := range truths {
		items[i].Truth = truth
	}
	e, err := agreement.ChanceSetF1(items, 5)
	require.NoError(t, err)
	assert.InDelta(t, (9.+1+4)/(5*6), must(t, e), 1e-12)

	// What it claims to be the mean of.
	rng := rand.New(rand.NewPCG(2, 2))
	var mean float64
	const draws = 20_000
	for range draws {
		for i, truth := range truths {
			items[i].Predicted = pick(rng, len(truth), 5)
		}
		mean += must(t, agreement.SetF1(items).F1) / draws
	}
	assert.InDelta(t, must(t, e), mean, .005)
}

func TestChanceSetF1Ends(t *testing.T) {
	t.Parallel()
	all := []labels{{Truth: []string{"a", "b"}}, {Truth: []string{"b", "a", "a"}}}
	e, err := agreement.ChanceSetF1(all, 2)
	require.NoError(t, err)
	assert.InDelta(t, 1, must(t, e), 0, "choosing all of them is always right")

	e, err = agreement.ChanceSetF1([]labels{{}}, 0)
	require.NoError(t, err)
	assert.Equal(t, "no label is true", e.Reason())

	_, err = agreement.ChanceSetF1(all, 1)
	require.EqualError(t, err, "agreement: chance F1: item 0 has 2 true labels out of 1: want labels to be the number of all")
}
