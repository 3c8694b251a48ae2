package strictjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/internal/strictjson"
)

type base struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

type score struct {
	Criterion string  `json:"criterion,omitempty"`
	Value     float64 `json:"value"`
}

type essay struct {
	base
	Text   string            `json:"text,omitempty"` // hides base.Text
	Scores []score           `json:"scores,omitempty"`
	Best   *score            `json:"best,omitempty"`
	Draft  int               `json:"draft,omitempty"`
	Pages  uint8             `json:"pages,omitempty"`
	Final  bool              `json:"final,omitempty"`
	At     time.Time         `json:"at,omitzero"`
	Tags   map[string]string `json:"tags,omitempty"`
	Any    any               `json:"any,omitempty"`
	Raw    json.RawMessage   `json:"raw,omitempty"`
	Bytes  []byte            `json:"bytes,omitempty"`
	Exact  json.Number       `json:"exact,omitempty"`
	Quoted int               `json:"quoted,omitempty,string"`
	Refs   []*score          `json:"refs,omitempty"`
	Plain  string
	Hidden string `json:"-"`
	secret string
}

func TestUnmarshal(t *testing.T) {
	t.Parallel()
	const in = `{"id":"e1","text":"a\"b","scores":[{"value":1.5},{"criterion":"thesis","value":2}],"best":{"value":3},"draft":2,
		"pages":255,"final":true,"at":"2026-09-01T14:30:00Z","tags":{"home language":"fi"},"any":{"x":[1,null]},"raw":[1],
		"bytes":"aGk=","exact":1e3,"quoted":"7","Plain":"p"}`
	var want, got essay
	require.NoError(t, json.Unmarshal([]byte(in), &want))
	require.NoError(t, strictjson.UnmarshalComplete([]byte(in), &got))
	assert.Equal(t, want, got)
	assert.Equal(t, "e1", got.ID)
	assert.Empty(t, got.secret)
}

func TestUnmarshalRefuses(t *testing.T) {
	t.Parallel()
	const keys = "a known key: text, scores, best, draft, pages, final, at, tags, any, raw, bytes, exact, quoted, refs, Plain, id"
	for name, tc := range map[string]struct{ in, want string }{
		"nothing":           {``, `want valid JSON (unexpected end of JSON input)`},
		"syntax":            {`{"id": e1}`, `want valid JSON (invalid character 'e' looking for beginning of value)`},
		"trailing data":     {`{"id":"a"} {}`, `want valid JSON (invalid character '{' after top-level value)`},
		"invalid UTF-8":     {"{\"id\":\"caf\xe9\"}", `want UTF-8, which JSON is always written in`},
		"duplicate key":     {`{"id":"a","id":"b"}`, `id: want one value; the key is there twice`},
		"duplicate of null": {`{"id":null,"id":"b"}`, `id: want one value; the key is there twice`},
		"escaped duplicate": {`{"id":"a","\u0069d":"b"}`, `id: want one value; the key is there twice`},
		"duplicate in any":  {`{"any":[{"x":1,"x":2}]}`, `any[0].x: want one value; the key is there twice`},
		"duplicate in raw":  {`{"raw":{"x":1,"x":2}}`, `raw.x: want one value; the key is there twice`},
		"duplicate in map":  {`{"tags":{"x":"1","x":"2"}}`, `tags.x: want one value; the key is there twice`},
		"wrong case":        {`{"ID":"a"}`, `ID: want the key written "id"`},
		"unknown key":       {`{"title":"a"}`, `title: want ` + keys},
		"hidden":            {`{"Hidden":"a"}`, `Hidden: want ` + keys},
		"unexported":        {`{"secret":"a"}`, `secret: want ` + keys},
		"unknown in list":   {`{"scores":[{"value":1},{"vlaue":2}]}`, `scores[1].vlaue: want a known key: criterion, value`},
		"unknown pointer":   {`{"best":{"vlaue":2}}`, `best.vlaue: want a known key: criterion, value`},
		"number for string": {`{"id":7}`, `id: got "7"; want a string in quotation marks; this is a number`},
		"string for number": {`{"best":{"value":"3"}}`, `best.value: got "3"; want a number; this is a string`},
		"fraction":          {`{"draft":1.5}`, `draft: got "1.5"; want a whole number`},
		"overflow":          {`{"pages":256}`, `pages: got "256"; want a whole number, not negative`},
		"float overflow":    {`{"best":{"value":1e999}}`, `best.value: got "1e999"; want a number`},
		"bool":              {`{"final":"yes"}`, `final: got "yes"; want true or false; this is a string`},
		"time":              {`{"at":"2026-09-01"}`, `at: got "2026-09-01"; want a time as in 2026-09-01T14:30:00Z`},
		"time as object":    {`{"at":{}}`, `at: want a time as in 2026-09-01T14:30:00Z`},
		"object for list":   {`{"scores":{"value":1}}`, `scores: want a list; this is an object`},
		"list for object":   {`{"best":[1]}`, `best: want an object; this is a list`},
		"value for map":     {`{"tags":"x"}`, `tags: got "x"; want an object; this is a string`},
		"number in map":     {`{"tags":{"x":1}}`, `tags.x: got "1"; want a string in quotation marks; this is a number`},
		"bytes":             {`{"bytes":"!"}`, `bytes: got "!"; want a value that fits: illegal base64 data at input byte 0`},
		"exact":             {`{"exact":"x"}`, `exact: got "x"; want a number; this is a string`},
		"quoted":            {`{"quoted":7}`, `want a value that fits: json: invalid use of ,string struct tag, trying to unmarshal unquoted value into int`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := essay{base: base{ID: "before"}}
			err := strictjson.Unmarshal([]byte(tc.in), &got)
			require.EqualError(t, err, tc.want)
			var fault *strictjson.Error
			require.ErrorAs(t, err, &fault)
			assert.Equal(t, "before", got.ID)
		})
	}
}

func TestUnmarshalFindsEveryFault(t *testing.T) {
	t.Parallel()
	in := `{
  "ID": "a",
  "scores": [{"value": "x"}, {"value": 1, "value": 2}],
  "more": 1
}`
	var faults strictjson.Errors
	require.ErrorAs(t, strictjson.Unmarshal([]byte(in), new(essay)), &faults)
	var got []string
	for _, f := range faults {
		got = append(got, fmt.Sprintf("%s at %q", f.Path, in[f.Offset:f.Offset+6]))
	}
	assert.Equal(t, []string{
		`ID at "\"ID\": "`, `scores[0].value at "\"x\"}, "`, `scores[1].value at "\"value"`, `more at "\"more\""`,
	}, got)
}

func TestUnmarshalComplete(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want string }{
		"complete":          {`{"id":"","scores":[{"value":0}]}`, ``},
		"optional null":     {`{"id":"a","scores":null,"best":null,"at":null,"draft":null}`, ``},
		"untagged left out": {`{"id":"a"}`, ``},
		"left out":          {`{}`, `id: want a value; the key is missing or null`},
		"null":              {`{"id":null}`, `id: want a value; the key is missing or null`},
		"nested":            {`{"id":"a","scores":[{"criterion":"x"}]}`, `scores[0].value: want a value; the key is missing or null`},
		"wrong case once":   {`{"Id":"a"}`, `Id: want the key written "id"`},
		"null element":      {`{"id":"a","scores":[null]}`, `scores[0]: got "null"; want an object`},
		"null that is nil":  {`{"id":"a","any":[null],"refs":[null,{"value":1}]}`, ``},
		"null document":     {`null`, `got "null"; want an object`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := strictjson.UnmarshalComplete([]byte(tc.in), new(essay))
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, tc.want)
		})
	}
}

func TestUnmarshalLeavesOut(t *testing.T) {
	t.Parallel()
	require.NoError(t, strictjson.Unmarshal([]byte(`{}`), new(essay)))
	require.NoError(t, strictjson.Unmarshal([]byte(`{"id":null,"scores":[null]}`), new(essay)))
	require.NoError(t, strictjson.Unmarshal([]byte(`null`), new(essay)))
}

func TestUnmarshalNeedsAPointer(t *testing.T) {
	t.Parallel()
	var invalid *json.InvalidUnmarshalError
	require.ErrorAs(t, strictjson.Unmarshal([]byte(`{}`), essay{}), &invalid)
	require.ErrorAs(t, strictjson.Unmarshal([]byte(`{}`), (*essay)(nil)), &invalid)
	require.ErrorAs(t, strictjson.Unmarshal([]byte(`{}`), nil), &invalid)
}

type Chain struct {
	*Chain
	ID string `json:"id"`
}

func TestUnmarshalIntoATypeThatHoldsItself(t *testing.T) {
	t.Parallel()
	require.NoError(t, strictjson.Unmarshal([]byte(`{"id":"a"}`), new(Chain)))
	type tree struct {
		Children []tree `json:"children"`
	}
	err := strictjson.Unmarshal([]byte(`{"children":[{"children":[{"child":1}]}]}`), new(tree))
	require.EqualError(t, err, "children[0].children[0].child: want a known key: children")
}

func TestUnmarshalDeepDocument(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 1_000_000) + strings.Repeat("]", 1_000_000)
	var v any
	require.ErrorContains(t, strictjson.Unmarshal([]byte(deep), &v), "exceeded max depth")
}

func TestFind(t *testing.T) {
	t.Parallel()
	doc := []byte(` {"a": 1, "list": [ {"b": "x"}, [true] ], "a b": null}`)
	for path, want := range map[string]string{
		"": `{"a"`, "a": "1", "list": "[", "list[0].b": `"x"`, "list[1][0]": "true", "a b": "null",
	} {
		at, ok := strictjson.Find(doc, path)
		require.True(t, ok, path)
		assert.True(t, bytes.HasPrefix(doc[at:], []byte(want)), "%s leads to %s", path, doc[at:])
	}
	for _, path := range []string{"b", "list[2]", "list[0].c", "list.b", "[0]"} {
		_, ok := strictjson.Find(doc, path)
		assert.False(t, ok, path)
	}
	_, ok := strictjson.Find([]byte(`{`), "")
	assert.False(t, ok)
}

// FuzzUnmarshal holds the package against encoding/json: what it takes, encoding/json takes with the same result, and what it refuses has
// a fault with a place inside the document that Find knows.
func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []string{
		`{"id":"a","text":"b","scores":[{"criterion":"c","value":1}]}`, `{"id":"a","id":"b"}`, `{"ID":1,"x":[{}]}`, `null`, `[`, "\"\xff\"",
		`{"at":"2026-09-01T14:30:00Z","tags":{"a":"b"},"any":[1,{"a":2}],"raw":{"a":1}}`, `{"bytes":"aGk=","exact":1,"quoted":"1"}`,
		` { "best" : { "value" : 1e5 } , "draft" : -1 } `,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got, want essay
		err := strictjson.Unmarshal(data, &got)
		if err == nil {
			require.NoError(t, json.Unmarshal(data, &want))
			require.Equal(t, want, got)
			return
		}
		var faults strictjson.Errors
		if !errors.As(err, &faults) || len(faults) == 0 {
			t.Fatalf("%v is no list of faults", err)
		}
		for _, fault := range faults {
			require.LessOrEqual(t, fault.Offset, len(data))
			if fault.Path != "" {
				_, ok := strictjson.Find(data, fault.Path)
				require.True(t, ok, fault.Path)
			}
		}
	})
}

// FuzzUnmarshalComplete checks that a complete document is a sound one too, and that what an encoder writes is complete.
func FuzzUnmarshalComplete(f *testing.F) {
	f.Add([]byte(`{"id":"a","scores":[{"value":0}],"best":null}`))
	f.Add([]byte(`{"id":"a","scores":[null]}`))
	f.Add([]byte(`{"scores":[{"criterion":"x"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var complete, sound essay
		if strictjson.UnmarshalComplete(data, &complete) != nil {
			return
		}
		require.NoError(t, strictjson.Unmarshal(data, &sound))
		require.Equal(t, sound, complete)
		written, err := json.Marshal(complete)
		require.NoError(t, err)
		require.NoError(t, strictjson.UnmarshalComplete(written, new(essay)), "%s", written)
	})
}

func BenchmarkUnmarshal(b *testing.B) {
	line := []byte(`{"id":"e1","text":"` + strings.Repeat("A sentence of an essay. ", 60) + `","scores":[{"criterion":"thesis","value":2}]}`)
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		if err := strictjson.UnmarshalComplete(line, new(essay)); err != nil {
			b.Fatal(err)
		}
	}
}
