package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDifferences(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		old, new string
		want     []string
	}{
		"the same":                  {`{"a":[1,{"b":null}]}`, `{"a":[1,{"b":null}]}`, nil},
		"in another order":          {`{"a":1,"b":2}`, `{ "b":2, "a":1 }`, nil},
		"written otherwise":         {`["\u00e9",1.0,100]`, `["é",1,1e2]`, nil},
		"a number":                  {`{"a":{"k":5}}`, `{"a":{"k":8}}`, []string{"v.a.k 5 -> 8"}},
		"a long number":             {`9007199254740993`, `9007199254740992`, []string{"v 9007199254740993 -> 9007199254740992"}},
		"numbers beyond a double":   {`1e999`, `2e999`, []string{"v 1e999 -> 2e999"}},
		"a kind":                    {`{"a":1}`, `{"a":"1"}`, []string{`v.a 1 -> "1"`}},
		"null is there":             {`{"a":null}`, `{}`, []string{"v.a removed: null"}},
		"a key":                     {`{"a":1}`, `{"b c":[2]}`, []string{"v.a removed: 1", `v["b c"] added: [2]`}},
		"a key that stands twice":   {`{"a":1,"a":2}`, `{"a":3}`, []string{"v.a 2 -> 3"}},
		"an element in front":       {`[1,2,3]`, `[0,1,2,3]`, []string{"v[0] added: 0"}},
		"an element at the end":     {`[1,2,3]`, `[1,2]`, []string{"v[2] removed: 3"}},
		"an element in the middle":  {`[1,{"a":2},3]`, `[1,{"a":4},3]`, []string{"v[1].a 2 -> 4"}},
		"several elements":          {`[1,2,3]`, `[1,5,6,7,3]`, []string{"v[1] 2 -> 5", "v[2] added: 6", "v[3] added: 7"}},
		"repeated elements":         {`[1,1]`, `[1,1,1]`, []string{"v[2] added: 1"}},
		"texts":                     {`"a"`, `"b\n"`, []string{`v "a" -> "b\n"`}},
		"what a terminal would run": {`"a"`, `"\u001b[2J\u202e"`, []string{`v "a" -> "\x1b[2J\u202e"`}},
		"from nothing":              {``, `1`, []string{"v added: 1"}},
	} {
		var old json.RawMessage
		if tc.old != "" {
			old = []byte(tc.old)
		}
		var got []string
		for _, d := range differences("v", old, []byte(tc.new)) {
			got = append(got, d.String())
		}
		assert.Equal(t, tc.want, got, name)
	}
	assert.Equal(t, "1 -> 2", Difference{Old: []byte("1"), New: []byte("2")}.String(), "the whole has no path")
	assert.Equal(t, "a", Difference{Path: "a"}.String())
}

// A difference deep inside is found in time that grows with the square of the depth at most.
func TestDifferencesOfDeepValues(t *testing.T) {
	t.Parallel()
	nested := func(inside string) json.RawMessage {
		return json.RawMessage(strings.Repeat(`[0,{"a":`, 100) + inside + strings.Repeat("},0]", 100))
	}
	found := differences("v", nested("1"), nested("2"))
	require.Len(t, found, 1)
	require.True(t, strings.HasPrefix(found[0].Path, "v[1].a[1].a"))
}

func TestDeltas(t *testing.T) {
	t.Parallel()
	for _, tc := range [][3]string{
		{"3", "4", " (+1)"}, {"4", "3", " (-1)"}, {"0.1", "0.3", " (+0.2)"}, {"1", "2.5", " (+1.5)"}, {"1.0", "1", ""},
		{`"3"`, "4", ""}, {"", "4", ""}, {"-1e308", "1e308", ""}, {"1e400", "1", ""}, {"3000000000", "3000000001", " (+1)"},
	} {
		assert.Equal(t, tc[2], delta(tc[0], tc[1]), "%s -> %s", tc[0], tc[1])
	}
}

func words(prefix string, n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s%d", prefix, i+1)
	}
	return strings.Join(all, " ")
}

func TestChangedPassages(t *testing.T) {
	t.Parallel()
	before, after := words("bb", 9), words("aa", 9)
	for name, tc := range map[string]struct{ old, new, want string }{
		"a word":          {before + " x " + after, before + " y " + after, "…bb6 bb7 bb8 bb9 [-x-] {+y+} aa1 aa2 aa3 aa4…"},
		"added":           {before + " " + after, before + " y z " + after, "…bb6 bb7 bb8 bb9 {+y z+} aa1 aa2 aa3 aa4…"},
		"removed":         {before + " x " + after, before + " " + after, "…bb6 bb7 bb8 bb9 [-x-] aa1 aa2 aa3 aa4…"},
		"at the start":    {"x " + before + " " + after, "y " + before + " " + after, "[-x-] {+y+} bb1 bb2 bb3 bb4…"},
		"at the end":      {before + " " + after + " x", before + " " + after, "…aa6 aa7 aa8 aa9 [-x-]"},
		"near both ends":  {"b x " + words("a", 2) + strings.Repeat(" ", 70), "b y a1 a2", "b [-x-] {+y+} a1 a2"},
		"much":            {before + " " + words("x", 30), before + " y", "…bb6 bb7 bb8 bb9 [-x1 x2 x3 x4 x5 x6 … 18 words … x25 x26 x27 x28 x29 x30-] {+y+}"},
		"repeated words":  {strings.Repeat("a ", 40), strings.Repeat("a ", 41), "…a a a a {+a+}"},
		"white space":     {before + " " + after + strings.Repeat(" ", 40), before + "\n\n" + after, "differs in white space only"},
		"an endless word": {strings.Repeat("x", 500), strings.Repeat("y", 500), "[-" + strings.Repeat("x", 80) + "…-] {+" + strings.Repeat("y", 80) + "…+}"},
		"escapes":         {before + " x " + after, before + " \x1b[2J " + after, `…bb6 bb7 bb8 bb9 [-x-] {+\x1b[2J+} aa1 aa2 aa3 aa4…`},
		"to nothing":      {words("x", 30), "", "[-x1 x2 x3 x4 x5 x6 … 18 words … x25 x26 x27 x28 x29 x30-]"},
	} {
		assert.Equal(t, tc.want, textChange(tc.old, tc.new), name)
	}
}

func TestBriefValues(t *testing.T) {
	t.Parallel()
	long, err := json.Marshal(words("w", 100))
	require.NoError(t, err)
	text := brief(long)
	assert.True(t, strings.HasPrefix(text, `"w1 w2 `) && strings.HasSuffix(text, `…" (100 words)`), text)
	assert.Equal(t, `{"a":[1,2]}`, brief([]byte("{ \"a\" : [1, 2] }")))
	assert.Equal(t, maxRunes+1, utf8.RuneCountInString(brief([]byte("["+strings.Repeat("1,", 100)+"1]"))))
}

// Two values have no differences if and only if they stand for the same, and comparing them the other way around finds the same places.
func FuzzDifferences(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"a":[1,2,{"b":"x"}]}`, `{"a":[2,{"b":"y"}],"c":null}`}, {`[1.0]`, `[1]`}, {`"a"`, `"\u0061"`}, {`{}`, `[]`},
		{`[[],[[1]]]`, `[[[1]]]`}, {`{"a":1,"a":2}`, `{"a":1}`}, {`-0`, `0`}, {`"` + strings.Repeat("a ", 50) + `"`, `"` + strings.Repeat("b ", 50) + `"`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		long := regexp.MustCompile(`[0-9.]{16}`) // beyond what a double holds to the digit
		if long.MatchString(a) || long.MatchString(b) || !json.Valid([]byte(a)) || !json.Valid([]byte(b)) || !utf8.ValidString(a+b) || strings.ContainsAny(a+b, "eE") {
			return // the record holds nothing else; exponents may be the same as float64 and yet differ
		}
		found := differences("v", json.RawMessage(a), json.RawMessage(b))
		require.Equal(t, reflect.DeepEqual(decoded(t, a), decoded(t, b)), len(found) == 0, "%s", found)
		back := differences("v", json.RawMessage(b), json.RawMessage(a))
		require.Len(t, back, len(found))
		for _, d := range found {
			require.True(t, strings.HasPrefix(d.Path, "v"))
			require.False(t, bytes.Equal(d.Old, d.New))
			for _, r := range d.String() {
				require.True(t, unicode.IsPrint(r), "%q", d.String())
			}
		}
	})
}

// decoded reads JSON so that equal values are equal.
func decoded(t *testing.T, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v))
	var normal func(v any) any
	normal = func(v any) any {
		switch v := v.(type) {
		case json.Number:
			f, err := v.Float64()
			require.NoError(t, err)
			return f + 0 // of the zeros there is one
		case []any:
			for i := range v {
				v[i] = normal(v[i])
			}
		case map[string]any:
			for k := range v {
				v[k] = normal(v[k])
			}
		}
		return v
	}
	return normal(v)
}
