package prompt_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/prompt"
)

// numberSchema returns the schema of one number and its text.
func numberSchema(tb testing.TB, edits ...prompt.Edit) (s *prompt.Schema, text string) {
	tb.Helper()
	s, err := prompt.ShapeOf[float64]().With(nil, edits...).Schema("number")
	require.NoError(tb, err)
	raw, err := json.Marshal(s)
	require.NoError(tb, err)
	text, ok := strings.CutPrefix(string(raw), `{"name":"number","json":`)
	require.True(tb, ok)
	return s, text[:len(text)-1]
}

func TestWithinOnTheWire(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		from, to, step float64
		want           string
	}{
		{1, 6, 1, `{"type":"integer","maximum":6,"minimum":1}`},
		{0, 100, 1, `{"type":"integer","maximum":100,"minimum":0}`},
		{0, 2, 0.5, `{"type":"number","enum":[0,0.5,1,1.5,2],"maximum":2,"minimum":0}`},
		{0, 0.5, 0.1, `{"type":"number","enum":[0,0.1,0.2,0.3,0.4,0.5],"maximum":0.5,"minimum":0}`},
		{0.3, 0.9, 0.3, `{"type":"number","enum":[0.3,0.6,0.9],"maximum":0.9,"minimum":0.3}`},
		{0.5, 2.5, 1, `{"type":"number","enum":[0.5,1.5,2.5],"maximum":2.5,"minimum":0.5}`},
		{1, 5, 2, `{"type":"integer","enum":[1,3,5],"maximum":5,"minimum":1}`},
		{-10, 10, 5, `{"type":"integer","enum":[-10,-5,0,5,10],"maximum":10,"minimum":-10}`},
		{-0.5, 0.5, 0.5, `{"type":"number","enum":[-0.5,0,0.5],"maximum":0.5,"minimum":-0.5}`},
		{0, 5, 2, `{"type":"integer","enum":[0,2,4],"maximum":5,"minimum":0}`},
		{2, 2, 0.5, `{"type":"number","enum":[2],"maximum":2,"minimum":2}`},
		{0, 20, 0.1, `{"type":"number","multipleOf":0.1,"maximum":20,"minimum":0}`},
		{0, 202, 2, `{"type":"integer","multipleOf":2,"maximum":202,"minimum":0}`},
		{0.3, 20, 0.1, `{"type":"number","multipleOf":0.1,"maximum":20,"minimum":0.3}`},
		{1, 501, 2, `{"type":"integer","maximum":501,"minimum":1}`},
		{4, 1, 0.5, `{"type":"number","multipleOf":0.5,"maximum":1,"minimum":4}`},
	} {
		_, text := numberSchema(t, prompt.Within(tc.from, tc.to, tc.step))
		assert.Equal(t, tc.want, text)
	}
}

func TestWithinWritesOutUpTo101Numbers(t *testing.T) {
	t.Parallel()
	_, text := numberSchema(t, prompt.Within(0, 10, 0.1))
	require.Contains(t, text, `"enum":[0,0.1,0.2,`)
	require.Contains(t, text, `,9.9,10],"maximum":10,"minimum":0}`)
	list, _, _ := strings.Cut(text, "]")
	_, list, _ = strings.Cut(list, "[")
	require.Equal(t, 100, strings.Count(list, ","), "101 numbers")
	_, text = numberSchema(t, prompt.Within(0, 10.1, 0.1))
	require.Equal(t, `{"type":"number","multipleOf":0.1,"maximum":10.1,"minimum":0}`, text)
}

func TestWithinReplacesAScale(t *testing.T) {
	t.Parallel()
	_, text := numberSchema(t, prompt.Within(0, 2, 0.5), prompt.Within(1, 6, 1))
	require.Equal(t, `{"type":"integer","maximum":6,"minimum":1}`, text)
	_, text = numberSchema(t, prompt.Within(0, 20, 0.1), prompt.Within(1, 3, 2))
	require.Equal(t, `{"type":"integer","enum":[1,3],"maximum":3,"minimum":1}`, text)
}

func TestWithinRefusesWhatIsNoScale(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	for _, v := range [][3]float64{{0, 5, 0}, {0, 5, -1}, {nan, 5, 1}, {0, inf, 1}, {-inf, 5, 1}, {0, 5, nan}, {0, 5, inf}} {
		_, err := prompt.ShapeOf[float64]().With(nil, prompt.Within(v[0], v[1], v[2])).Schema("x")
		require.ErrorContains(t, err, "Within needs finite numbers and a step above 0, not "+fmt.Sprint(v[0]))
	}
}

// TestWithinHoldsTheScale: of numbers on and off a random decimal scale, exactly those on it are taken, however they are written.
func TestWithinHoldsTheScale(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 7))
	for range 40 {
		places := rng.IntN(3)
		unit := math.Pow10(-places)
		decimal := func(n int) string { return strconv.FormatFloat(float64(n)*unit, 'f', places, 64) }
		from, step, count := rng.IntN(40)-20, 1+rng.IntN(9), 1+rng.IntN(30)
		to := from + step*(count-1)
		s, text := numberSchema(t, prompt.Within(float(t, decimal(from)), float(t, decimal(to)), float(t, decimal(step))))
		for n := from - 3; n <= to+3; n++ {
			on := from <= n && n <= to && (n-from)%step == 0
			for _, written := range []string{decimal(n), decimal(n*10) + "e-1"} {
				_, err := s.Read(llm.Response{Text: written}, prompt.Tolerance{})
				require.Equal(t, on, err == nil, "%s on %s: %v", written, text, err)
			}
		}
	}
}

func float(tb testing.TB, text string) float64 {
	tb.Helper()
	v, err := strconv.ParseFloat(text, 64)
	require.NoError(tb, err)
	return v
}

// TestProblemsOfAnEnum: what is allowed is told in a way that stays short.
func TestProblemsOfAnEnum(t *testing.T) {
	t.Parallel()
	listed := func(values ...any) prompt.Edit {
		return func(s *jsonschema.Schema) error { s.Enum = values; return nil }
	}
	for _, tc := range []struct {
		edit     prompt.Edit
		is, want string
	}{
		{prompt.Within(1, 5, 2), "2", "/: enum: got 2, want one of 1, 3, 5"},
		{prompt.Within(1, 5, 2), "7", "/: enum: got 7, want one of 1, 3, 5"},
		{prompt.Within(1, 5, 2), `"Ana"`, "/: got string, want integer, one of 1, 3, 5"},
		{prompt.Within(1, 5, 2), "2.5", "/: got number, want integer, one of 1, 3, 5"},
		{prompt.Within(0, 5, 0.5), "3.40", "/: enum: got 3.4, want one of 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5"},
		{prompt.Within(0, 100, 5), "-1e3", "/: enum: got -1000, want one of 0, 5, …, 100"},
		{prompt.Within(0, 100, 5), "null", "/: got null, want integer, one of 0, 5, …, 100"},
		{listed(1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377), "4", "/: enum: got 4, want one of 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377"},
		{listed(1, "none"), "4", "/: value must be one of 1, 'none'"},
	} {
		s, _ := numberSchema(t, tc.edit)
		_, err := s.Read(llm.Response{Text: tc.is}, prompt.Tolerance{})
		var parse *prompt.ParseError
		require.ErrorAs(t, err, &parse)
		require.Equal(t, []string{tc.want}, parse.Problems)
	}
}

// TestClampToAnEnum: the type and the bounds of the place hold beside its enum, in whatever order and form it is written.
func TestClampToAnEnum(t *testing.T) {
	t.Parallel()
	place := func(s *jsonschema.Schema) error {
		s.Type, s.Enum, s.Minimum = "integer", []any{8, json.Number("1"), 2.5, "6", 4.0, nil, -3, int64(30)}, "0"
		s.Maximum = "20"
		return nil
	}
	s, _ := numberSchema(t, place)
	for is, want := range map[string]string{"-5": "1", "2.5": "4", "2.4999": "1", "6": "8", "5.9": "4", "29": "8", "1": "1", "8.0": "8.0"} {
		r, err := s.Read(llm.Response{Text: is}, prompt.Tolerance{OutOfRange: true})
		require.NoError(t, err)
		require.Equal(t, want, string(r.JSON), is)
	}
	none, _ := numberSchema(t, place, func(s *jsonschema.Schema) error { s.Minimum = "9"; return nil })
	_, err := none.Read(llm.Response{Text: "9"}, prompt.Tolerance{OutOfRange: true})
	require.Error(t, err, "no number of the enum is in the bounds")
}

// TestClampIsExact compares repairs on decimal scales, which floats do not hold, with a search in fractions.
func TestClampIsExact(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(17, 19))
	for range 300 {
		from, step, count := int64(rng.IntN(30)-15), int64(1+rng.IntN(7)), int64(1+rng.IntN(60))
		tenths := func(n int64) *big.Rat { return big.NewRat(n, 10) }
		f := func(n int64) float64 { v, _ := tenths(n).Float64(); return v }
		s, text := numberSchema(t, prompt.Within(f(from), f(from+step*(count-1)), f(step)))
		v := big.NewRat(int64(rng.IntN(2000)-600), 20)
		want := tenths(from)
		for k := range count {
			next := tenths(from + k*step)
			far, near := new(big.Rat).Sub(want, v), new(big.Rat).Sub(next, v)
			if near.Abs(near).Cmp(far.Abs(far)) <= 0 {
				want = next
			}
		}
		r, err := s.Read(llm.Response{Text: v.FloatString(2)}, prompt.Tolerance{OutOfRange: true})
		require.NoError(t, err)
		got, ok := new(big.Rat).SetString(string(r.JSON))
		require.True(t, ok)
		require.Zero(t, want.Cmp(got), "%s on %s is %s", v.FloatString(2), text, r.JSON)
	}
}

func ExampleWithin() {
	s, err := prompt.ShapeOf[grade]().With([]string{"score"}, prompt.Within(0, 2, 0.5)).Schema("grade")
	if err != nil {
		fmt.Println(err)
		return
	}
	wire, err := json.Marshal(s)
	fmt.Println(strings.Contains(string(wire), `"score":{"type":"number","enum":[0,0.5,1,1.5,2],`), err)

	off := llm.Response{Text: `{"rationale": "clear position", "score": 1.7}`, Finish: llm.FinishStop}
	_, err = s.Read(off, prompt.Tolerance{})
	fmt.Println(err)
	r, err := s.Read(off, prompt.Tolerance{OutOfRange: true})
	fmt.Println(string(r.JSON), err)
	// Output:
	// true <nil>
	// reply (45 bytes, finish stop) does not fit schema grade: /score: enum: got 1.7, want one of 0, 0.5, 1, 1.5, 2
	// {"rationale": "clear position", "score": 1.5} <nil>
}
