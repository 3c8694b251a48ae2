package exemplarllm_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/exemplarllm"
)

// A writer's essays are known by four habits; what a rater makes of them is known too, up to noise.
type writer struct {
	words   float64 // ln of the number of words
	long    float64 // share of long words
	commas  float64 // per word
	perStop float64 // words per sentence
}

func newWriter(rng *rand.Rand) writer {
	return writer{5 + .5*rng.NormFloat64(), .1 + .2*rng.Float64(), .12 * rng.Float64(), 10 + 10*rng.Float64()}
}

func (w writer) essay(rng *rand.Rand) string {
	var b strings.Builder
	for i := range int(math.Exp(w.words)) {
		letters := 2 + rng.IntN(4)
		if rng.Float64() < w.long {
			letters = 7 + rng.IntN(4)
		}
		for range letters {
			b.WriteByte(byte('a' + rng.IntN(26)))
		}
		switch {
		case rng.Float64() < 1/w.perStop:
			b.WriteByte('.')
		case rng.Float64() < w.commas:
			b.WriteByte(',')
		}
		if i%20 == 19 {
			b.WriteByte('\n')
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// score is on a scale from 0 to 60; the habits count in units of their own spread.
func (w writer) score(rng *rand.Rand, words, others, noise float64) int {
	z := words*(w.words-5)/.5 + others*((w.long-.2)/.058+(w.commas-.06)/.035) + noise*rng.NormFloat64()
	return int(min(max(math.Round(30+5*z), 0), 60))
}

// errorsOf returns the root mean squared error of every model, and of the examples' mean score, over targets with examples of
// their own.
func errorsOf(t *testing.T, models map[string]*exemplarllm.Model, words, others, noise float64) map[string]float64 {
	t.Helper()
	const targets, k = 60, 20
	rng := rand.New(rand.NewPCG(41, 42))
	squares := map[string]float64{}
	reply := &llm.Schema{Name: "score", JSON: json.RawMessage(`{"type":"integer","minimum":0,"maximum":60}`)}
	for range targets {
		var messages []llm.Message
		mean := 0.0
		for range k {
			w := newWriter(rng)
			y := w.score(rng, words, others, noise)
			mean += float64(y) / k
			messages = append(messages, llm.Message{Role: llm.User, Text: w.essay(rng)},
				llm.Message{Role: llm.Assistant, Text: fmt.Sprint(y)})
		}
		w := newWriter(rng)
		truth := float64(w.score(rng, words, others, 0))
		messages = append(messages, llm.Message{Role: llm.User, Text: w.essay(rng)})
		for name, m := range models {
			resp, err := m.Generate(t.Context(), llm.Request{Messages: messages, Reply: reply})
			require.NoError(t, err)
			var y float64
			require.NoError(t, json.Unmarshal([]byte(resp.Text), &y))
			squares[name] += (y - truth) * (y - truth) / targets
		}
		squares["mean"] += (mean - truth) * (mean - truth) / targets
	}
	for name := range squares {
		squares[name] = math.Sqrt(squares[name])
	}
	return squares
}

func TestTheExamplesTeachWhatTheScoreDependsOn(t *testing.T) {
	t.Parallel()
	models := map[string]*exemplarllm.Model{
		"length":    newModel(t, exemplarllm.WithPredictor(exemplarllm.LengthRidge)),
		"features":  newModel(t, exemplarllm.WithPredictor(exemplarllm.FeatureRidge)),
		"neighbors": newModel(t, exemplarllm.WithPredictor(exemplarllm.Neighbors)),
		"chosen":    newModel(t),
	}

	both := errorsOf(t, models, 1, 1, .5)
	t.Log("length and style:", both)
	assert.Less(t, both["features"], .8*both["length"])
	assert.Less(t, both["length"], .9*both["mean"])
	assert.Less(t, both["chosen"], 1.1*both["features"])

	length := errorsOf(t, models, 1, 0, .5)
	t.Log("length alone:", length)
	assert.Less(t, length["length"], .7*length["mean"])
	assert.Less(t, length["chosen"], 1.2*length["length"])
	assert.Greater(t, length["neighbors"], .95*length["mean"], "the words are random: the neighbours know nothing")

	nothing := errorsOf(t, models, 0, 0, 1)
	t.Log("nothing:", nothing)
	assert.Less(t, nothing["chosen"], 3.0, "noise of 5 points must not turn into predictions as wide")
}
