package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestValues(t *testing.T) {
	t.Parallel()
	c, err := Load("testdata/good/gloss.yaml", withFake(), WithSet("tasks.strict.exemplars.k=3"))
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, c.WriteValues(&out))
	golden(t, "testdata/good/values.txt", out.String())
	text, err := json.MarshalIndent(c.Values(), "", "  ")
	require.NoError(t, err)
	golden(t, "testdata/good/values.json", string(text)+"\n")
}

func TestWriteValuesFails(t *testing.T) {
	t.Parallel()
	failed := errors.New("full")
	err := mustParse(t, "version: 1\ntasks: {essay_score: {}}\n").WriteValues(writerFunc(func([]byte) (int, error) { return 0, failed }))
	require.ErrorIs(t, err, failed)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// A given value that stands for the default is not what is in effect, so the default is named.
func TestZeroStandsForTheDefault(t *testing.T) {
	t.Parallel()
	c := mustParse(t, "version: 1\ntasks:\n  essay_score:\n    exemplars: {k: 0, seed: 0}\n    rag: {}\n")
	k := value(t, c, "tasks.essay_score.exemplars.k")
	assert.Equal(t, "12", k.Value)
	assert.Equal(t, LevelDefault, k.Level)
	assert.Zero(t, k.Place)
	seed := value(t, c, "tasks.essay_score.exemplars.seed")
	assert.Equal(t, "0", seed.Value)
	assert.Equal(t, 4, seed.Place.Line)
	rag := value(t, c, "tasks.essay_score.rag")
	assert.Equal(t, "{}", rag.Value)
	assert.Equal(t, 5, rag.Place.Line)
	assert.Equal(t, LevelDefault, value(t, c, "tasks.essay_score.rag.passages").Level)
}

func TestUnusualNames(t *testing.T) {
	t.Parallel()
	c := mustParse(t, `version: 1
tasks:
  "a.b c": {task: essay_score, steps: [{at: after:prompt, name: "<n>", params: {"x=1": 2, "": 3}}]}
`)
	assert.Equal(t, "2", value(t, c, `tasks["a.b c"].steps[0].params["x=1"]`).Value)
	assert.Equal(t, "3", value(t, c, `tasks["a.b c"].steps[0].params[""]`).Value)
	name := value(t, c, `tasks["a.b c"].steps[0].name`)
	assert.Equal(t, `"<n>"`, name.Value)
	assert.Equal(t, 3, name.Place.Line)
	assert.Equal(t, "a.b c", mustSpec(t, c, "a.b c").Name)
}

// The effective document is a configuration with the same tasks, and so are the rows of Values as assignments.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	texts := []string{}
	for range 100 {
		texts = append(texts, randomConfig(t, r))
	}
	texts = append(texts, twoForms, setFile)
	for _, text := range texts {
		c := mustParse(t, text)
		document, err := json.Marshal(c)
		require.NoError(t, err)
		again, err := Parse("again.json", document, nil, withFake())
		require.NoError(t, err, string(document))
		sameTasks(t, c, again)
		assert.Equal(t, c.InFlight(), again.InFlight())
		twice, err := json.Marshal(again)
		require.NoError(t, err)
		assert.Equal(t, string(document), string(twice))

		var set, entries []string
		for _, v := range c.Values() {
			if v.Unused == "" && strings.HasPrefix(v.Path, "tasks.") {
				set = append(set, v.Path+"="+v.Value)
			}
		}
		for _, name := range c.Tasks() {
			entries = append(entries, fmt.Sprintf("%q: {}", name))
		}
		sameTasks(t, c, mustParse(t, "version: 1\ntasks: {"+strings.Join(entries, ", ")+"}", WithSet(set...)))
	}
}

func sameTasks(t *testing.T, a, b *Config) {
	t.Helper()
	require.Equal(t, a.Tasks(), b.Tasks())
	for _, name := range a.Tasks() {
		require.Equal(t, mustSpec(t, a, name), mustSpec(t, b, name))
	}
}

// What is given in the file has its level and line; everything else is a default.
func TestLevelsAndLines(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for range 100 {
		text := randomConfig(t, r)
		lines := strings.Split(text, "\n")
		c := mustParse(t, text)
		for _, v := range c.Values() {
			p, _, err := parsePath(v.Path)
			require.NoError(t, err)
			key := fmt.Sprintf("%q:", p[len(p)-1].key)
			switch v.Level {
			case LevelDefault:
				assert.Zero(t, v.Place)
				continue
			case LevelShared:
				given := c.root.find(keys("shared").then(p[2:]...))
				require.NotNil(t, given, v.Path)
				if v.Value != "{}" { // what is left of an object whose settings are not used
					assert.Equal(t, string(given.text()), v.Value)
				}
			case LevelTask:
				require.NotNil(t, c.root.find(p), v.Path)
			default:
				t.Errorf("%s is of level %s", v.Path, v.Level)
			}
			require.Contains(t, lines[v.Place.Line-1], key, v.Path)
		}
	}
}

func TestValuesAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	text := randomConfig(t, rand.New(rand.NewPCG(9, 9)))
	first := mustParse(t, text)
	for range 20 {
		again := mustParse(t, text)
		assert.Equal(t, first.Values(), again.Values())
	}
}
