package limit_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/limit"
)

func TestOptionsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	l, err := limit.New(
		limit.RequestsPerMinute(0), limit.RequestBurst(-1), limit.TokensPerMinute(-3), limit.TokenBurst(0), limit.ExpectedOutput(0),
		limit.Only(), limit.Only("model", ""), limit.InFlight(limit.Bounds{Min: -1}), limit.InFlight(limit.Bounds{Min: 5, Max: 4}),
		limit.InFlight(limit.Bounds{Start: 5, Max: 4}), limit.InFlight(limit.Bounds{Min: 5, Start: 4}),
	)
	assert.Nil(t, l)
	assert.EqualError(t, err, `limit: RequestsPerMinute(0): the number must be positive
limit: RequestBurst(-1): the number must be positive
limit: TokensPerMinute(-3): the number must be positive
limit: TokenBurst(0): the number must be positive
limit: ExpectedOutput(0): the number must be positive
limit: Only([]): name the resources, or leave the option out for all of them
limit: Only(["model" ""]): name the resources, or leave the option out for all of them
limit: InFlight({Min:-1 Start:0 Max:0}): no field may be negative, and Min <= Start <= Max must hold
limit: InFlight({Min:5 Start:0 Max:4}): no field may be negative, and Min <= Start <= Max must hold
limit: InFlight({Min:0 Start:5 Max:4}): no field may be negative, and Min <= Start <= Max must hold
limit: InFlight({Min:5 Start:4 Max:0}): no field may be negative, and Min <= Start <= Max must hold`)
}

func TestBurstsNeedQuotas(t *testing.T) {
	t.Parallel()
	_, err := limit.New(limit.TokenBurst(1), limit.RequestBurst(1))
	require.EqualError(t, err, `limit: RequestBurst says nothing without RequestsPerMinute
limit: TokenBurst says nothing without TokensPerMinute`)
	_, err = limit.New(limit.TokenBurst(1), limit.RequestBurst(1), limit.TokensPerMinute(1), limit.RequestsPerMinute(1))
	require.NoError(t, err)
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		opts  []limit.Option
		start int
	}{
		{"nothing is known", nil, 16},
		{"a quota", []limit.Option{limit.TokensPerMinute(1000)}, 1000},
		{"a quota of requests", []limit.Option{limit.RequestsPerMinute(1000)}, 1000},
		{"a quota, bounded", []limit.Option{limit.TokensPerMinute(1000), limit.InFlight(limit.Bounds{Max: 50})}, 50},
		{"a quota, started", []limit.Option{limit.TokensPerMinute(1000), limit.InFlight(limit.Bounds{Start: 5})}, 5},
		{"bounded from above", []limit.Option{limit.InFlight(limit.Bounds{Max: 8})}, 8},
		{"bounded from below", []limit.Option{limit.InFlight(limit.Bounds{Min: 20})}, 20},
		{"bounded far from below", []limit.Option{limit.InFlight(limit.Bounds{Min: 2000})}, 2000},
		{"the last use", []limit.Option{limit.InFlight(limit.Bounds{Start: 9}), limit.InFlight(limit.Bounds{Start: 7})}, 7},
	} {
		l, err := limit.New(c.opts...)
		require.NoError(t, err, c.name)
		assert.Equal(t, c.start, l.State().Limit, c.name)
	}
}
