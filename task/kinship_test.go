package task_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// world is a random class that knows of each draft which piece of work it belongs to.
type world struct {
	r     *rand.Rand
	known []userdata.Exemplar
	all   []userdata.Submission // also drafts without feedback
	piece map[string]int        // by submission
}

const others = "elsewhere"

// newWorld draws pieces of work of one to four drafts by students some of whom are unknown. Some texts are copies, some feedback
// lacks the scores, some submissions have feedback of two teachers, and some drafts only name the draft before them, if that is known.
func newWorld(r *rand.Rand) *world {
	w := &world{r: r, piece: map[string]int{}}
	for piece := range 4 + r.IntN(12) {
		asg := assignment
		if r.IntN(5) == 0 {
			asg = others
		}
		student := ""
		if r.IntN(3) > 0 {
			student = fmt.Sprint("s", r.IntN(8))
		}
		var prior *userdata.Submission
		for draft := range 1 + r.IntN(4) {
			s := userdata.Submission{ID: fmt.Sprintf("w%02dd%d", piece, draft), Assignment: asg, Student: student, Text: w.text(), Draft: draft + 1}
			if prior != nil {
				s.Prior, s.PriorDraft = prior.ID, prior
			}
			prior = &userdata.Submission{}
			*prior = s
			if s.Prior != "" && w.graded(s.Prior) && r.IntN(2) == 0 {
				s.PriorDraft = nil
			}
			w.all = append(w.all, *prior)
			w.piece[s.ID] = piece
			w.grade(s)
		}
	}
	r.Shuffle(len(w.known), func(i, j int) { w.known[i], w.known[j] = w.known[j], w.known[i] })
	return w
}

// text draws words that every text has in common and some of its own; one in six is a copy, with other white space.
func (w *world) text() string {
	if len(w.all) > 0 && w.r.IntN(6) == 0 {
		return strings.ReplaceAll(w.all[w.r.IntN(len(w.all))].Text, " ", "\n")
	}
	text := "common"
	for range 3 + w.r.IntN(4) {
		text += " " + wordOf(w.r.IntN(12))
	}
	return text
}

func (w *world) grade(s userdata.Submission) {
	for teacher := range w.r.IntN(3) {
		e := work(s.ID, s.Student, s.Text, float64(1+w.r.IntN(6)))
		e.Submission, e.Feedback.Author = s, fmt.Sprint("teacher", teacher)
		if w.r.IntN(5) == 0 {
			e.Feedback.Scores = nil
		}
		w.known = append(w.known, e)
	}
}

func (w *world) graded(id string) bool {
	return slices.ContainsFunc(w.known, func(e userdata.Exemplar) bool { return e.Submission.ID == id })
}

// target draws a submission to predict: one that is known, a new draft of a known one, a copy of one under another ID, or a new one.
func (w *world) target() (s userdata.Submission, piece int) {
	of := w.all[w.r.IntN(len(w.all))]
	switch w.r.IntN(4) {
	case 0:
		return of, w.piece[of.ID]
	case 1:
		s = userdata.Submission{ID: "new", Assignment: of.Assignment, Text: w.text(), Prior: of.ID}
		if w.r.IntN(2) == 0 || !w.graded(of.ID) {
			s.PriorDraft = &of
		}
		return s, w.piece[of.ID]
	case 2:
		return userdata.Submission{ID: "copy", Assignment: of.Assignment, Text: " " + of.Text + "\n"}, -1
	default:
		return userdata.Submission{ID: "new", Assignment: assignment, Student: fmt.Sprint("s", w.r.IntN(8)), Text: w.text()}, -1
	}
}

// kin returns the pieces of work that the target is part of or a copy of, by the words of every draft that it carries.
func (w *world) kin(s userdata.Submission, piece int) map[int]bool {
	kin := map[int]bool{piece: true}
	for d := &s; d != nil; d = d.PriorDraft {
		for _, e := range w.known {
			if slices.Equal(strings.Fields(e.Submission.Text), strings.Fields(d.Text)) {
				kin[w.piece[e.Submission.ID]] = true
			}
		}
	}
	return kin
}

// allowed is what may be shown for a target: the definition, in the words of people.
func (w *world) allowed(s userdata.Submission, piece int) []userdata.Exemplar {
	kin := w.kin(s, piece)
	var out []userdata.Exemplar
	for _, e := range w.known {
		switch {
		case e.Submission.Assignment != s.Assignment,
			len(e.Feedback.Scores) == 0,
			kin[w.piece[e.Submission.ID]],
			s.Student != "" && e.Submission.Student == s.Student:
		default:
			out = append(out, e)
		}
	}
	return out
}

// TestNobodyIsShownTheirOwnWork draws classes, targets and settings. Whatever the selection, only what is allowed is shown, as much of
// it as was asked for, and as if what is not allowed did not exist.
func TestNobodyIsShownTheirOwnWork(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	asg := append(assignments(), userdata.Assignment{ID: others, Rubric: "argument", Scale: userdata.Scale{Min: 1, Max: 6}})
	c := smallClass()
	c.Assignments = userdata.Values("assignments", asg...)
	res := c.using(nil)
	for range 400 {
		w := newWorld(r)
		sub, piece := w.target()
		allowed := w.allowed(sub, piece)
		e := task.Exemplars{K: 1 + r.IntN(8), Select: selections()[r.IntN(4)]}
		switch e.Select {
		case task.SelectRandom:
			e.Seed = r.Uint64()
		case task.SelectSimilar, task.SelectMixed:
			e.Similarity = []task.Similarity{task.TFIDFCosine, task.BM25}[r.IntN(2)]
		}
		tk := mustBuild(t, res, task.KindEssayScore, task.WithExemplars(e))
		over := func(past []userdata.Exemplar) task.Draft {
			d, err := until(t, tk, task.PlaceExemplars, sub, pipeline.Replace(res.Past(), past))
			require.NoError(t, err)
			return d
		}
		d := over(w.known)
		requireShown(t, d, allowed, e)
		require.Equal(t, over(allowed).Exemplars, d.Exemplars, "what may not be shown changes neither choice nor similarity: %+v", e)
	}
}

// requireShown checks what was chosen: k of what is allowed, or all of it, each once, in the order of ranks.
func requireShown(tb testing.TB, d task.Draft, allowed []userdata.Exemplar, e task.Exemplars) {
	tb.Helper()
	require.Len(tb, d.Exemplars, min(e.K, len(allowed)), "%s", e.Select)
	require.Equal(tb, len(allowed) == 0, len(d.Prediction.Flags) == 1)
	seen := map[string]bool{}
	last := 0.0
	for i, s := range d.Exemplars {
		key := s.Exemplar.Submission.ID + " " + s.Exemplar.Feedback.Author
		require.True(tb, slices.ContainsFunc(allowed, func(a userdata.Exemplar) bool {
			return a.Submission.ID == s.Exemplar.Submission.ID && a.Feedback.Author == s.Exemplar.Feedback.Author
		}), "%s may not be shown for %+v", key, d.Submission)
		require.False(tb, seen[key], "%s is shown twice", key)
		seen[key] = true
		require.Equal(tb, i+1, s.Rank)
		require.Equal(tb, s.Exemplar.Submission.ID, d.Prediction.Provenance.Exemplars[i])
		if e.Select == task.SelectSimilar || e.Select == task.SelectMixed {
			require.True(tb, i == 0 || s.Similarity <= last, "similarities do not increase")
			require.True(tb, e.Select == task.SelectMixed || s.Similarity > 0)
			last = s.Similarity
		} else {
			require.Zero(tb, s.Similarity)
		}
	}
}

// TestDraftsOfOneChain names the cases that a class must get right.
func TestDraftsOfOneChain(t *testing.T) {
	t.Parallel()
	first, second, third := work("d1", "", "one", 1), work("d2", "", "two", 2), work("d3", "", "three", 3)
	second.Submission.Prior, third.Submission.Prior = "d1", "d2"
	second.Submission.PriorDraft = &first.Submission
	rival := work("d3b", "", "five", 5)
	rival.Submission.Prior = "d2"
	past := []userdata.Exemplar{first, second, third, rival, work("x", "", "four", 4)}
	of := func(id, prior, text string) userdata.Submission {
		return userdata.Submission{ID: id, Assignment: assignment, Text: text, Prior: prior}
	}
	for name, s := range map[string]userdata.Submission{
		"the first draft":                  first.Submission,
		"the second":                       second.Submission,
		"the third":                        third.Submission,
		"another third":                    rival.Submission,
		"a fourth that names the third":    of("d4", "d3", "new"),
		"another second draft":             of("d2b", "d1", "new"),
		"a copy of the second":             of("copy", "", " two\n"),
		"a draft of a copy of the second":  {ID: "n", Assignment: assignment, Text: "new", PriorDraft: &userdata.Submission{ID: "copy", Text: "two"}},
		"a draft after one without a text": {ID: "d4", Assignment: assignment, Text: "new", Prior: "d3", PriorDraft: &userdata.Submission{ID: "d3"}},
	} {
		require.Equal(t, []string{"x"}, ids(choose(t, past, s)), name)
	}
	require.Len(t, ids(choose(t, past, of("n", "", "new"))), 5)
}
