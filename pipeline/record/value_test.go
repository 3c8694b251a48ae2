package record

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

type panicking struct{}

func (panicking) MarshalJSON() ([]byte, error) { panic("no <form>") }

type panickingText struct{}

func (*panickingText) MarshalText() ([]byte, error) { panic(errors.New("no text")) }

type holding struct{ Secret string }

func (holding) Holds() any { return []string{"a text", "<b>"} }

type holdingBadly struct{ f func() any }

func (h *holdingBadly) Holds() any { return h.f() }

type identified struct{ _ int }

func (identified) Identity() map[string]int { return map[string]int{"dim": 3} }

type identifiedBadly struct{ _ int }

func (identifiedBadly) Identity() string { panic("no name") }

type cyclic struct{ Next *cyclic }

type (
	hidden   struct{ a int }
	untagged struct{ A int }
	tagged   struct {
		A func() `json:"-"`
	} //nolint:tagalign // one tag
	omitted struct {
		A int `json:",omitempty"`
	} //nolint:tagalign // one tag
	empty      struct{}
	promoted   struct{ untagged }
	marshaling struct{ _ int }
)

func (marshaling) MarshalJSON() ([]byte, error) { return []byte(`{}`), nil }

func TestEncode(t *testing.T) {
	t.Parallel()
	loop := &cyclic{}
	loop.Next = loop
	for name, tc := range map[string]struct {
		v      any
		want   string
		opaque bool
	}{
		"nil":                      {nil, `null`, false},
		"nil pointer":              {(*hidden)(nil), `null`, false},
		"not for HTML":             {"<&>\u2028", "\"<&>\\u2028\"", false},
		"not UTF-8":                {"a\xffb", `"a\ufffdb"`, false},
		"raw and not UTF-8":        {json.RawMessage("\"a\xff\""), "\"a\uFFFD\"", false},
		"raw with spaces":          {json.RawMessage(` { "a" : 1.00 } `), `{"a":1.00}`, false},
		"raw and broken":           {json.RawMessage(`{`), `{"type":"json.RawMessage","error":"json: error calling MarshalJSON for type json.RawMessage: unexpected end of JSON input"}`, true},
		"time":                     {time.Unix(0, 0).UTC(), `"1970-01-01T00:00:00Z"`, false},
		"no JSON":                  {make(chan int), `{"type":"chan int","error":"json: unsupported type: chan int"}`, true},
		"not a number":             {math.NaN(), `{"type":"float64","error":"json: unsupported value: NaN"}`, true},
		"deep inside":              {map[string]any{"f": func() {}}, `{"type":"map[string]interface {}","error":"json: unsupported type: func()"}`, true},
		"panic":                    {panicking{}, `{"type":"record.panicking","error":"panic: no <form>"}`, true},
		"panic deep inside":        {[]any{&panickingText{}}, `{"type":"[]interface {}","error":"panic: no text"}`, true},
		"cycle":                    {loop, `{"type":"*record.cyclic","error":"json: unsupported value: encountered a cycle via *record.cyclic"}`, true},
		"holder":                   {holding{"x"}, `{"type":"record.holding","holds":["a text","<b>"]}`, true},
		"holder that panics":       {&holdingBadly{func() any { panic(1) }}, `{"type":"*record.holdingBadly","error":"panic: 1"}`, true},
		"holder that is nil":       {(*holdingBadly)(nil), `{"type":"*record.holdingBadly","error":"panic: runtime error: invalid memory address or nil pointer dereference"}`, true},
		"holder without JSON":      {&holdingBadly{func() any { return math.Inf(1) }}, `{"type":"*record.holdingBadly","error":"json: unsupported value: +Inf"}`, true},
		"identity":                 {identified{}, `{"type":"record.identified","identity":{"dim":3}}`, true},
		"identity that panics":     {identifiedBadly{}, `{"type":"record.identifiedBadly","error":"panic: no name"}`, true},
		"nothing exported":         {hidden{1}, `{"type":"record.hidden"}`, true},
		"pointer to it":            {&hidden{1}, `{"type":"*record.hidden"}`, true},
		"nothing but what is left": {tagged{}, `{"type":"record.tagged"}`, true},
		"exported":                 {untagged{}, `{"A":0}`, false},
		"exported but empty":       {omitted{}, `{}`, false},
		"embedded":                 {promoted{}, `{"A":0}`, false},
		"empty struct":             {empty{}, `{}`, false},
		"empty map":                {map[string]int{}, `{}`, false},
		"empty by its own method":  {marshaling{}, `{}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := encode(tc.v)
			assert.Equal(t, tc.want, string(got.json))
			assert.Equal(t, tc.opaque, got.opaque)
		})
	}
}

func TestIsStage(t *testing.T) {
	t.Parallel()
	stage := pipeline.Fn(func(_ context.Context, s string) (string, error) { return s, nil })
	var none pipeline.Stage[string, string]
	for name, tc := range map[string]struct {
		v    any
		want bool
	}{
		"a function":     {stage, true},
		"a composition":  {pipeline.Chain[string](stage, stage), true},
		"nil":            {none, false},
		"another Run":    {runner{}, false},
		"one that waits": {waiter{}, false},
		"data":           {"Run", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, isStage(tc.v))
		})
	}
}

type runner struct{}

func (runner) Run() error { return nil }

type waiter struct{}

func (waiter) Run(int, string) (string, error) { return "", nil }

type silent struct{}

func (silent) Error() string { return "" }

type panickingError struct{}

func (*panickingError) Error() string { panic("no words") }

func TestAnErrorAlwaysHasAText(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"with text":     {errors.New("<no>"), "<no>"},
		"without":       {silent{}, "record.silent"},
		"panicking":     {&panickingError{}, "%!v(PANIC=Error method: no words)"},
		"nil inside":    {(*pipeline.StageError)(nil), "<nil>"},
		"none":          {nil, ""},
		"without stack": {&pipeline.PanicError{Value: 3}, "panic: 3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := (&entries{stored: nothing}).get(t.Context(), nil)
			x.fail(tc.err)
			assert.Equal(t, tc.want, x.event.Error)
			assert.Empty(t, x.event.Stack)
		})
	}
}

func TestKindsOfContentAreApart(t *testing.T) {
	t.Parallel()
	hashes := map[sum]bool{}
	for _, k := range []contentKind{kindValue, kindText, kindOpaque} {
		hashes[sumOf(k, []byte(`"x"`))] = true
	}
	require.Len(t, hashes, 3)
	// printf 'value\0{"type":"x"}' | sha256sum
	assert.Equal(t, Hash("b49b5d2a866b5b4832389a3e7d08ee2e6575beca5d652c76653e9d278430b9e1"), hashOf(sumOf(kindValue, []byte(`{"type":"x"}`))))
	// printf 'text\0She said "no".\n' | sha256sum
	assert.Equal(t, Hash("8b44dabcaf5889f955becf62b69e86ce205a37589525262735c391cc7b144c76"), hashOf(sumOf(kindText, []byte(`"She said \"no\".\n"`))))
	for _, other := range []string{``, `"`, `x`, `{"a":1}`, `"\/"`, `"\ud800"`, `"a`} {
		assert.Zero(t, sumOf(kindText, []byte(other)), "%s is not the JSON of a text", other)
	}
}

func TestRecentIsBounded(t *testing.T) {
	t.Parallel()
	numbered := func(i int) (s sum) {
		s[0], s[1], s[2], s[19] = byte(i), byte(i>>8), 1, byte(i%2) // the rows are 0 and 1
		return s
	}
	r := newRecent(2)
	for i := range 100 {
		require.True(t, r.add(numbered(i)), "%d is new", i)
		require.False(t, r.add(numbered(i)), "%d is known", i)
		require.True(t, r.has(numbered(max(0, i-2*columns+1))), "the last ones of each row are remembered")
		require.False(t, r.has(numbered(i+1)))
	}
	require.False(t, r.has(numbered(99-2*columns)), "what nobody uses is forgotten")
	require.False(t, r.add(numbered(99-2*columns+2)), "the oldest that is remembered is known")
	const used = 1 << 10
	for i := range 100 {
		require.Equal(t, i == 0, r.add(numbered(used)), "what is used is kept")
		r.add(numbered(2 * i))
		r.add(numbered(2*i + 2))
	}
}
