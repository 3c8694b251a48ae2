package pipeline_test

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

func TestMoneyReadsAndWritesDecimals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		amount pipeline.Money
		again  string
	}{
		"0":              {0, "0.00"},
		"12":             {12 * pipeline.Unit, "12.00"},
		"12.5":           {25 * pipeline.Unit / 2, "12.50"},
		"0.000000000001": {1, "0.000000000001"},
		"0.0375":         {375 * pipeline.Unit / 10_000, "0.0375"},
		"-3.10":          {-31 * pipeline.Unit / 10, "-3.10"},
		"9000000":        {9_000_000 * pipeline.Unit, "9000000.00"},
	} {
		got, err := pipeline.ParseMoney(text)
		require.NoError(t, err, text)
		assert.Equal(t, want.amount, got, text)
		assert.Equal(t, want.again, got.String())
		again, err := pipeline.ParseMoney(got.String())
		require.NoError(t, err)
		assert.Equal(t, got, again)
	}
	assert.Equal(t, "-9223372.036854775808", pipeline.Money(math.MinInt64).String())
}

func TestMoneyRefusesWhatIsNoAmount(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", ".5", "5.", "1e3", "+1", "1,000", "--1", "0x1", "1.0000000000001", "10000000", "9999999.999", "NaN", "1_0", " 1", "1.-5",
	} {
		_, err := pipeline.ParseMoney(text)
		require.ErrorContains(t, err, "is no amount of money: want a decimal number", text)
	}
}

func FuzzParseMoney(f *testing.F) {
	for _, s := range []string{"0", "12.50", "-0.000000000001", "9223372", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := pipeline.ParseMoney(s)
		if err != nil {
			return
		}
		again, err := pipeline.ParseMoney(m.String())
		require.NoError(t, err)
		require.Equal(t, m, again)
	})
}

func TestUsageAsJSON(t *testing.T) {
	t.Parallel()
	u := pipeline.Usage{Calls: 2, Input: 3, Output: 4, Cost: pipeline.Unit / 8, Unpriced: 1}
	text, err := json.Marshal(u)
	require.NoError(t, err)
	assert.JSONEq(t, `{"calls":2,"input_tokens":3,"output_tokens":4,"cost":"0.125","unpriced_calls":1}`, string(text))
	var again pipeline.Usage
	require.NoError(t, json.Unmarshal(text, &again))
	assert.Equal(t, u, again)
	assert.ErrorContains(t, json.Unmarshal([]byte(`{"cost":"much"}`), &again), "no amount of money")
}

func TestCostsAddUp(t *testing.T) {
	t.Parallel()
	o := &oracle{out: 3}
	run := newRun(t, priced())
	for _, res := range consult(t, run, o, 5) {
		require.NoError(t, res.Err)
		assert.Equal(t, pipeline.Usage{Calls: 2, Input: 30, Output: 6, Cost: 90 * pipeline.Unit}, res.Usage)
	}
	assert.Equal(t, pipeline.Usage{Calls: 10, Input: 150, Output: 30, Cost: 450 * pipeline.Unit}, run.Usage())
}

// A price that is not known is not 0: the calls are counted.
func TestUnknownPricesAreCounted(t *testing.T) {
	t.Parallel()
	unknown := pipeline.PricerFunc(func(pipeline.CallInfo, string, pipeline.Usage) (pipeline.Money, bool) { return 99, false })
	run := newRun(t, pipeline.WithPrices(unknown))
	results := consult(t, run, &oracle{}, 1)
	assert.Equal(t, pipeline.Usage{Calls: 2, Input: 30, Unpriced: 2}, results[0].Usage)
}

func TestPricesAreAskedForWhatAnswered(t *testing.T) {
	t.Parallel()
	var asked []string
	note := pipeline.PricerFunc(func(c pipeline.CallInfo, answered string, u pipeline.Usage) (pipeline.Money, bool) {
		asked = append(asked, c.Resource+" "+c.Provider+" "+c.Model+" "+answered)
		return pipeline.Money(u.Input), true
	})
	run := newRun(t, pipeline.WithPrices(note), pipeline.WithInFlight(1))
	consult(t, run, &oracle{}, 1)
	silent := pipeline.Call("index", pipeline.Fn(double))
	runner, err := pipeline.Start(t.Context(), run, pipeline.Tool("stage", silent))
	require.NoError(t, err)
	_, err = runner.Run(t.Context(), 1)
	require.NoError(t, err)
	assert.Equal(t, []string{"oracle delphi pythia pythia-2", "index   "}, slices.Compact(asked))
}

// A service that reports no tokens has not answered for nothing.
func TestCostsOfWhatReportsNoTokensAreUnknown(t *testing.T) {
	t.Parallel()
	free := pipeline.PricerFunc(func(pipeline.CallInfo, string, pipeline.Usage) (pipeline.Money, bool) { return 0, true })
	byToken := pipeline.PricerFunc(func(_ pipeline.CallInfo, _ string, u pipeline.Usage) (pipeline.Money, bool) {
		return pipeline.Money(u.Tokens()), true
	})
	byCall := pipeline.PricerFunc(func(_ pipeline.CallInfo, _ string, u pipeline.Usage) (pipeline.Money, bool) {
		return pipeline.Money(u.Calls), true
	})
	silent := pipeline.Call("model", pipeline.Fn(double))
	for name, tt := range map[string]struct {
		prices pipeline.Pricer
		want   pipeline.Usage
	}{
		"free":     {free, pipeline.Usage{Calls: 1}},
		"by token": {byToken, pipeline.Usage{Calls: 1, Unpriced: 1}},
		"by call":  {byCall, pipeline.Usage{Calls: 1, Cost: 1}},
	} {
		run := newRun(t, pipeline.WithPrices(tt.prices))
		runner, err := pipeline.Start(t.Context(), run, pipeline.Tool("stage", silent))
		require.NoError(t, err)
		_, err = runner.Run(t.Context(), 1)
		require.NoError(t, err)
		assert.Equal(t, tt.want, run.Usage(), name)
	}
}
