package config

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readText reads a document without a problem.
func readText(t *testing.T, name, text string) *node {
	t.Helper()
	ps := &problems{file: name}
	r := reader{problems: ps}
	n := r.read(name, []byte(text))
	require.NoError(t, ps.err(), text)
	require.NotNil(t, n)
	return n
}

func TestScalars(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"word": `"word"`, "'8'": `"8"`, `"a\u00e9\t\/"`: `"aé\t/"`, "''": `""`, "a <b> & c": `"a <b> & c"`,
		"no": `"no"`, "yes": `"yes"`, "2026-01-02": `"2026-01-02"`, "true": "true", "False": "false",
		"~": "null", "null": "null",
		"8": "8", "-8": "-8", "+8": "8", "0": "0", "0x1F": "31", "0o17": "15", "1_000": "1000",
		"1.50": "1.50", ".5": "0.5", "-.5": "-0.5", "1.": "1", "1e3": "1e3", "1E-2": "1E-2", "'1e3'": `"1e3"`,
		"123456789012345678901234567890": "123456789012345678901234567890",
		"18446744073709551615":           "18446744073709551615",
		"[]":                             "[]", "{}": "{}", "[1, [a, {b: c}]]": `[1,["a",{"b":"c"}]]`,
	} {
		assert.Equal(t, want, string(readText(t, "c.yaml", "k: "+text+"\n").field("k").text()), text)
		assert.True(t, json.Valid([]byte(want)))
	}
	block := readText(t, "c.yaml", "a: |\n  one\n\n  two\nb: >-\n  three\n  four\n1: x\ntrue: y\n")
	assert.Equal(t, `{"a":"one\n\ntwo\n","b":"three four","1":"x","true":"y"}`, string(block.text()))
}

func TestSameNumbers(t *testing.T) {
	t.Parallel()
	n := func(raw string) *node { return &node{kind: scalar, raw: raw} }
	assert.True(t, same(n("1e3"), n("1000")))
	assert.True(t, same(n("0.10"), n("0.1")))
	assert.False(t, same(n("0"), n("12")))
	assert.False(t, same(n(`"1"`), n("1")))
	assert.True(t, same(n("18446744073709551615"), n("18446744073709551615")))
	assert.False(t, same(&node{}, n("0")))
	assert.True(t, same(&node{}, &node{}))
}

const twoForms = `version: 1
resources: {class: {dir: c}, model: {use: fake, params: {replies: 2}}}
environment: {key: {env: KEY, secret: true}}
shared: {exemplars: {k: 8}}
tasks:
  essay_score: {generation: {temperature: 1e-1, seed: 7}}
  strict: {task: rubric_score, inputs: {class_docs: false}, steps: [{at: "after:prompt", name: n, params: {a: "\u00e9"}}]}
run: {in_flight: 3}
`

func TestJSONFormEqualsYAMLForm(t *testing.T) {
	t.Parallel()
	y := mustParse(t, twoForms)
	inJSON := readText(t, "c.yaml", twoForms).text()
	for _, name := range []string{"c.json", "c.yaml", "c"} {
		j, err := Parse(name, inJSON, nil, withFake())
		require.NoError(t, err)
		yText, err := json.Marshal(y)
		require.NoError(t, err)
		jText, err := json.Marshal(j)
		require.NoError(t, err)
		assert.JSONEq(t, string(yText), string(jText))
		assert.Equal(t, string(yText), string(jText))
		for i, v := range y.Values() {
			w := j.Values()[i]
			assert.Equal(t, v.Path, w.Path)
			assert.True(t, same(&node{kind: scalar, raw: v.Value}, &node{kind: scalar, raw: w.Value}), v.Path)
			assert.Equal(t, v.Level, w.Level)
		}
	}
}

func TestByteOrderMarkAndWindowsLineBreaks(t *testing.T) {
	t.Parallel()
	text := "version: 1\nresources:\n  class:\n    dir: \"a\n      b\"\ntasks:\n  essay_score:\n    exemplars:\n      k: 3\n"
	for _, s := range []string{text, "\ufeff" + text, strings.ReplaceAll(text, "\n", "\r\n")} {
		c := mustParse(t, s)
		assert.Equal(t, 9, value(t, c, "tasks.essay_score.exemplars.k").Place.Line)
		assert.Equal(t, `"a b"`, value(t, c, "resources.class.dir").Value)
	}
	c, err := Parse("c.json", []byte("\ufeff{\"version\": 1,\r\n\"tasks\": {\"essay_score\":\r\n{}}}"), nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"essay_score"}, c.Tasks())
}

// writer writes a random document and remembers the line of each leaf's key.
type writer struct {
	strings.Builder
	*rand.Rand
	line  int
	lines map[string]int
}

func (w *writer) put(text string) {
	w.WriteString(text)
	w.line += strings.Count(text, "\n")
}

func (w *writer) noise(indent string) {
	switch w.IntN(5) {
	case 0:
		w.put(indent + "# a comment: {x\n")
	case 1:
		w.put("\n")
	}
}

// object writes an object of n random settings, which model parameters may hold, in block or flow style.
func (w *writer) object(at path, depth int, indent string) {
	for i := range 1 + w.IntN(4) {
		key := fmt.Sprintf("k%d", i)
		p := at.then(toKey(key))
		w.noise(indent)
		w.put(indent + key + ":")
		w.lines[p.String()] = w.line
		switch w.IntN(6) {
		case 0:
			if depth < 3 {
				w.put("\n")
				delete(w.lines, p.String())
				w.object(p, depth+1, indent+"  ")
				continue
			}
			w.put(" {}\n")
		case 1:
			w.put(" |\n" + indent + "  text: x\n\n" + indent + "  more\n")
		case 2:
			w.put(" \"a\n\n" + indent + "  b\"\n")
		case 3:
			w.put("\n" + indent + "  later\n")
		case 4:
			w.flow(p, indent+"    ")
			w.put("\n")
		default:
			w.put(" 7 # seven\n")
		}
	}
}

// flow writes an object in brackets, over lines or in one.
func (w *writer) flow(at path, indent string) {
	delete(w.lines, at.String())
	space := func() {
		if w.IntN(2) == 0 {
			w.put("\n" + indent)
		}
	}
	w.put(" {")
	for i := range 1 + w.IntN(3) {
		if i > 0 {
			w.put(", ")
		}
		space()
		key := fmt.Sprintf("f%d", i)
		w.put(key + ": ")
		w.lines[at.then(toKey(key)).String()] = w.line
		w.put("x")
	}
	space()
	w.put("}")
}

func TestLinesOfYAML(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		w := &writer{Rand: rand.New(rand.NewPCG(seed, 1)), line: 1, lines: map[string]int{}}
		w.put("version: 1\ntasks: {essay_score: {}}\nresources:\n  model:\n    use: any\n    params:\n")
		w.object(keys("resources", "model", "params"), 0, "      ")
		c := mustParse(t, w.String())
		got := map[string]int{}
		for _, v := range c.Values() {
			if strings.HasPrefix(v.Path, "resources.model.params.") {
				assert.Equal(t, LevelResources, v.Level)
				assert.Equal(t, "gloss.yaml", v.Place.File)
				got[v.Path] = v.Place.Line
			}
		}
		require.Equal(t, w.lines, got, w.String())
	}
}

func TestLinesOfJSON(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var b strings.Builder
		line, want := 1, map[string]int{}
		put := func(tokens ...string) {
			for _, token := range tokens {
				for range r.IntN(3) {
					b.WriteString([]string{"\n", " ", "\r\n", "\t"}[r.IntN(4)])
				}
				b.WriteString(token)
			}
			line = 1 + strings.Count(b.String(), "\n")
		}
		put("{", `"version"`, ":", "1", ",", `"tasks"`, ":", "{", `"essay_score"`, ":", "{", "}", "}", ",",
			`"resources"`, ":", "{", `"model"`, ":", "{", `"use"`, ":", `"any"`, ",", `"params"`, ":", "{")
		for i := range 5 {
			key := fmt.Sprintf("k%d", i)
			if i > 0 {
				put(",")
			}
			put(quote(key))
			want["resources.model.params."+key] = line
			put(":", []string{"1", `"x\n"`, "null", "[]", "true"}[i])
		}
		put("}", "}", "}", "}")
		c, err := Parse("c.json", []byte(b.String()), nil)
		require.NoError(t, err, b.String())
		got := map[string]int{}
		for _, v := range c.Values() {
			if strings.HasPrefix(v.Path, "resources.model.params.") {
				got[v.Path] = v.Place.Line
			}
		}
		require.Equal(t, want, got, b.String())
	}
}

// The checks of unknown keys read the words of package strictjson; this fails if they change.
func TestUnknownKeysAreRecognized(t *testing.T) {
	t.Parallel()
	_, err := Parse("c.yaml", []byte("version: 1\ntasks: {essay_score: {exemplar: {k: 1}}}"), nil)
	assert.Equal(t, []string{`c.yaml:2: tasks.essay_score.exemplar: want the key "exemplars" ` +
		`(known here: task, inputs, exemplars, documents, rag, technique, generation, reply, budget, steps)`}, messages(t, err))
}
