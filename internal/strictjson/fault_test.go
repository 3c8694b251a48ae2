package strictjson_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/internal/strictjson"
)

// node is a JSON value whose keys keep their order and may repeat.
type node struct {
	open     byte // '{', '[' or 0 for a scalar
	keys     []string
	children []*node
	scalar   string
}

func parse(t *testing.T, dec *json.Decoder) *node {
	t.Helper()
	token, err := dec.Token()
	require.NoError(t, err)
	delim, ok := token.(json.Delim)
	if !ok {
		raw, err := json.Marshal(token)
		require.NoError(t, err)
		return &node{scalar: string(raw)}
	}
	n := &node{open: byte(delim)}
	for dec.More() {
		if n.open == '{' {
			key, err := dec.Token()
			require.NoError(t, err)
			n.keys = append(n.keys, fmt.Sprint(key))
		}
		n.children = append(n.children, parse(t, dec))
	}
	_, err = dec.Token()
	require.NoError(t, err)
	return n
}

// write renders the value with random white space.
func (n *node) write(b *strings.Builder, rng *rand.Rand) {
	space := func() { b.WriteString([]string{"", " ", "\n\t", "\r\n"}[rng.IntN(4)]) }
	if n.open == 0 {
		b.WriteString(n.scalar)
		return
	}
	b.WriteByte(n.open)
	for i, child := range n.children {
		if i > 0 {
			b.WriteByte(',')
		}
		space()
		if n.open == '{' {
			b.WriteString(strconv.Quote(n.keys[i]))
			space()
			b.WriteByte(':')
			space()
		}
		child.write(b, rng)
		space()
	}
	b.WriteByte(n.open + 2) // the closing bracket follows the opening one by two in ASCII
}

// objects calls each with every object below n that is decoded into a struct, and its path.
func (n *node) objects(path string, each func(n *node, path string)) {
	if n.open == '{' && path != "tags" && !strings.HasPrefix(path, "any") {
		each(n, path)
	}
	for i, child := range n.children {
		at := fmt.Sprintf("%s[%d]", path, i)
		if n.open == '{' {
			at = join(path, n.keys[i])
		}
		child.objects(at, each)
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func randomEssay(rng *rand.Rand) essay {
	e := essay{base: base{ID: fmt.Sprint("e", rng.IntN(100))}, Text: `"x" \ é {[,`, Draft: 1 + rng.IntN(3), Plain: "]}"}
	for range rng.IntN(3) {
		e.Scores = append(e.Scores, score{Criterion: "thesis", Value: float64(rng.IntN(4))})
	}
	if rng.IntN(2) == 0 {
		e.Best = &score{Value: -1.5e-3}
		e.Tags = map[string]string{"a b": "c", "d": ""}
		e.At = time.Date(2026, 9, 1, 14, 30, 0, rng.IntN(1000), time.UTC)
		e.Any = map[string]any{"x": []any{1.0, "y", nil, false}}
	}
	return e
}

// TestOneFault puts one fault into random documents and checks that it alone is found, under its path and at its place.
func TestOneFault(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(rng *rand.Rand, n *node) (key, want string){
		"repeated key": func(rng *rand.Rand, n *node) (string, string) {
			i := rng.IntN(len(n.keys))
			n.keys, n.children = append(n.keys, n.keys[i]), append(n.children, n.children[i])
			return n.keys[i], "one value; the key is there twice"
		},
		"unknown key": func(_ *rand.Rand, n *node) (string, string) {
			n.keys, n.children = append(n.keys, "novel key"), append(n.children, &node{scalar: "1"})
			return "novel key", "a known key: "
		},
		"wrong case": func(rng *rand.Rand, n *node) (string, string) {
			i := rng.IntN(len(n.keys))
			right := n.keys[i]
			n.keys[i] = strings.ToUpper(right)
			if right == "Plain" {
				n.keys[i] = "pLAIN"
			}
			return n.keys[i], fmt.Sprintf("the key written %q", right)
		},
		"wrong type": func(rng *rand.Rand, n *node) (string, string) {
			i := rng.IntN(len(n.keys))
			for n.keys[i] == "any" { // takes everything
				i = rng.IntN(len(n.keys))
			}
			n.children[i] = &node{scalar: `{"of": "no use"}`}
			if n.keys[i] == "best" || n.keys[i] == "tags" {
				n.children[i] = &node{scalar: "[1]"}
			}
			return n.keys[i], ""
		},
		"left out": func(_ *rand.Rand, n *node) (string, string) {
			i := slices.IndexFunc(n.keys, func(key string) bool { return key == "id" || key == "value" })
			key := n.keys[i]
			n.keys, n.children = slices.Delete(n.keys, i, i+1), slices.Delete(n.children, i, i+1)
			return key, "a value; the key is missing or null"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(1, 2))
			for range 300 {
				e := randomEssay(rng)
				data, err := json.Marshal(e)
				require.NoError(t, err)
				checkFault(t, rng, data, spoil)
			}
		})
	}
}

func checkFault(t *testing.T, rng *rand.Rand, data []byte, spoil func(*rand.Rand, *node) (key, want string)) {
	t.Helper()
	root := parse(t, json.NewDecoder(bytes.NewReader(data)))
	var sound strings.Builder
	root.write(&sound, rng)
	require.NoError(t, strictjson.UnmarshalComplete([]byte(sound.String()), new(essay)), sound.String())

	var objects []*node
	var paths []string
	root.objects("", func(n *node, path string) { objects, paths = append(objects, n), append(paths, path) })
	i := rng.IntN(len(objects))
	key, want := spoil(rng, objects[i])
	var spoilt strings.Builder
	root.write(&spoilt, rng)
	var faults strictjson.Errors
	require.ErrorAs(t, strictjson.UnmarshalComplete([]byte(spoilt.String()), new(essay)), &faults, spoilt.String())
	require.Len(t, faults, 1, "%s\n%v", spoilt.String(), faults)
	require.Equal(t, join(paths[i], key), faults[0].Path)
	require.Contains(t, faults[0].Want, want)
	require.Contains(t, "{\"[-0123456789tf", spoilt.String()[faults[0].Offset:faults[0].Offset+1], "the place of a key or of a value")
}

// grade decodes itself from text.
type grade int

func (g *grade) UnmarshalText(text []byte) error {
	i := strings.Index("ABC", string(text))
	if i < 0 || len(text) != 1 {
		return fmt.Errorf("%q is no grade", text)
	}
	*g = grade(i)
	return nil
}

func TestUnmarshalTypes(t *testing.T) {
	t.Parallel()
	type types struct {
		Grades  map[string]*grade `json:"grades"`
		Pair    [2]int            `json:"pair"`
		Matrix  [][]float32       `json:"matrix"`
		Deep    **score           `json:"deep"`
		Records map[string]score  `json:"records"`
		Key     map[int]string    `json:"key"`
		Int8    int8              `json:"int8"`
		Uint    uint              `json:"uint"`
	}
	good := `{"grades":{"x":"A","y":"C","z":null},"pair":[1,2],"matrix":[[1.5],[]],"deep":{"value":1},"records":{"a":{"value":2}},
		"key":{"1":"one"},"int8":-128,"uint":7}`
	var got, want types
	require.NoError(t, strictjson.Unmarshal([]byte(good), &got))
	require.NoError(t, json.Unmarshal([]byte(good), &want))
	assert.Equal(t, want, got)
	assert.Equal(t, grade(2), *got.Grades["y"])
	for in, want := range map[string]string{
		`{"grades":{"x":"D"}}`:          `grades.x: got "D"; want a value that fits: "D" is no grade`,
		`{"grades":{"x":1}}`:            `grades.x: got "1"; want a whole number`,
		`{"pair":[1,"2"]}`:              `pair[1]: got "2"; want a whole number; this is a string`,
		`{"matrix":[[1],[2,true]]}`:     `matrix[1][1]: got "true"; want a number; this is true or false`,
		`{"deep":{"Value":1}}`:          `deep.Value: want the key written "value"`,
		`{"records":{"a":{"v":1}}}`:     `records.a.v: want a known key: criterion, value`,
		`{"records":[{"value":1}]}`:     `records: want an object; this is a list`,
		`{"key":{"one":"1"}}`:           `want a value that fits: json: cannot unmarshal number one into Go struct field types.key of type int`,
		`{"int8":128}`:                  `int8: got "128"; want a whole number`,
		`{"uint":-1}`:                   `uint: got "-1"; want a whole number, not negative`,
		`{"int8":1e2}`:                  `int8: got "1e2"; want a whole number`,
		`[{"deep":null}]`:               `want an object; this is a list`,
		"{\"pair\":[1,\n2],\"Pair\":1}": `Pair: want the key written "pair"`,
	} {
		require.EqualError(t, strictjson.Unmarshal([]byte(in), new(types)), want)
	}
}

func TestUnmarshalIntoOtherThanStructs(t *testing.T) {
	t.Parallel()
	var list []score
	require.NoError(t, strictjson.Unmarshal([]byte(` [ {"value" : 1} , {"value":2} ] `), &list))
	assert.Equal(t, []score{{Value: 1}, {Value: 2}}, list)
	require.EqualError(t, strictjson.Unmarshal([]byte(`[{"value":1},{"velue":2}]`), &list), "[1].velue: want a known key: criterion, value")
	var n int
	require.EqualError(t, strictjson.Unmarshal([]byte(`"7"`), &n), `got "7"; want a whole number; this is a string`)
	var v any
	require.EqualError(t, strictjson.Unmarshal([]byte(`{"a":{"b":1,"b":2}}`), &v), "a.b: want one value; the key is there twice")
	var p *score
	require.NoError(t, strictjson.UnmarshalComplete([]byte(`null`), &p))
	assert.Nil(t, p)
}

func TestErrors(t *testing.T) {
	t.Parallel()
	one, two := &strictjson.Error{Path: "a", Want: "b"}, &strictjson.Error{Value: "c", Want: "d"}
	err := fmt.Errorf("load: %w", strictjson.Errors{one, two})
	require.EqualError(t, err, "load: a: want b\ngot \"c\"; want d")
	require.ErrorIs(t, err, two)
}

func TestErrorShowsWhatIsKnown(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]strictjson.Error{
		"want a list":                   {Want: "a list"},
		"a: want a list":                {Path: "a", Want: "a list"},
		`got "7"; want a list`:          {Value: "7", Want: "a list"},
		`a[0].b: got "\n"; want a list`: {Path: "a[0].b", Value: "\n", Want: "a list", Offset: 3},
	} {
		assert.Equal(t, want, e.Error())
	}
}
