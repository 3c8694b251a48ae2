package config

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task/userdata"
)

func TestErrorText(t *testing.T) {
	t.Parallel()
	at := userdata.Place{File: "c.yaml", Line: 3}
	for want, e := range map[string]Error{
		`c.yaml:3: run: got "x"; want y`: {Place: at, Path: "run", Value: "x", Want: "y"},
		`c.yaml:3: run: want y`:          {Place: at, Path: "run", Want: "y"},
		`c.yaml:3: want y`:               {Place: at, Want: "y"},
		`c.yaml: want y`:                 {Place: userdata.Place{File: "c.yaml"}, Want: "y"},
		`run: want y`:                    {Path: "run", Want: "y"},
		`c.yaml:3: run: broken`:          {Place: at, Path: "run", Err: errors.New("broken")},
		`got "` + strings.Repeat("é", shownRunes) + `"… (122 bytes); want y`: {Value: strings.Repeat("é", shownRunes+1), Want: "y"},
		`got "` + strings.Repeat("é", shownRunes) + `"; want y`:              {Value: strings.Repeat("é", shownRunes), Want: "y"},
	} {
		assert.EqualError(t, &e, want)
	}
}

func TestErrorsText(t *testing.T) {
	t.Parallel()
	a, b := &Error{Want: "a"}, &Error{Want: "b", Err: errors.New("cause")}
	assert.EqualError(t, Errors{a}, "want a")
	err := error(Errors{a, b})
	assert.EqualError(t, err, "2 problems in the configuration:\nwant a\ncause")
	require.ErrorIs(t, err, b.Err)
	require.ErrorIs(t, err, a)
}

func TestProblemsAreInOrderAndOnce(t *testing.T) {
	t.Parallel()
	ps := &problems{file: "c.yaml"}
	require.NoError(t, ps.err())
	ps.add(place{level: LevelSet, line: 1}, keys("z"), Error{Want: "5"})
	ps.add(place{line: 9}, keys("b"), Error{Want: "3"})
	ps.add(place{line: 2}, keys("c"), Error{Want: "2"})
	ps.add(place{line: 9}, keys("a"), Error{Want: "4"})
	ps.add(place{line: 2}, keys("c"), Error{Want: "2"})
	ps.add(place{}, nil, Error{Want: "1"})
	assert.Equal(t, []string{"c.yaml: want 1", "c.yaml:2: c: want 2", "c.yaml:9: b: want 3", "c.yaml:9: a: want 4", "set: z: want 5"},
		messages(t, ps.err()))
}

func TestProblemsBelow(t *testing.T) {
	t.Parallel()
	ps := &problems{}
	ps.add(place{}, path{toKey("tasks"), toKey("a"), toKey("steps"), toIndex(0), toKey("at")}, Error{})
	for p, want := range map[string]bool{
		"tasks": true, "tasks.a": true, "tasks.a.steps": true, "tasks.a.steps[0]": true, "tasks.a.steps[0].at": true,
		"tasks.ab": false, "task": false, "tasks.a.step": false, "tasks.a.steps[1]": false, "tasks.a.steps[0].at.x": false,
	} {
		parsed, _, err := parsePath(p)
		require.NoError(t, err)
		assert.Equal(t, want, ps.below(parsed), p)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"essay_score", "rubric_score", "draft_feedback", "k"}
	for name, want := range map[string]string{
		"essay_scores": "essay_score", "Essay_Score": "essay_score", "esay-score": "essay_score", "rubric": "", "K": "k",
		"zzz": "", "draftfeedback": "draft_feedback", "": "k",
	} {
		assert.Equal(t, want, nearest(name, names), name)
	}
	assert.Empty(t, nearest("x", nil))
	assert.Equal(t, "no key; none is known here", choose("key", "x", nil))
	assert.Equal(t, `the key "key" (known here: key, other)`, choose("key", "kye", []string{"key", "other"}))
	assert.Equal(t, "a key that is known here: key, other", choose("key", "something", []string{"key", "other"}))
}
