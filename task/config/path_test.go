package config

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPathText(t *testing.T) {
	t.Parallel()
	for text, p := range map[string]path{
		"":                                  nil,
		"run":                               keys("run"),
		"tasks.essay_score.k":               keys("tasks", "essay_score", "k"),
		"tasks.a/b.steps[0].at":             {toKey("tasks"), toKey("a/b"), toKey("steps"), toIndex(0), toKey("at")},
		`tasks["a.b"].k`:                    keys("tasks", "a.b", "k"),
		`[""]`:                              keys(""),
		`x["[0]"]["a b"]["q\"="]["\n"].été`: keys("x", "[0]", "a b", `q"=`, "\n", "été"),
		"a[12][3]":                          {toKey("a"), toIndex(12), toIndex(3)},
	} {
		assert.Equal(t, text, p.String())
		if text == "" {
			continue
		}
		got, rest, err := parsePath(text + "=1=2")
		require.NoError(t, err, text)
		assert.Equal(t, p, got)
		assert.Equal(t, "=1=2", rest)
	}
}

func TestParsePathRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", ".", "a.", ".a", "a..b", "a.[0]", "a[", "a[x]", "a[-1]", "a[1", `a["x`, `a["x"`, `a["x"y]`, "a b", "a]", "a[99999999999]", "[]"} {
		_, _, err := parsePath(text)
		assert.Error(t, err, text)
	}
}

func TestPathsAreInOrder(t *testing.T) {
	t.Parallel()
	ordered := []path{keys("a"), keys("a", "b"), keys("a", "b", "c"), keys("a-b"), keys("b"), {toKey("b"), toIndex(2)}, {toKey("b"), toIndex(10)}}
	for i, a := range ordered {
		for j, b := range ordered {
			switch got := comparePaths(a, b); {
			case i < j:
				assert.Negative(t, got, "%s %s", a, b)
			case i > j:
				assert.Positive(t, got, "%s %s", a, b)
			default:
				assert.Zero(t, got)
			}
		}
	}
}

func FuzzParsePath(f *testing.F) {
	for _, text := range []string{"a.b", `a["b.c"][0]`, "a[0].b=1", `[""]=`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, rest, err := parsePath(text)
		if err != nil || rest != "" && rest[0] != '=' {
			return
		}
		again, after, err := parsePath(p.String() + rest)
		require.NoError(t, err, p.String())
		require.Equal(t, p, again)
		require.Equal(t, rest, after)
	})
}
