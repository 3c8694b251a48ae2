package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/internal/datatest"
)

// The agreement of the raters and the baselines of the expert's feedback are facts of the corpus.
func TestNumbersOfTheCorpus(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a whole experiment, for the full run")
	}
	var out, log bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-data", datatest.Dir(t, "argrewrite")}, &out, &log))
	for criterion, qwk := range map[string]string{
		"prompt": ".408", "thesis": ".469", "claim": ".412", "evidence": ".351", "reasoning": ".231", "organization": ".470",
		"rebuttal": ".379", "precision": ".278", "fluency": ".322", "conventions": ".403", "total": ".568",
	} {
		require.Regexp(t, criterion+` +171 +0 .*0\`+qwk+`\n`, out.String())
	}
	require.Regexp(t, `always the expert's three most frequent +57 +0 +0\.516 .*0\.372`, out.String())
	require.Regexp(t, `counted with the held-out writer +57 +0\.516 +0\.449`, out.String())
	require.Regexp(t, `by mean rater score, right number +57 +0\.33\d +0\.39\d`, out.String())
	require.Regexp(t, `random choice of the right number +57 +0\.268 +0\.265`, out.String())
	require.Regexp(t, `DraftFeedback +57 +0 +0\.\d+`, out.String())
}

func TestMistakesAreExplained(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args []string
		want string
	}{
		{nil, "want -data DIR"},
		{[]string{"-data", ".", "-rater", "x"}, "-rater c or m"},
		{[]string{"-data", t.TempDir()}, "rubric.json"},
	} {
		var out, log bytes.Buffer
		require.ErrorContains(t, run(t.Context(), tc.args, &out, &log), tc.want)
	}
}
