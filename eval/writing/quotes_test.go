package writing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval"
	"github.com/gloss-sdk/gloss/eval/writing"
	"github.com/gloss-sdk/gloss/task/userdata"
)

const essayText = "“It’s loud,” said Ana.\nThe road — Harbor   Road — is loud."

// quoting is feedback with quotations in its evidence and in anchors of comments.
func quoting(evidence, anchors []string) userdata.Feedback {
	var f userdata.Feedback
	for _, q := range evidence {
		f.Scores = append(f.Scores, userdata.Score{Evidence: []userdata.Span{{Quote: q}}})
	}
	for _, q := range anchors {
		f.Comments = append(f.Comments, userdata.Comment{Anchor: &userdata.Span{Quote: q}})
	}
	return f
}

func TestQuoteFaithfulness(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		f    userdata.Feedback
		want float64
	}{
		"all real":              {quoting([]string{"said Ana."}, []string{"is loud."}), 1},
		"none real":             {quoting([]string{"said Anna."}, []string{"is quiet."}), 0},
		"three of four":         {quoting([]string{"said Ana.", "Ana said"}, []string{"is loud.", "The road"}), 0.75},
		"several in one score":  {userdata.Feedback{Scores: []userdata.Score{{Evidence: []userdata.Span{{Quote: "Ana"}, {Quote: "Bob"}}}}}, 0.5},
		"the same twice counts": {quoting([]string{"Ana", "Ana", "Bob"}, nil), 2.0 / 3},
		"plain marks":           {quoting([]string{`"It's loud,"`, "Ana. The road - Harbor Road"}, nil), 1},
		"another case":          {quoting([]string{"said ana."}, nil), 0},
		"empty":                 {quoting([]string{"", " ", "Ana"}, nil), 1.0 / 3},
		"a place is not asked": {userdata.Feedback{Comments: []userdata.Comment{
			{Anchor: &userdata.Span{Start: 0, End: 3, Quote: "invented"}}, {Anchor: &userdata.Span{Quote: "said Ana."}},
		}}, 0.5},
		"comments on the whole": {userdata.Feedback{Comments: []userdata.Comment{{Text: "Good."}, {Anchor: &userdata.Span{Quote: "loud"}}}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := score(t, writing.QuoteFaithfulness[graded]("m"), []userdata.Feedback{tc.f}, []graded{{}}, essayText)
			require.InDelta(t, tc.want, o.Items[0].Cells[0].Row[0], 1e-12)
		})
	}
}

// TestQuoteFaithfulnessOfASet: the value is the mean over the predictions that quote something.
func TestQuoteFaithfulnessOfASet(t *testing.T) {
	t.Parallel()
	predicted := []userdata.Feedback{
		quoting([]string{"Ana", "Bob", "Eva", "Joe"}, nil), quoting(nil, []string{"Ana"}),
		{Scores: []userdata.Score{{Value: 3}}, Comments: []userdata.Comment{{Text: "Good."}}, Strengths: []userdata.Point{{Text: "Ana"}}},
	}
	o := score(t, writing.QuoteFaithfulness[graded]("m"), predicted, []graded{{}, {}, {}}, essayText, essayText, essayText)
	require.Equal(t, eval.Counts{Scored: 2, NotApplicable: 1}, summary(t, o).Counts)
	require.InDelta(t, (0.25+1)/2, value(t, o), 1e-12)
}

// FuzzQuoteFaithfulness: the share lies between 0 and 1, and what is cut out of a text is real.
func FuzzQuoteFaithfulness(f *testing.F) {
	f.Add(essayText, "Ana", 3, 9)
	f.Add("é", "e\u0301", 0, 1)
	f.Fuzz(func(t *testing.T, text, quote string, start, end int) {
		o := score(t, writing.QuoteFaithfulness[graded]("m"), []userdata.Feedback{quoting([]string{quote}, nil)}, []graded{{}}, text)
		require.Contains(t, []float64{0, 1}, o.Items[0].Cells[0].Row[0])
		if span, ok := userdata.Locate(text, quote); ok {
			o = score(t, writing.QuoteFaithfulness[graded]("m"), []userdata.Feedback{quoting(nil, []string{span.Quote, quote})}, []graded{{}}, text)
			require.InDelta(t, 1, o.Items[0].Cells[0].Row[0], 0)
		}
	})
}
