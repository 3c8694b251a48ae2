package eval_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval"
)

// mixed is an outcome with every status, clusters and every kind of metric.
func mixed(t testing.TB) *eval.Outcome {
	t.Helper()
	samples := samplesOf(24, 3)
	samples[4].Truth.First, samples[5].Truth.Second = 0, 0
	samples[23].Cluster = ""
	results := resultsOf(samples, func(e Essay) (Feedback, error) {
		switch e.ID {
		case "e02":
			return Feedback{}, errPlanned
		case "e03":
			return Feedback{Labels: []string{"thesis"}}, nil
		default:
			return right(e)
		}
	})
	return scoreOf(t, holdoutOf(t, samples), results[:22], everyMetric(), eval.WithSeed(7), eval.WithLevel(0.9), eval.WithName("mixed"))
}

func TestAnOutcomeSurvivesJSON(t *testing.T) {
	t.Parallel()
	o := mixed(t)
	text := jsonOf(t, o)
	var back eval.Outcome
	require.NoError(t, json.Unmarshal([]byte(text), &back))
	assert.Equal(t, text, jsonOf(t, back))

	for i, s := range back.Summaries() {
		if s.Metric.Kind == eval.KindReduced {
			assert.Equal(t, "the reducer is not stored; pass the metric to Reattach", s.Value().Reason())
			continue
		}
		assert.Equal(t, o.Summaries()[i], s, s.Metric.Name)
	}
	whole, err := eval.Reattach(&back, meanSpread(), tone())
	require.NoError(t, err)
	assert.Equal(t, o.Summaries(), whole.Summaries())
	assert.Equal(t, "the reducer is not stored; pass the metric to Reattach", summaryOf(t, &back, "spread").Value().Reason(), "a copy was made")

	kept, err := eval.Reattach[Essay, Feedback, Graded](whole)
	require.NoError(t, err)
	assert.Equal(t, o.Summaries(), kept.Summaries())
}

func TestReattachRefusesOtherMetrics(t *testing.T) {
	t.Parallel()
	o := mixed(t)
	_, err := eval.Reattach(o,
		meanSpread().LowerIsBetter(), eval.Reduced[Essay, Feedback, Graded]("strange", nil, nil), eval.Reduced[Essay, Feedback, Graded]("tone", nil, nil))
	require.Error(t, err)
	lines := strings.Split(err.Error(), "\n")
	require.Len(t, lines, 3)
	assert.Contains(t, lines[0], `metric "spread" is {Name:spread Kind:reduced`)
	assert.Contains(t, lines[1], `outcome "mixed" has no metric "strange": it has ["score qwk" "score exact"`)
	assert.Contains(t, lines[2], `metric "tone": a function is nil`)
}

func TestUnmarshalRefusesWhatNoScoringMakes(t *testing.T) {
	t.Parallel()
	good := `{"holdout":"h","metrics":[{"name":"m","kind":"mean"}],"items":[{"id":"a","cells":[{"status":"scored","row":[1]}]}],"resampling":{"seed":0,"draws":2000,"level":0.95}}`
	var o eval.Outcome
	require.NoError(t, json.Unmarshal([]byte(good), &o))
	for name, tc := range map[string]struct{ old, new, want string }{
		"unknown field":      {`"holdout"`, `"held":1,"holdout"`, `unknown field "held"`},
		"another type":       {`"h"`, `1`, "cannot unmarshal number"},
		"no metrics":         {`[{"name":"m","kind":"mean"}]`, `[]`, "no metric"},
		"nameless metric":    {`"m"`, `""`, "a metric needs a name"},
		"unknown kind":       {`"mean"`, `"median"`, `unknown kind "median"`},
		"no scale":           {`"mean"`, `"qwk"`, `metric "m": scale`},
		"scale of a mean":    {`"mean"`, `"mean","scale":{"min":1,"max":6,"step":1}`, `kind "mean" has no scale`},
		"dangling reference": {`"mean"`, `"mean","reference":"x"`, `refers to "x"`},
		"same metric":        {`{"name":"m","kind":"mean"}`, `{"name":"m","kind":"mean"},{"name":"m","kind":"mean"}`, `two metrics are named "m"`},
		"no ID":              {`"a"`, `""`, `item 1 has the ID ""`},
		"same ID":            {`[{"id":"a"`, `[{"id":"a","cells":[{"status":"errored"}]},{"id":"a"`, `item 2 has the ID "a"`},
		"no cell":            {`[{"status":"scored","row":[1]}]`, `[]`, `item "a" has 0 cells for 1 metrics`},
		"row too long":       {`[1]`, `[1,2]`, "the row has 2 numbers"},
		"no row":             {`,"row":[1]`, ``, "the row has 0 numbers"},
		"unknown status":     {`"scored"`, `"done"`, `unknown status "done"`},
		"numbers of nothing": {`"scored"`, `"missing"`, `status "missing" comes without numbers`},
		"level":              {`0.95`, `95`, "level 95"},
		"draws":              {`2000`, `3`, "needs at least 40"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, good, tc.old)
			o := eval.Outcome{Name: "before"}
			err := json.Unmarshal([]byte(strings.Replace(good, tc.old, tc.new, 1)), &o)
			require.ErrorContains(t, err, tc.want)
			assert.Equal(t, eval.Outcome{Name: "before"}, o, "an error changes nothing")
		})
	}
}

func FuzzOutcomeJSON(f *testing.F) {
	f.Add([]byte(jsonOf(f, mixed(f))))
	f.Add([]byte(`{"metrics":[{"name":"m","kind":"set_f1"}],"items":[{"id":"a","cells":[{"status":"scored","row":[1e300,-1,0.5]}]}]}`))
	f.Add([]byte(`{"metrics":[{"name":"m","kind":"qwk","scale":{"min":0,"max":1,"step":1}}],"items":[{"id":"a","cells":[{"status":"scored","row":[0,9]}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var o eval.Outcome
		if json.Unmarshal(data, &o) != nil || o.Resampling.Draws > 1000 {
			return
		}
		var back eval.Outcome
		text := jsonOf(t, o)
		require.NoError(t, json.Unmarshal([]byte(text), &back))
		require.Equal(t, text, jsonOf(t, back))
		var table strings.Builder
		require.NoError(t, back.WriteTable(&table))
		for _, m := range o.Metrics {
			c, err := eval.Compare(&o, &back, m.Name)
			require.NoError(t, err)
			if v, ok := c.Difference.Point.Value(); ok {
				require.Zero(t, v, "an outcome does not differ from itself")
			}
		}
	})
}
