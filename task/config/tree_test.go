package config

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// randomTree returns a tree of objects, lists and scalars without null.
func randomTree(r *rand.Rand, depth int) *node {
	kinds := 3
	if depth == 0 {
		kinds = 1
	}
	switch r.IntN(kinds) {
	case 1:
		n := &node{kind: list}
		for range r.IntN(3) {
			n.items = append(n.items, randomTree(r, depth-1))
		}
		return n
	case 2:
		return randomObject(r, depth)
	default:
		raws := []string{"0", "-1.5", "1e3", "true", "false", `""`, `"x y"`, `"8"`, `"a: b"`, `"null"`, `"é\n<&>"`, `"- x"`, `"#"`}
		return &node{kind: scalar, raw: raws[r.IntN(len(raws))]}
	}
}

func randomObject(r *rand.Rand, depth int) *node {
	n := &node{kind: object}
	for _, key := range []string{"a", "b", "c.d", "", "8", "true"} {
		if r.IntN(3) == 0 {
			n.fields = append(n.fields, field{key, randomTree(r, depth-1)})
		}
	}
	return n
}

func tree(t *testing.T, text string) *node {
	t.Helper()
	return readText(t, "tree.json", text)
}

func TestMerge(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ base, over, want string }{
		{`{"a":1}`, `{}`, `{"a":1}`},
		{`{}`, `{"a":1}`, `{"a":1}`},
		{`{"a":1,"b":2}`, `{"b":3,"c":4}`, `{"a":1,"b":3,"c":4}`},
		{`{"a":{"x":1,"y":2}}`, `{"a":{"y":3}}`, `{"a":{"x":1,"y":3}}`},
		{`{"a":[1,2]}`, `{"a":[3]}`, `{"a":[3]}`},
		{`{"a":{"x":1}}`, `{"a":null}`, `{"a":null}`},
		{`{"a":null}`, `{"a":{"x":1}}`, `{"a":{"x":1}}`},
		{`{"a":1}`, `{"a":{"x":1}}`, `{"a":{"x":1}}`},
		{`{"a":{"x":1}}`, `{"a":1}`, `{"a":1}`},
	} {
		assert.Equal(t, tc.want, string(merge(tree(t, tc.base), tree(t, tc.over)).text()))
	}
	n := tree(t, `{"a":1}`)
	assert.Same(t, n, merge(n, nil))
	assert.Same(t, n, merge(nil, n))
}

func TestMergeProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(21, 22))
	for range 500 {
		a, b := randomObject(r, 3), randomObject(r, 3)
		before := [2]string{string(a.text()), string(b.text())}
		ab := merge(a, b)
		assert.Equal(t, before, [2]string{string(a.text()), string(b.text())}, "merging changes neither") //nolint:testifylint // before is what is expected
		assert.JSONEq(t, string(b.text()), string(merge(b, b).text()), "what is there already changes nothing")
		b.leaves(nil, func(p path, leaf *node) {
			if leaf.kind == scalar {
				assert.Same(t, leaf, ab.find(p), "what is over wins")
			}
		})
	}
}

func TestWithout(t *testing.T) {
	t.Parallel()
	n := tree(t, `{"a":{"x":1,"y":{"z":2}},"b":3}`)
	for _, tc := range []struct {
		path path
		want string
	}{
		{keys("a"), `{"b":3}`},
		{keys("a", "x"), `{"a":{"y":{"z":2}},"b":3}`},
		{keys("a", "y", "z"), `{"a":{"x":1,"y":{}},"b":3}`},
		{keys("c"), `{"a":{"x":1,"y":{"z":2}},"b":3}`},
		{keys("b", "x"), `{"a":{"x":1,"y":{"z":2}},"b":3}`},
	} {
		assert.Equal(t, tc.want, string(n.without(tc.path).text()), tc.path)
	}
	assert.Equal(t, `{"a":{"x":1,"y":{"z":2}},"b":3}`, string(n.text()), "the tree itself is as it was")
}

func TestFind(t *testing.T) {
	t.Parallel()
	n := tree(t, `{"a":[{"b":1},2],"":3}`)
	assert.Equal(t, "1", n.find(path{toKey("a"), toIndex(0), toKey("b")}).raw)
	assert.Equal(t, "3", n.find(keys("")).raw)
	assert.Same(t, n, n.find(nil))
	for _, p := range []path{keys("x"), {toKey("a"), toIndex(2)}, {toIndex(0)}, keys("a", "b"), {toKey("a"), toIndex(1), toKey("b")}} {
		assert.Nil(t, n.find(p), p)
	}
}

// Every mark is at the offset of the value that its path leads to, or at the key of it.
func TestMarks(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(23, 24))
	for range 200 {
		n := randomObject(r, 4)
		at := keys("some", "where")
		e := encoder{path: at, marks: map[int]mark{}}
		e.value(n)
		data := e.out.Bytes()
		require.True(t, json.Valid(data), string(data))
		values := 0
		for offset, m := range e.marks {
			target := n.find(m.path[len(at):])
			require.NotNil(t, target)
			if string(data[offset:offset+len(target.text())]) == string(target.text()) {
				values++
				continue
			}
			key := quote(m.path[len(m.path)-1].key)
			assert.Equal(t, key, string(data[offset:offset+len(key)]))
		}
		assert.Positive(t, values)
	}
}

func TestTextIsRead(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(25, 26))
	for range 300 {
		n := randomObject(r, 4)
		assert.Equal(t, string(n.text()), string(tree(t, string(n.text())).text()))
	}
}

// A document that a YAML encoder writes in block style has the tree of the same document in JSON.
func TestTreesOfYAML(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(27, 28))
	for range 300 {
		n := randomObject(r, 4)
		var v any
		require.NoError(t, json.Unmarshal(n.text(), &v))
		block, err := yaml.Marshal(v)
		require.NoError(t, err)
		if len(n.fields) == 0 {
			continue // {} is JSON
		}
		assert.JSONEq(t, string(n.text()), string(readText(t, "tree.yaml", string(block)).text()), string(block))
	}
}

// What an assignment puts somewhere is there, and nothing else has changed.
func TestSetChangesOnePlace(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(29, 30))
	changed := 0
	for range 300 {
		n := randomObject(r, 4)
		var paths []path
		before := map[string]string{}
		n.leaves(nil, func(p path, leaf *node) {
			paths = append(paths, p)
			before[p.String()] = string(leaf.text())
		})
		if n.leaf() {
			continue
		}
		p := paths[r.IntN(len(paths))]
		require.Empty(t, n.set(p, &node{kind: scalar, raw: `"new"`, place: place{level: LevelSet}}))
		n.leaves(nil, func(q path, leaf *node) {
			if q.String() == p.String() {
				changed++
				assert.Equal(t, `"new"`, leaf.raw)
				assert.Equal(t, LevelSet, leaf.place.level)
				return
			}
			assert.Equal(t, before[q.String()], string(leaf.text()))
			assert.Empty(t, leaf.place.level)
		})
	}
	assert.Greater(t, changed, 100)
}

func TestSetMakesWhatIsOnTheWay(t *testing.T) {
	t.Parallel()
	value := func() *node { return &node{kind: scalar, raw: "1"} }
	for _, tc := range []struct{ before, path, after string }{
		{`{}`, "a", `{"a":1}`},
		{`{}`, "a.b.c", `{"a":{"b":{"c":1}}}`},
		{`{"a":null}`, "a.b", `{"a":{"b":1}}`},
		{`{}`, "a[0].b[0]", `{"a":[{"b":[1]}]}`},
		{`{"a":[0]}`, "a[1]", `{"a":[0,1]}`},
		{`{"a":[0]}`, "a[0]", `{"a":[1]}`},
		{`{"a":{"b":[2,{"c":3}]}}`, "a", `{"a":1}`},
	} {
		n := tree(t, tc.before)
		p, _, err := parsePath(tc.path)
		require.NoError(t, err)
		require.Empty(t, n.set(p, value()))
		assert.Equal(t, tc.after, string(n.text()), tc.path)
	}
	for _, tc := range []struct{ before, path, want string }{
		{`{"a":1}`, "a.b", "a path to a setting; there is nothing at b"},
		{`{"a":[1]}`, "a.b", "a path to a setting; there is nothing at b"},
		{`{"a":{"b":1}}`, "a[0]", "a path to a setting; there is nothing at [0]"},
		{`{"a":[1]}`, "a[2]", "a place in a list of 1, counted from 0, or 1 to add one"},
	} {
		n := tree(t, tc.before)
		p, _, err := parsePath(tc.path)
		require.NoError(t, err)
		assert.Equal(t, tc.want, n.set(p, value()))
		assert.Equal(t, tc.before, string(n.text()))
	}
}

func TestNesting(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"":                        0,
		"a: 1":                    0,
		"a: [1, [2], {b: [3]}]":   3,
		"- - - x":                 3,
		"- a\n- b\n- c":           1,
		"- - a\n- - - b\n":        3,
		"a: [1,\n [2,\n  [3]]]":   3,
		"a: '[[[['":               0,
		"? a\n: [x]":              1,
		"a: [1]\nb: [2]\nc: [3]]": 1,
	} {
		assert.Equal(t, want, nesting(lexer.Tokenize(text)), "%q", text)
	}
}
