package jsontree_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/record/internal/jsontree"
)

func members(v json.RawMessage) (keys, values []string) {
	for k, m := range jsontree.Members(v) {
		keys, values = append(keys, k), append(values, string(m))
	}
	return keys, values
}

func elements(v json.RawMessage) (out []string) {
	for e := range jsontree.Elements(v) {
		out = append(out, string(e))
	}
	return out
}

func TestMembersInTheirOrder(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2][]string{
		`{}`:                                {},
		` { } `:                             {},
		`{"b":1,"a":{"c":[1,2]},"":null}`:   {{"b", "a", ""}, {"1", `{"c":[1,2]}`, "null"}},
		"{\n \"a\" : -1.5e3 ,\n\"b\":true}": {{"a", "b"}, {"-1.5e3", "true"}},
		`{"}\"{":"]\\","a":[[],{}]}`:        {{`}"{`, "a"}, {`"]\\"`, `[[],{}]`}},
		`{"a":1,"a":2}`:                     {{"a", "a"}, {"1", "2"}},
	} {
		keys, values := members(json.RawMessage(text))
		assert.Equal(t, want, [2][]string{keys, values}, "%s", text)
	}
	for range jsontree.Members(json.RawMessage(`{"a":1,"b":2}`)) {
		break // must stop without a panic
	}
}

func TestElements(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`[]`: nil, ` [ ] `: nil, `[1]`: {"1"},
		`[ "a,b" , [1,[2]], {"c":"]"},null ]`: {`"a,b"`, `[1,[2]]`, `{"c":"]"}`, "null"},
	} {
		assert.Equal(t, want, elements(json.RawMessage(text)), "%s", text)
	}
	for range jsontree.Elements(json.RawMessage(`[1,2]`)) {
		break
	}
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]jsontree.Kind{
		"": jsontree.Null, "null": jsontree.Null, "true": jsontree.Bool, "false": jsontree.Bool, "-1": jsontree.Number,
		`""`: jsontree.String, "[]": jsontree.Array, "{}": jsontree.Object,
	} {
		assert.Equal(t, want, jsontree.KindOf(json.RawMessage(text)), "%q", text)
	}
}

func TestPathsOfDifferentPlacesDiffer(t *testing.T) {
	t.Parallel()
	paths := map[string]string{
		jsontree.Key("", "a"): "a", jsontree.Key("a", "b"): "a.b", jsontree.Key("a", "b.c"): `a["b.c"]`, jsontree.Key("a.b", "c"): "a.b.c",
		jsontree.Key("", ""): `[""]`, jsontree.Key("a", `q"`): `a["q\""]`, jsontree.Index("a", 0): "a[0]", jsontree.Key("a", "0"): "a.0",
		jsontree.Key("a", "[0]"): `a["[0]"]`, jsontree.Key("é", "ß-1_"): "é.ß-1_",
	}
	require.Len(t, paths, 10)
	for got, want := range paths {
		assert.Equal(t, want, got)
	}
}

// What the walk finds is what encoding/json finds.
func FuzzWalk(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"x\\\"",{}],"b":null}`, `[[],[[1]],"]"]`, ` { "a" : { } } `, `"\u00e9\n"`, `{"a"`, `[1,`, `{"a":}`, `]`, `{1:2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, values := members(text)
		found := elements(text)
		if !json.Valid(text) {
			return // it returned
		}
		switch jsontree.KindOf(text) {
		case jsontree.Object:
			var want map[string]json.RawMessage
			require.NoError(t, json.Unmarshal(text, &want))
			got := map[string]json.RawMessage{}
			for i, k := range keys {
				var key string // as encoding/json reads it, invalid UTF-8 replaced
				quoted, err := json.Marshal(k)
				require.NoError(t, err)
				require.NoError(t, json.Unmarshal(quoted, &key))
				got[key] = json.RawMessage(values[i])
			}
			require.Equal(t, want, got)
		case jsontree.Array:
			var want []json.RawMessage
			require.NoError(t, json.Unmarshal(text, &want))
			require.Len(t, found, len(want))
			for i := range want {
				require.Equal(t, string(want[i]), found[i])
			}
		case jsontree.String:
			var want string
			require.NoError(t, json.Unmarshal(text, &want))
			trimmed := json.RawMessage(found0(text))
			require.JSONEq(t, marshal(t, want), marshal(t, jsontree.Text(trimmed)))
		default:
		}
	})
}

// found0 returns the first element of an array around text: text without the space around it.
func found0(text []byte) string {
	return elements(json.RawMessage("[" + string(text) + "]"))[0]
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}
