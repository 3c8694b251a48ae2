package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/record"
	"github.com/gloss-sdk/gloss/task/userdata"
)

func launchIn(t testing.TB, dir string, args ...string) (stdout string) {
	t.Helper()
	var out, log bytes.Buffer
	require.NoError(t, run(t.Context(), append([]string{"-runs", dir}, args...), &out, &log), log.String())
	return out.String()
}

func TestTheClassHasNoProblems(t *testing.T) {
	t.Parallel()
	class, err := userdata.Dir(os.DirFS("class"))
	require.NoError(t, err)
	require.NoError(t, class.Check(t.Context()))
	past, err := class.Past(t.Context())
	require.NoError(t, err)
	require.Len(t, past, 60)
	for _, e := range past {
		words := len(strings.Fields(e.Submission.Text))
		require.GreaterOrEqual(t, words, 150, e.Submission.ID)
		require.LessOrEqual(t, words, 450, e.Submission.ID)
	}
}

func TestTheHoldoutIsComplete(t *testing.T) {
	t.Parallel()
	h, err := readHoldout(t.Context())
	require.NoError(t, err)
	require.Equal(t, 24, h.Len())
	for _, s := range h.Samples() {
		for _, criterion := range []string{"", "thesis", "evidence", "counterargument", "organization", "conventions"} {
			_, first := byTeacher(criterion)(s.Truth)
			_, second := bySecond(criterion)(s.Truth)
			require.True(t, first && second, "%s %q", s.ID, criterion)
		}
		for _, c := range s.Truth.Teacher.Comments {
			_, found := userdata.Locate(s.Input.Text, c.Anchor.Quote)
			require.True(t, found, "%s: %q", s.ID, c.Anchor.Quote)
		}
	}
}

func TestJSONIsOneSummary(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var s struct {
		Run     string
		Failed  int
		Metrics []struct {
			Task, Metric string
			Interval     struct{ Point float64 }
			Counts       struct{ Scored, Errored int }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(launchIn(t, dir, "-json")), &s))
	require.Zero(t, s.Failed)
	require.Len(t, s.Metrics, 11)
	for _, m := range s.Metrics {
		require.Equal(t, 24, m.Counts.Scored, m.Metric)
		if m.Metric == "QWK" {
			require.Greater(t, m.Interval.Point, 0.4, "the baseline learns something on this class")
		}
	}
	r, err := record.Open(s.Run)
	require.NoError(t, err)
	defer r.Close()
	require.Equal(t, record.StateFinished, r.Manifest().State)
	items := 0
	for _, err := range r.Items() {
		require.NoError(t, err)
		items++
	}
	require.Equal(t, 4*24, items, "three tasks and one baseline")
}

// The canonical results of a run do not depend on how many items are in flight.
func TestConcurrencyChangesNoByte(t *testing.T) {
	t.Parallel()
	results := func(inFlight string) string {
		dir := t.TempDir()
		launchIn(t, dir, "-json", "-in-flight", inFlight)
		files, err := filepath.Glob(filepath.Join(dir, "*", "results.jsonl"))
		require.NoError(t, err)
		require.Len(t, files, 1)
		raw, err := os.ReadFile(files[0])
		require.NoError(t, err)
		require.NotEmpty(t, raw)
		return string(raw)
	}
	require.Equal(t, results("1"), results("64"))
}

func TestTextShowsTableFeedbackAndRun(t *testing.T) {
	t.Parallel()
	out := launchIn(t, t.TempDir())
	for _, want := range []string{"written by hand", "95% interval", "second rater", "teacher's habit", "The feedback on essay h12 in full", "-quickstart"} {
		require.Contains(t, out, want)
	}
}

func TestPrintConfigAndPlanRunNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "runs")
	config := launchIn(t, dir, "-print-config", "-set", "tasks.essay_score.exemplars.k=20")
	require.Regexp(t, `tasks\.essay_score\.exemplars\.k +20 +set`, config)
	require.Regexp(t, `resources\.model\.use +"exemplar" +resources +quickstart.yaml:\d+`, config)
	plan := launchIn(t, dir, "-plan", "-set", "tasks.rubric_score.inputs.class_docs=false")
	require.Contains(t, plan, "off: class_docs, rag")
	require.NoDirExists(t, dir)
}

func TestWrongSettingsAreExplained(t *testing.T) {
	t.Parallel()
	for set, want := range map[string]string{
		"tasks.essay_score.exemplar.k=3":      `"exemplars"`,
		"tasks.essay_score.exemplars.k=many":  "tasks.essay_score.exemplars.k",
		"tasks.essay_score.exemplars.k=-1":    "exemplars.k is -1",
		"resources.model.use=gpt":             "exemplar",
		"tasks.essay_score.inputs.rubric=off": "tasks.essay_score.inputs.rubric",
	} {
		var out, log bytes.Buffer
		err := run(t.Context(), []string{"-runs", t.TempDir(), "-set", set}, &out, &log)
		require.ErrorContains(t, err, want, set)
		require.Empty(t, out.String())
	}
}
