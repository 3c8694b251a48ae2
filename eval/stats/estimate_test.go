package stats_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/stats"
)

// value returns the number of a defined estimate and fails the test otherwise.
func value(t *testing.T, e stats.Estimate) float64 {
	t.Helper()
	v, ok := e.Value()
	require.True(t, ok, "want a value, have %v", e)
	return v
}

// near compares a defined estimate with a reference value to 1e-9.
func near(t *testing.T, want float64, e stats.Estimate, what string) {
	t.Helper()
	assert.InDelta(t, want, value(t, e), 1e-9, what)
}

func TestEstimateKnowsWhetherItHasAValue(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		estimate stats.Estimate
		value    float64
		defined  bool
		reason   string
		text     string
	}{
		"number":          {stats.Of(0.25), 0.25, true, "", "0.25"},
		"zero":            {stats.Of(0), 0, true, "", "0"},
		"long number":     {stats.Of(2. / 3), 2. / 3, true, "", "0.666667"},
		"NaN":             {stats.Of(math.NaN()), 0, false, "the computation gave NaN", "undefined (the computation gave NaN)"},
		"infinity":        {stats.Of(math.Inf(-1)), 0, false, "the computation gave -Inf", "undefined (the computation gave -Inf)"},
		"reason":          {stats.Undefined("no ratings"), 0, false, "no ratings", "undefined (no ratings)"},
		"empty reason":    {stats.Undefined(""), 0, false, "no reason given", "undefined (no reason given)"},
		"the zero value":  {stats.Estimate{}, 0, false, "not computed", "undefined (not computed)"},
		"negative zero":   {stats.Of(math.Copysign(0, -1)), 0, true, "", "0"},
		"negative number": {stats.Of(-1), -1, true, "", "-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, ok := tc.estimate.Value()
			assert.InDelta(t, tc.value, v, 0)
			assert.Equal(t, tc.defined, ok)
			assert.Equal(t, tc.defined, tc.estimate.Defined())
			assert.Equal(t, tc.reason, tc.estimate.Reason())
			assert.Equal(t, tc.text, tc.estimate.String())
		})
	}
}

func TestEstimateJSON(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]stats.Estimate{
		`0.1`:                          stats.Of(0.1),
		`0`:                            stats.Of(0),
		`1e-300`:                       stats.Of(1e-300),
		`{"undefined":"no ratings"}`:   stats.Undefined("no ratings"),
		`{"undefined":"not computed"}`: {},
	} {
		data, err := json.Marshal(e)
		require.NoError(t, err)
		assert.Equal(t, want, string(data))

		var back stats.Estimate
		require.NoError(t, json.Unmarshal(data, &back))
		assert.Equal(t, e.String(), back.String())
	}
}

func TestEstimateRefusesOtherJSON(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		`null`, `"0.5"`, `[1]`, `true`, `{}`, `{"undefined":""}`, `{"undefined":1}`,
		`{"undefined":"x","value":1}`, `1e999`,
	} {
		e := stats.Of(7)
		require.Error(t, json.Unmarshal([]byte(data), &e), data)
		assert.Equal(t, stats.Of(7), e, "%s changed the estimate", data)
	}
}

func FuzzEstimateJSON(f *testing.F) {
	for _, seed := range []string{`0.5`, `{"undefined":"why"}`, `null`, `{"undefined":""}`, ` { } `, `-0`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var e stats.Estimate
		if e.UnmarshalJSON(data) != nil {
			return
		}
		written, err := json.Marshal(e)
		require.NoError(t, err)
		var back stats.Estimate
		require.NoError(t, json.Unmarshal(written, &back))
		require.Equal(t, e, back)
	})
}
