package plainjson_test

import (
	"math/big"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/internal/plainjson"
)

func TestMarshal(t *testing.T) {
	t.Parallel()
	b, err := plainjson.Marshal(map[string]any{"b": "<a & b>", "a": []int{1, 2}})
	require.NoError(t, err)
	assert.Equal(t, `{"a":[1,2],"b":"<a & b>"}`, string(b))
	_, err = plainjson.Marshal(func() {})
	require.EqualError(t, err, "json: unsupported type: func()")
}

type hidden struct{ secret int }

func TestHidesAll(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		v    any
		want bool
	}{
		"hidden":          {hidden{1}, true},
		"a pointer to it": {&hidden{}, true},
		"left out by a tag": {struct {
			F func() `json:"-"`
		}{}, true},
		"nothing to hide":           {struct{}{}, false},
		"one field":                 {struct{ A, b int }{}, false},
		"embedded":                  {struct{ error }{}, false},
		"no struct":                 {7, false},
		"a text of its own":         {time.Time{}, false},
		"by its pointer":            {big.NewInt(7), false},
		"which a value cannot say":  {*big.NewInt(7), true},
		"a pointer to such pointer": {new(*big.Int), false},
	} {
		assert.Equal(t, tt.want, plainjson.HidesAll(reflect.TypeOf(tt.v)), name)
	}
}

type textual struct{}

func (textual) Identity() string { return "textual/1" }

type structured struct{ n int }

func (s *structured) Identity() []int { return []int{s.n} }

type asking struct{}

func (asking) Identity(int) string { return "" }

func TestIdentity(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "textual/1", plainjson.Identity(textual{})())
	assert.Equal(t, []int{7}, plainjson.Identity(&structured{7})())
	for _, v := range []any{nil, 7, structured{}, asking{}} {
		assert.Nil(t, plainjson.Identity(v), "%T", v)
	}
}
