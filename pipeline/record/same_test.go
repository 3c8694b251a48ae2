package record

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is said to be the same has the same JSON, and a copy of a struct is said to be the same.
func TestSameValuesHaveTheSameJSON(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 1))
	var all []shaped
	for range 60 {
		s := *randomShaped(random, 1)
		s.F, s.G = 0, 0
		twin := s // shares all its memory
		changed := s
		switch random.IntN(6) {
		case 0:
			changed.A++
		case 1:
			changed.Text += "."
		case 2:
			changed.C = append([]string(nil), s.C...)
		case 3:
			changed.E = map[string]any{"a": 1}
		case 4:
			changed.I = &shaped{}
		default:
			changed.F = math.Copysign(0, -1)
		}
		assert.True(t, same(s, twin))
		all = append(all, s, twin, changed)
	}
	for _, a := range all {
		for _, b := range all {
			if same(a, b) {
				require.Equal(t, string(encode(a).json), string(encode(b).json))
			}
		}
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	type box struct {
		S []int
		M map[string]int
		I any
		F float64
		P *int
	}
	type other box
	one, list, table := 1, []int{1, 2, 3}, map[string]int{"a": 1}
	for name, tt := range map[string]struct {
		a, b any
		want bool
	}{
		"nothing":        {nil, nil, false},
		"strings":        {"a", strings.Clone("a"), true},
		"zero and -0":    {0.0, math.Copysign(0, -1), false},
		"not a number":   {box{F: math.NaN()}, box{F: math.NaN()}, true},
		"types":          {box{}, other{}, false},
		"shared":         {box{S: list, M: table, I: list, P: &one}, box{S: list, M: table, I: list, P: &one}, true},
		"a part":         {box{S: list[:2]}, box{S: list}, false},
		"another begin":  {box{S: list[1:]}, box{S: list[:2]}, false},
		"nil and empty":  {box{}, box{S: []int{}}, false},
		"copied":         {box{S: []int{1}}, box{S: []int{1}}, false},
		"inside of any":  {box{I: 1}, box{I: int8(1)}, false},
		"any of nothing": {box{I: nil}, box{I: 0}, false},
		"functions":      {func() {}, func() { _ = one }, false},
		"complex":        {complex(1, 2), complex(1, 2), true},
		"arrays":         {[2]bool{true, false}, [2]bool{true, true}, false},
	} {
		assert.Equal(t, tt.want, same(tt.a, tt.b), name)
	}
}

// What a stage hands on is stored once, and found without its JSON.
func TestValuesThatAreHandedOnAreKnown(t *testing.T) {
	t.Parallel()
	ts := &passing{}
	v := randomShaped(rand.New(rand.NewPCG(4, 1)), 1)
	_, ok := ts.known(*v, keptValues)
	require.False(t, ok)
	ts.keep(*v, "h")
	ts.keep(nil, "n")
	ts.keep(*v, "")
	h, ok := ts.known(*v, keptValues)
	require.True(t, ok)
	require.Equal(t, Hash("h"), h)
	ts.keep("newer", "n")
	_, ok = ts.known(*v, 1)
	require.False(t, ok, "it is the last but one")
	for i := range keptValues {
		ts.keep(i, Hash(strings.Repeat("x", i+1)))
	}
	_, ok = ts.known(*v, keptValues)
	require.False(t, ok, "the oldest goes")
	var none *passing
	none.keep(1, "h")
	_, ok = none.known(1, keptValues)
	require.False(t, ok, "what belongs to no item is not remembered")
}

// Raw JSON that comes up again is not looked at again, and what is stored for it is the same.
func TestRawJSONIsLookedAtOnce(t *testing.T) {
	t.Parallel()
	rs := &raws{}
	type request struct {
		Schema json.RawMessage `json:"schema"`
	}
	schema := json.RawMessage(`{"type": "object", "description": "` + strings.Repeat("long ", 100) + `", "nested": {"a": "` + strings.Repeat("b", 300) + `"}}`)
	stored := func() (Hash, int) {
		e := newEncoder(&shapes{}, rs, nothing)
		e.reset(t.Context(), nil)
		h := e.value(request{schema})
		defer rs.add(e.freshRaw)
		return h, len(e.contents)
	}
	first, parts := stored()
	require.Greater(t, parts, 2)
	again, parts := stored()
	require.Equal(t, first, again)
	require.Equal(t, 1, parts, "the request itself")
	for i := range 2 * keptRaws {
		rs.add([]rawJSON{{strings.Repeat("x", i), nil}})
	}
	require.Len(t, rs.stored, keptRaws)
	require.True(t, rs.full())
}
