package task_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

const quotable = "“It’s loud,” said Ana.\nThe road — Harbor   Road — is loud. It is loud."

func TestQuotations(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ quote, found string }{
		"word for word":            {"said Ana.", "said Ana."},
		"the first of several":     {"is loud.", "is loud."},
		"plain quotation marks":    {`"It's loud,"`, "“It’s loud,”"},
		"hyphens for dashes":       {"road -- Harbor", "road — Harbor"},
		"one space for many":       {"Harbor Road", "Harbor   Road"},
		"a space for a line break": {"said Ana. The road", "said Ana.\nThe road"},
		"space around it":          {"  said Ana.\n", "said Ana."},
		"another case":             {"Said ana.", ""},
		"another word":             {"said Anna.", ""},
		"left out in the middle":   {"said Ana. … It is loud.", ""},
		"empty":                    {"", ""},
		"white space":              {" ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := userdata.Submission{ID: "t1", Assignment: assignment, Text: quotable}
			p, err := predict(t, quoting(t, task.KindRubricScore, tc.quote), s)
			require.NoError(t, err)
			requireQuoted(t, p, p.Feedback.Scores[1].Evidence[0], "evidence", tc.quote, tc.found)

			p, err = predict(t, quoting(t, task.KindDraftFeedback, tc.quote), s)
			require.NoError(t, err)
			anchor := p.Feedback.Comments[0].Anchor
			if tc.quote == "" {
				require.Nil(t, anchor, "a comment that quotes nothing is one on the whole")
				require.Empty(t, p.Flags)
				return
			}
			requireQuoted(t, p, *anchor, "thesis", tc.quote, tc.found)
		})
	}
}

// quoting builds a task whose model quotes one passage.
func quoting(tb testing.TB, k task.Kind, quote string) *task.Task {
	tb.Helper()
	q, err := json.Marshal(quote)
	require.NoError(tb, err)
	reply := fmt.Sprintf(`{"thesis":{"quotes":[],"rationale":"","score":1},"evidence":{"quotes":[%s],"rationale":"","score":1}}`, q)
	if k == task.KindDraftFeedback {
		reply = fmt.Sprintf(`{"strengths":[],"improvements":[],"next_steps":[],`+
			`"comments":[{"quote":%s,"kind":"praise","criterion":"thesis","text":"x"}]}`, q)
	}
	return mustBuild(tb, smallClass().using(&answers{text: reply}), k)
}

func requireQuoted(tb testing.TB, p task.Prediction, span userdata.Span, criterion, quote, found string) {
	tb.Helper()
	if found == "" {
		require.Equal(tb, userdata.Span{Quote: quote}, span, "it stays as it was written, without a place")
		require.Equal(tb, []task.Flag{{
			Kind: task.FlagUngroundedQuote, Criterion: criterion, Detail: fmt.Sprintf("%q is not in the submission", quote),
		}}, p.Flags)
		return
	}
	require.Empty(tb, p.Flags)
	at := strings.Index(quotable, found)
	require.Equal(tb, userdata.Span{Start: at, End: at + len(found), Quote: found}, span)
	require.Equal(tb, span.Quote, quotable[span.Start:span.End])
}

// TestQuotationsOfAnExemplarAreFlagged: a model that repeats what another student wrote is found out.
func TestQuotationsOfAnExemplarAreFlagged(t *testing.T) {
	t.Parallel()
	p, err := predict(t, quoting(t, task.KindRubricScore, "Essay p01"), target())
	require.NoError(t, err)
	require.Len(t, p.Flags, 1)
}

// TestEveryUngroundedQuoteIsFlagged: flags come in the order of the criteria, behind those of earlier steps.
func TestEveryUngroundedQuoteIsFlagged(t *testing.T) {
	t.Parallel()
	reply := `{"thesis":{"quotes":["one","Harbor Road","two"],"rationale":"","score":1},"evidence":{"quotes":["three"],"rationale":"","score":1}}`
	tk := mustBuild(t, smallClass().using(&answers{text: reply}), task.KindRubricScore, task.WithDocuments(task.Documents{MaxTokens: 1}))
	p, err := predict(t, tk, target())
	require.NoError(t, err)
	require.Equal(t, []task.Flag{
		{Kind: task.FlagDocumentsDropped, Detail: "article, notes did not fit in 1 tokens"},
		{Kind: task.FlagUngroundedQuote, Criterion: "thesis", Detail: `"one" is not in the submission`},
		{Kind: task.FlagUngroundedQuote, Criterion: "thesis", Detail: `"two" is not in the submission`},
		{Kind: task.FlagUngroundedQuote, Criterion: "evidence", Detail: `"three" is not in the submission`},
	}, p.Flags)
	require.True(t, p.Feedback.Scores[0].Evidence[1].Located())
}

// TestPlacesThatAreWrongDoNotStay: a step may put a quotation somewhere; what is not in the text has no place.
func TestPlacesThatAreWrongDoNotStay(t *testing.T) {
	t.Parallel()
	invent := task.Inline("invent", func(_ context.Context, d task.Draft) (task.Draft, error) {
		d.Prediction.Feedback.Scores = []userdata.Score{{Criterion: "thesis", Value: 1, Evidence: []userdata.Span{{Start: 2, End: 5, Quote: "invented"}}}}
		return d, nil
	})
	p, err := predict(t, mustBuild(t, smallClass().using(&answers{}), task.KindRubricScore, task.WithStep(task.After(task.PlaceParse), invent)), target())
	require.NoError(t, err)
	require.Equal(t, userdata.Span{Quote: "invented"}, p.Feedback.Scores[0].Evidence[0])
	require.Len(t, p.Flags, 1)
}

// FuzzQuotations: whatever is written and quoted, a quotation is flagged or reads as the text does where it stands.
func FuzzQuotations(f *testing.F) {
	f.Add(quotable, "It's loud", 0, 20)
	f.Add("ééé  e\u0301", "é é", 2, 4)
	f.Add("a", "a", 0, 1)
	f.Fuzz(func(t *testing.T, text, quote string, start, end int) {
		s := userdata.Submission{ID: "t1", Assignment: assignment, Text: text, Target: &userdata.Span{Start: start, End: end}}
		located := task.Inline("quote", func(_ context.Context, d task.Draft) (task.Draft, error) {
			d.Prediction.Feedback.Scores = []userdata.Score{{Evidence: []userdata.Span{{Quote: quote}}}}
			return d, nil
		})
		tk := mustBuild(t, smallClass().using(nil), task.KindRubricScore, append(bare(),
			task.WithStep(task.Replace(task.PlacePrompt), nothing("p")), task.WithStep(task.Replace(task.PlaceGenerate), nothing("g")),
			task.WithStep(task.Replace(task.PlaceParse), located))...)
		p, err := predict(t, tk, s)
		if err != nil {
			return // not a submission
		}
		span := p.Feedback.Scores[0].Evidence[0]
		require.Equal(t, !span.Located(), len(p.Flags) == 1)
		if span.Located() {
			require.Equal(t, span.Quote, text[span.Start:span.End])
			require.GreaterOrEqual(t, span.Start, start)
			require.LessOrEqual(t, span.End, end)
		}
	})
}
