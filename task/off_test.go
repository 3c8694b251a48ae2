package task_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// marked returns a class and a submission in which every text that an input could show has a word of its own.
func marked() (sources, userdata.Submission) {
	asg := assignments()
	asg[0].Title, asg[0].Prompt = "aTitle", "aPrompt"
	r := rubrics()
	r[0].Name = "rRubric"
	r[0].Criteria[0].Name, r[0].Criteria[0].Description = "rName", "rDescription"
	r[0].Criteria[0].Levels[0] = userdata.Level{Score: 1, Label: "rLabel", Descriptor: "rDescriptor"}
	docs := []userdata.Document{{ID: "dID", Title: "dTitle", Assignment: assignment, Text: "dText about the harbor"}}
	past := []userdata.Submission{{ID: "p1", Assignment: assignment, Student: "s1", Text: "fText about the harbor with fQuote"}}
	feedback := []userdata.Feedback{{
		Submission: "p1", Author: "okafor",
		Scores: []userdata.Score{
			{Value: 5, Rationale: "fHolistic"},
			{Criterion: "thesis", Value: 3, Rationale: "fThesis", Evidence: []userdata.Span{{Quote: "fQuote"}}},
			{Criterion: "evidence", Value: 3, Rationale: "fEvidence"},
		},
		Strengths: []userdata.Point{{Criterion: "thesis", Text: "fStrength"}}, NextSteps: []string{"fStep"},
	}}
	c := classOf(past, feedback)
	c.Assignments, c.Rubrics, c.Documents = counted(c.reads, "assignments", asg...), counted(c.reads, "rubrics", r...), counted(c.reads, "documents", docs...)

	text := "eBefore the harbor sPassage of the harbor eAfter"
	span, _ := userdata.Locate(text, "sPassage of the harbor")
	return c, userdata.Submission{
		ID: "t1", Assignment: assignment, Text: text, Target: &span, Prior: "t0",
		PriorDraft: &userdata.Submission{ID: "t0", Assignment: assignment, Text: "hPrior"},
	}
}

// switches are the inputs that can be turned off, with the words that only they show and the assets that only they need.
func switches() []struct {
	name   string
	off    task.Option
	words  []string
	assets []string
} {
	return []struct {
		name   string
		off    task.Option
		words  []string
		assets []string
	}{
		{"assignment_prompt", task.WithoutAssignmentPrompt(), []string{"aTitle", "aPrompt"}, []string{"assignments"}},
		{"rubric", task.WithoutRubric(), []string{"rName", "rDescription", "rLabel", "rDescriptor"}, []string{"rubrics"}},
		{"class_docs", task.WithoutClassDocs(), []string{"dID", "dText"}, []string{"documents", "passages_bm25_200"}},
		{"past_feedback", task.WithoutPastFeedback(), []string{"fText"}, []string{"past_feedback", "exemplars_tfidf_cosine"}},
		{"prior_draft", task.WithoutPriorDraft(), []string{"hPrior"}, nil},
		{"essay_context", task.WithoutEssayContext(), []string{"eBefore", "eAfter"}, nil},
	}
}

// shownOf are the words of past feedback that a kind of task shows.
func shownOf(k task.Kind) []string {
	switch k {
	case task.KindEssayScore:
		return []string{"fHolistic"}
	case task.KindRubricScore:
		return []string{"fThesis", "fEvidence", "fQuote"}
	default:
		return []string{"fStrength", "fStep"}
	}
}

func TestWhatIsOffIsNowhere(t *testing.T) {
	t.Parallel()
	c, sub := marked()
	for _, kind := range task.Kinds() {
		for _, rag := range []bool{false, true} {
			var base []task.Option
			if rag {
				base = append(base, task.WithRAG(task.RAG{}))
			}
			full, err := json.Marshal(request(t, c, kind, sub, base...))
			require.NoError(t, err)
			fullPlan := planned(t, mustBuild(t, c.using(nil), kind, base...))
			for _, s := range switches() {
				opts := slices.Concat(base, []task.Option{s.off})
				without, err := json.Marshal(request(t, c, kind, sub, opts...))
				require.NoError(t, err)
				words := s.words
				if s.name == "past_feedback" {
					words = append(words, shownOf(kind)...)
				}
				for _, w := range words {
					require.Contains(t, string(full), w, "%s: the word is there when the input is on", kind)
					require.NotContains(t, string(without), w, "%s without %s", kind, s.name)
				}
				require.Contains(t, string(without), "sPassage")

				p := planned(t, mustBuild(t, c.using(nil), kind, opts...))
				for _, a := range s.assets {
					require.False(t, p.Has(a), "%s without %s plans %s:\n%s", kind, s.name, a, p)
				}
				if len(s.assets) > 0 {
					require.True(t, fullPlan.Has(s.assets[0]))
				}
				require.Contains(t, taskEntry(t, p).Off, s.name)
			}
			for _, s := range switches() {
				require.NotContains(t, taskEntry(t, fullPlan).Off, s.name)
			}
		}
	}
}

// taskEntry is the entry of the target of a plan.
func taskEntry(tb testing.TB, p *pipeline.Plan) pipeline.Entry {
	tb.Helper()
	entries := p.Entries()
	last := entries[len(entries)-1]
	require.True(tb, last.Selected)
	return last
}

func TestRAGShowsPassagesInTheirPlace(t *testing.T) {
	t.Parallel()
	c, sub := marked()
	full, err := json.Marshal(request(t, c, task.KindEssayScore, sub))
	require.NoError(t, err)
	rag, err := json.Marshal(request(t, c, task.KindEssayScore, sub, task.WithRAG(task.RAG{})))
	require.NoError(t, err)
	require.Contains(t, string(full), "dTitle")
	require.NotContains(t, string(full), "passages")
	require.NotContains(t, string(rag), "dTitle", "a passage is shown with the document's ID")
	require.NotContains(t, string(rag), "class_documents")
}

// TestWhatIsOffIsNotRead runs tasks over classes some of whose sources fail.
func TestWhatIsOffIsNotRead(t *testing.T) {
	t.Parallel()
	noDocs := func(s *userdata.Sources) { s.Documents = forbidden[userdata.Document]() }
	noPast := func(s *userdata.Sources) {
		s.Submissions, s.Feedback = forbidden[userdata.Submission](), forbidden[userdata.Feedback]()
	}
	for name, tc := range map[string]struct {
		forbid func(*userdata.Sources)
		opts   []task.Option
		fails  bool
	}{
		"documents on":          {noDocs, nil, true},
		"documents off":         {noDocs, []task.Option{task.WithoutClassDocs()}, false},
		"documents off and RAG": {noDocs, []task.Option{task.WithRAG(task.RAG{}), task.WithoutClassDocs()}, false},
		"passages":              {noDocs, []task.Option{task.WithRAG(task.RAG{})}, true},
		"past feedback on":      {noPast, nil, true},
		"past feedback off":     {noPast, []task.Option{task.WithoutPastFeedback()}, false},
		"past feedback off and RAG": {noPast, []task.Option{
			task.WithRAG(task.RAG{}), task.WithoutPastFeedback(),
		}, false},
		"students are never read": {func(s *userdata.Sources) { s.Students = forbidden[userdata.Student]() }, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, kind := range task.Kinds() {
				c := smallClass()
				tc.forbid(&c.Sources)
				_, err := predict(t, mustBuild(t, c.using(&answers{}), kind, tc.opts...), target())
				if tc.fails {
					require.ErrorIs(t, err, errUnread)
					continue
				}
				require.NoError(t, err)
			}
		})
	}
}

func TestWithoutRubricKeepsCriteriaAndScales(t *testing.T) {
	t.Parallel()
	c, sub := marked()
	with := request(t, c, task.KindRubricScore, sub)
	without := request(t, c, task.KindRubricScore, sub, task.WithoutRubric())
	require.JSONEq(t, string(with.Reply.JSON), string(without.Reply.JSON))
	require.Contains(t, string(without.Reply.JSON), `"maximum":4`)
	require.NotContains(t, string(without.Reply.JSON), "rDescriptor")
}

// TestWithoutEssayContext: a task that sees a passage only still says where in the whole text its quotations are.
func TestWithoutEssayContext(t *testing.T) {
	t.Parallel()
	sub := userdata.Submission{ID: "t1", Assignment: assignment, Text: "Close the road. Why? “Close the road.” I say it twice."}
	span, ok := userdata.Locate(sub.Text[16:], "“Close the road.” I say it twice.")
	require.True(t, ok)
	sub.Target = &userdata.Span{Start: 16 + span.Start, End: 16 + span.End}
	reply := `{"thesis":{"quotes":["Close the road.","Why?"],"rationale":"","score":1},"evidence":{"quotes":[],"rationale":"","score":1}}`
	model := &answers{text: reply}
	p, err := predict(t, mustBuild(t, smallClass().using(model), task.KindRubricScore, task.WithoutEssayContext()), sub)
	require.NoError(t, err)

	evidence := p.Feedback.Scores[0].Evidence
	require.Equal(t, strings.LastIndex(sub.Text, "Close"), evidence[0].Start, "the place in the passage, not the one before it")
	require.Equal(t, "Close the road.", sub.Text[evidence[0].Start:evidence[0].End])
	require.Equal(t, []task.Flag{{
		Kind: task.FlagUngroundedQuote, Criterion: "thesis", Detail: `"Why?" is not in the submission`,
	}}, p.Flags, "what was not shown cannot be quoted")
	require.False(t, evidence[1].Located())

	messages := model.last.Load().Messages
	require.Equal(t, "<submission>\n“Close the road.” I say it twice.\n</submission>", messages[len(messages)-1].Text)

	sub.Target = nil
	whole := request(t, smallClass(), task.KindRubricScore, sub, task.WithoutEssayContext())
	require.Contains(t, whole.Messages[len(whole.Messages)-1].Text, sub.Text, "a submission without a target is its own passage")
}

// TestEssayContextDoesNotChooseExemplars: with the context of the essay off, similarity is that of the passage.
func TestEssayContextDoesNotChooseExemplars(t *testing.T) {
	t.Parallel()
	sub := target()
	sub.Text = "Cats, cats, cats, cats. Only dogs are asked for."
	span, _ := userdata.Locate(sub.Text, "Only dogs are asked for.")
	sub.Target = &span
	opts := []task.Option{task.WithExemplars(task.Exemplars{K: 1, Select: task.SelectSimilar}), task.WithoutEssayContext()}
	past := []userdata.Exemplar{work("a", "s1", "cats cats cats", 1), work("b", "s2", "dogs asked", 2)}
	require.Equal(t, []string{"b"}, choose(t, past, sub, opts...).Prediction.Provenance.Exemplars)
	require.Equal(t, []string{"a"}, choose(t, past, sub, opts[0]).Prediction.Provenance.Exemplars)
}
