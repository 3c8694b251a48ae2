package limit

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gloss-sdk/gloss/pipeline"
)

type estimated struct{ input, bound int }

func (e estimated) TokenEstimate() (input, maxOutput int) { return e.input, e.bound }

type used struct{ input, output int }

func (u used) TokenUsage() (input, output, cached, reasoning int) { return u.input, u.output, 0, 0 }

func TestExpect(t *testing.T) {
	t.Parallel()
	e := experience{start: 500, kinds: map[kind]*consumption{}}
	score := pipeline.CallInfo{Resource: "model", Provider: "p", Model: "m", Stage: "score"}
	comment := score
	comment.Stage = "comment"
	for range 4 {
		e.add(demandOf(score, nil).kind, usageOf(used{1000, 20}))
	}
	for _, c := range []struct {
		name string
		call pipeline.CallInfo
		in   any
		want int
	}{
		{"known", score, estimated{800, 0}, 820},
		{"known, bounded", score, estimated{800, 10}, 810},
		{"known, without an estimate", score, "text", 1020},
		{"unknown", comment, estimated{800, 0}, 1300},
		{"unknown, bounded", comment, estimated{800, 200}, 1000},
		{"unknown, with a bound out of reach", comment, estimated{800, 9000}, 1300},
		{"unknown, without an estimate", comment, "text", 0},
		{"nothing at all", comment, nil, 0},
		{"a negative estimate", comment, estimated{-5, -5}, 500},
		{"an absurd estimate", comment, estimated{math.MaxInt, math.MaxInt}, 1<<30 + 500},
	} {
		assert.Equal(t, c.want, e.expect(demandOf(c.call, c.in)), c.name)
	}
}

func TestUsageOf(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 30, usageOf(used{10, 20}).tokens())
	assert.Zero(t, usageOf("text").tokens())
	assert.Zero(t, usageOf(nil).tokens())
}

func TestMean(t *testing.T) {
	t.Parallel()
	var m mean
	for _, v := range []float64{10, 20, 60} {
		m.add(v)
	}
	assert.InDelta(t, 30, m.value, 1e-9)
	for range 1000 {
		m.add(500)
	}
	assert.InDelta(t, 500, m.value, 1, "what was long ago is forgotten")
}
