package exemplarllm

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClosestNumber(t *testing.T) {
	t.Parallel()
	n := number{1, "1"}
	for name, test := range map[string]struct {
		values []any
		i      int
		want   int
	}{
		"none":             {[]any{nil, "text", array{n}}, 1, -1},
		"itself is none":   {[]any{nil, n}, 1, -1},
		"before":           {[]any{n, n, nil, nil}, 3, 1},
		"after":            {[]any{nil, nil, n, n}, 0, 2},
		"the earlier one":  {[]any{n, nil, n}, 1, 0},
		"nearer after":     {[]any{n, nil, nil, n}, 2, 3},
		"null is no score": {[]any{nil, nil, n}, 0, 2},
	} {
		assert.Equal(t, test.want, closestNumber(test.i, test.values), name)
	}
}

func TestNumbersOfAReply(t *testing.T) {
	t.Parallel()
	s, err := readSchema([]byte(`{"type":"object","properties":{
		"b":{"type":"array","items":{"type":"object","properties":{"n":{"type":"integer"},"text":{"type":"string"}}}},
		"a":{"type":"number"},
		"label":{"enum":["1",2]}}}`))
	require.NoError(t, err)
	var shown any
	require.NoError(t, json.Unmarshal([]byte(`{"a":5,"b":[{"n":3,"text":"7"},{"n":"4"},{"n":1}],"label":2,"other":9}`), &shown))
	assert.Equal(t, []float64{3, 1, 5}, numbersAt(nil, s, shown), "in the order of the schema, and numbers of it alone")

	filled := object{
		{"b", array{object{{"n", number{3, "3"}}, {"text", "7"}}, object{{"n", number{1, "1"}}}}},
		{"a", number{5, "5"}},
		{"label", json.RawMessage("2")},
		{"none", nil},
	}
	assert.Equal(t, []float64{3, 1, 5}, numbersIn(nil, filled))
	assert.InDelta(t, 3, meanOf([]float64{3, 1, 5}), 0)
	assert.True(t, math.IsNaN(meanOf(nil)), "there is no mean of nothing")
}

func TestToleranceIsForScalesWithoutSteps(t *testing.T) {
	t.Parallel()
	sc := scope{shown: []shown{{value: 2.0}, {value: 7.0}, {value: "x"}, {value: 4.0}}}
	for document, want := range map[string]float64{
		`{"type":"number"}`:                  .5,
		`{"type":"number","multipleOf":0.5}`: 0,
		`{"type":"integer"}`:                 0,
		`{"enum":[2,7]}`:                     0,
	} {
		s, err := readSchema([]byte(document))
		require.NoError(t, err)
		assert.InDelta(t, want, tolerance(s, sc), 1e-12, document)
	}
	s, err := readSchema([]byte(`{"type":"number"}`))
	require.NoError(t, err)
	assert.Zero(t, tolerance(s, scope{}))
}
