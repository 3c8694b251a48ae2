package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/stats"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
	"github.com/gloss-sdk/gloss/task"
)

// written are the flags that put real essays, with a rubric, in the place of the generated ones.
func written() []string {
	return []string{"-class", filepath.Join("..", "quickstart", "class"), "-holdout", filepath.Join("..", "quickstart", "holdout")}
}

func launch(t *testing.T, runs string, args ...string) string {
	t.Helper()
	var out, log bytes.Buffer
	require.NoError(t, run(t.Context(), append([]string{"-runs", runs}, args...), &out, &log), log.String())
	return out.String()
}

func reportOf(t *testing.T, args ...string) report {
	t.Helper()
	var rep report
	dec := json.NewDecoder(bytes.NewReader([]byte(launch(t, t.TempDir(), append(args, "-json")...))))
	dec.DisallowUnknownFields()
	require.NoError(t, dec.Decode(&rep))
	require.False(t, dec.More(), "one summary and nothing else")
	return rep
}

func (r *report) calls() map[string]float64 {
	calls := map[string]float64{}
	for _, l := range r.Techniques {
		calls[l.Technique] = l.Calls
	}
	return calls
}

func (r *report) technique(t *testing.T, name string) row {
	t.Helper()
	for _, l := range r.Techniques {
		if l.Technique == name {
			return l
		}
	}
	require.Fail(t, "no row", name)
	return row{}
}

func TestEveryTechniqueOfEssayScoreHasItsRow(t *testing.T) {
	t.Parallel()
	rep := reportOf(t)
	require.Equal(t, map[string]float64{
		"zero_shot": 1, "few_shot": 1, "quote_then_score": 1, "chain_of_thought": 1,
		"self_consistency": task.DefaultSamples, "draft_critique_revise": 2, "pairwise": 12,
	}, rep.calls(), "a critique that finds nothing is the last call; pairwise compares with 12 exemplars")
	require.True(t, rep.Offline)
	require.Equal(t, "exemplarllm/1", rep.Model)
	require.Equal(t, heldEssays, rep.RatedTwice)
	few := rep.technique(t, "few_shot")
	require.Nil(t, few.Difference, "nothing is compared with itself")
	require.Greater(t, number(t, few.Agreement.Point), 0.6, "the baseline learns something on this corpus")
	for _, l := range rep.Techniques {
		require.Equal(t, eval.Counts{Scored: heldEssays}, l.Counts, l.Technique)
		require.Equal(t, heldEssays, l.Predictions, l.Technique)
		require.Empty(t, l.FirstFailure)
		if l.Technique != "few_shot" {
			require.Equal(t, heldEssays, l.Difference.Items, l.Technique)
			require.InDelta(t, number(t, l.Agreement.Point)-number(t, few.Agreement.Point), number(t, l.Difference.Point), 1e-12)
		}
	}
	zero := rep.technique(t, "zero_shot")
	require.Less(t, zero.InputTokens, few.InputTokens/2, "no worked examples are shown")
	require.False(t, zero.Agreement.Low.Defined(), "a constant has no interval")
	require.InDelta(t, 5*few.InputTokens, rep.technique(t, "self_consistency").InputTokens, 1e-6)
}

func TestRubricScoreIsAskedCriterionByCriterion(t *testing.T) {
	t.Parallel()
	rep := reportOf(t, append(written(), "-task", "rubric_score")...)
	require.Equal(t, map[string]float64{
		"zero_shot": 1, "few_shot": 1, "quote_then_score": 1, "per_criterion": 5, "chain_of_thought": 1,
		"self_consistency": task.DefaultSamples, "draft_critique_revise": 2,
	}, rep.calls())
	require.Equal(t, "mean QWK of 5 criteria", rep.Metric)
	require.Equal(t, 24, rep.RatedTwice)
	require.Greater(t, number(t, rep.Raters), number(t, rep.technique(t, "few_shot").Agreement.Point))
}

func TestTheTableSaysWhatItIsWorth(t *testing.T) {
	t.Parallel()
	out := launch(t, t.TempDir(), "-set", "tasks.essay_score.exemplars.k=4")
	for _, want := range []string{
		"essay_score by exemplarllm/1: 40 held-out essays", "less few_shot", "does not reason",
		"The second rater agrees with the teacher to 0.819 (40 essays)",
	} {
		require.Contains(t, out, want)
	}
	require.Regexp(t, `(?m)^few_shot +0\.\d{3} +0\.\d{3} to 0\.\d{3} +40 +0 +1\.0 +\d+ +\d+ +none$`, out)
	require.Regexp(t, `(?m)^pairwise +0\.000 +undefined +40 +0 +-0\.\d{3} +-0\.\d{3} to -0\.\d{3} +40 +4\.0 +\d+ +\d+ +none$`, out)
}

func TestWithoutPastFeedbackTheFirstTechniqueIsTheBaseline(t *testing.T) {
	t.Parallel()
	rep := reportOf(t, "-set", "tasks.essay_score.inputs.past_feedback=false")
	require.Equal(t, "zero_shot", rep.Baseline)
	require.Len(t, rep.Techniques, 5)
}

// Neither what is printed nor the canonical results depend on how many essays are in flight, or on the run.
func TestConcurrencyChangesNoByte(t *testing.T) {
	t.Parallel()
	launched := func(args ...string) (string, string) {
		dir := t.TempDir()
		out := launch(t, dir, args...)
		files, err := filepath.Glob(filepath.Join(dir, "*", "results.jsonl"))
		require.NoError(t, err)
		require.Len(t, files, 1)
		raw, err := os.ReadFile(files[0])
		require.NoError(t, err)
		require.Equal(t, 7*heldEssays, bytes.Count(raw, []byte("\n")))
		return out, string(raw)
	}
	one, oneResults := launched("-json", "-in-flight", "1", "-set", "tasks.essay_score.exemplars.k=4")
	many, manyResults := launched("-json", "-in-flight", "64", "-set", "tasks.essay_score.exemplars.k=4")
	require.Equal(t, one, many)
	require.Equal(t, oneResults, manyResults)
}

// What techniques have in common is built once: every asset of the run has one event.
func TestTheClassIsReadOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	launch(t, dir, "-set", "tasks.essay_score.exemplars.k=4")
	runs, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, runs, 1)
	r, err := record.Open(runs[0])
	require.NoError(t, err)
	defer r.Close()
	require.Equal(t, record.StateFinished, r.Manifest().State)
	require.Len(t, r.Manifest().Plans, 7)
	built := map[string]int{}
	for e, err := range r.Events() {
		require.NoError(t, err)
		if e.Kind == pipeline.KindAsset {
			built[e.Asset.Name]++
		}
	}
	require.Contains(t, built, "past_feedback")
	require.Contains(t, built, "pairwise")
	for name, times := range built {
		require.Equal(t, 1, times, name)
	}
}

func TestPlanAndPrintConfigRunNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "runs")
	plan := launch(t, dir, "-plan")
	require.Regexp(t, `(?m)past_feedback +source +needed by .*few_shot, pairwise`, plan)
	require.Contains(t, plan, "This would make 280 predictions: 7 techniques, 40 essays of a generated corpus, seed 1 each.")
	require.Regexp(t, `run\.in_flight +3 +set`, launch(t, dir, "-print-config", "-in-flight", "3"))
	require.NoDirExists(t, dir)
}

func TestWrongArgumentsAreExplained(t *testing.T) {
	t.Parallel()
	words := filepath.Join(t.TempDir(), "words.yaml")
	require.NoError(t, os.WriteFile(words, []byte("version: 1\ntasks: {words: {task: draft_feedback}}\n"), 0o600))
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"few_shot"}, `unexpected argument "few_shot"`},
		{[]string{"-class", "class"}, "-class needs -holdout"},
		{[]string{"-task", "grade"}, `no task "grade"`},
		{[]string{"-task", "rubric_score"}, "generated essays have no rubric: give -class and -holdout"},
		{[]string{"-task", "words", "-config", words}, "-task words is draft_feedback; want a task that gives scores"},
		{[]string{"-holdout", "nowhere"}, "-holdout nowhere: "},
		{[]string{"-holdout", written()[1]}, "truth.jsonl"},
		{written()[2:], "resources.class: want {dir: ./class}"},
		{[]string{"-config", "nowhere.yaml"}, "nowhere.yaml"},
		{[]string{"-set", "resources.model.use=gpt"}, "exemplar"},
		{[]string{"-class", written()[1], "-holdout", t.TempDir()}, "-holdout "},
	} {
		var out, log bytes.Buffer
		err := run(t.Context(), append([]string{"-runs", t.TempDir()}, test.args...), &out, &log)
		require.ErrorContains(t, err, test.want, "%q", test.args)
		require.Empty(t, out.String())
	}
}

func TestHeldOutEssaysMustNotBeKnown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(written()[3])))
	known, err := os.ReadFile(filepath.Join(written()[1], "submissions", "e01.txt"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "submissions", "h01.txt"), known, 0o600))
	var out, log bytes.Buffer
	err = run(t.Context(), []string{"-runs", t.TempDir(), "-class", written()[1], "-holdout", dir}, &out, &log)
	require.ErrorContains(t, err, "h01")
	require.Empty(t, out.String())
}

func number(t *testing.T, e stats.Estimate) float64 {
	t.Helper()
	v, ok := e.Value()
	require.True(t, ok, e.Reason())
	return v
}
