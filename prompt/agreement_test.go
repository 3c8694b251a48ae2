package prompt_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/prompt"
)

// twins returns schemas of a [verdict] on several kinds of scale, and schemas that say the same in words that only the validator knows.
func twins(tb testing.TB) (quick, doubtful []*prompt.Schema) {
	tb.Helper()
	none := uint64(0)
	pedantic := func(s *jsonschema.Schema) error { s.MinProperties = &none; return nil }
	unsorted := func(s *jsonschema.Schema) error {
		s.Enum, s.Minimum = []any{4, -2.5, json.Number("1e0"), 4.0}, "0"
		return nil
	}
	for _, scale := range []prompt.Edit{
		prompt.Within(1, 6, 1), prompt.Within(-1, 5, 0.5), prompt.Within(1, 5, 2), prompt.Within(0, 100, 5), prompt.Within(0, 99, 0.1), unsorted,
	} {
		shape := prompt.ShapeOf[verdict]().With([]string{"score"}, scale)
		for _, to := range []struct {
			list  *[]*prompt.Schema
			shape prompt.Shape
		}{{&quick, shape}, {&doubtful, shape.With(nil, pedantic)}} {
			s, err := to.shape.Schema("verdict")
			require.NoError(tb, err)
			*to.list = append(*to.list, s)
		}
	}
	return quick, doubtful
}

// TestScoresReadTheSame: the fast reading and the validator agree on every way to write a number.
func TestScoresReadTheSame(t *testing.T) {
	t.Parallel()
	quick, doubtful := twins(t)
	for i, s := range quick {
		for n := -60; n <= 160; n++ {
			for _, form := range []string{"%.2f", "%.1f", "%.0f", "%.7f", "%.3e", "0%.1f", "%.1f0000000"} {
				resp := llm.Response{Text: scored(fmt.Sprintf(form, float64(n)/20))}
				want, wantErr := doubtful[i].Read(resp, prompt.Tolerance{})
				got, err := s.Read(resp, prompt.Tolerance{})
				require.Equal(t, want, got, resp.Text)
				require.Equal(t, wantErr, err, resp.Text)
			}
		}
	}
}

// FuzzRead holds every reading of a text to its contract.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		good, scored("7"), scored("4.0"), scored("2.5"), scored("1e400"), scored("3"), scored("-0.50"), scored("-0"), scored("1e0"), scored("99.95"), "```json\n" + good + "\n```", "<think>{</think>" + good, good + good,
		`{"quotes":["\ud83d\ude00\u0000"],"rationale":"\"\\\/","score":-0}`, `{"quotes":[],"rationale":"","score":1,"score":1}`,
		`{"score":6,"rationale":"x","quotes":[]}`, `{"quotes":[],"score":1,"score":1}`, "{\"quotes\":[],\"rationale\":\"\xff\",\"score\":4}", "[" + good + ",]", `{"quotes":[],"rationale":"a` + "\n" + `","score":04}`,
	} {
		f.Add(seed)
	}
	quick, doubtful := twins(f)
	f.Fuzz(func(t *testing.T, text string) {
		for i, s := range quick {
			holdToContract(t, s, doubtful[i], text)
		}
	})
}

// holdToContract reads a text by two schemas that say the same, strictly and with every tolerance.
func holdToContract(t *testing.T, s, slow *prompt.Schema, text string) {
	t.Helper()
	resp := llm.Response{Text: text}
	strict, strictErr := s.Read(resp, prompt.Tolerance{})
	same, sameErr := slow.Read(resp, prompt.Tolerance{})
	require.Equal(t, same, strict, "the fast reading and the validator agree")
	require.Equal(t, sameErr, strictErr)
	if strictErr == nil {
		require.True(t, json.Valid([]byte(text)))
		require.Equal(t, strings.Trim(text, " \t\r\n"), string(strict.JSON))
		_, err := prompt.Decode[verdict](s, strict)
		require.NoError(t, err)
	}
	for _, tolerance := range []prompt.Tolerance{{Surrounded: true}, {OutOfRange: true}, {Surrounded: true, OutOfRange: true}} {
		r, err := s.Read(resp, tolerance)
		again, againErr := slow.Read(resp, tolerance)
		require.Equal(t, again, r)
		require.Equal(t, againErr, err)
		if strictErr == nil {
			require.NoError(t, err)
			require.Equal(t, strict, r, "a reply that is right is never changed")
			continue
		}
		if err != nil {
			var parse *prompt.ParseError
			require.ErrorAs(t, err, &parse)
			require.NotEmpty(t, parse.Problems)
			require.Empty(t, r)
			continue
		}
		require.NotEmpty(t, r.Repairs)
		clean, err := s.Read(llm.Response{Text: string(r.JSON)}, prompt.Tolerance{})
		require.NoError(t, err, "what was repaired fits: %s", r.JSON)
		require.Empty(t, clean.Repairs)
		require.LessOrEqual(t, len(r.JSON), len(text)+8*len(r.Repairs))
	}
}
