package task_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// document is one of so many bytes.
func document(id, assignment string, size int) userdata.Document {
	return userdata.Document{ID: id, Assignment: assignment, Text: strings.Repeat("x", size)}
}

// withDocuments runs an essay_score up to its documents, over documents of its own.
func withDocuments(tb testing.TB, docs []userdata.Document, s userdata.Submission, opts ...task.Option) task.Draft {
	tb.Helper()
	res := smallClass().using(nil).WithCounter(llm.CounterFunc(func(text string) int { return (len(text) + 3) / 4 }))
	opts = append([]task.Option{task.WithoutPastFeedback()}, opts...)
	d, err := until(tb, mustBuild(tb, res, task.KindEssayScore, opts...), task.PlaceDocuments, s, pipeline.Replace(res.Documents(), docs))
	require.NoError(tb, err)
	return d
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		docs   []userdata.Document
		budget int
		want   []string
		flag   string
	}{
		"none": {nil, 100, nil, ""},
		"in the order of the class": {
			[]userdata.Document{document("b", "", 8), document("a", assignment, 8), document("c", "", 8)}, 100, []string{"b", "a", "c"}, "",
		},
		"not of another assignment": {
			[]userdata.Document{document("a", "another", 8), document("b", assignment, 8)}, 100, []string{"b"}, "",
		},
		"another assignment's do not count": {
			[]userdata.Document{document("a", "another", 8000), document("b", assignment, 40)}, 10, []string{"b"}, "",
		},
		"exactly the budget": {
			[]userdata.Document{document("a", "", 20), document("b", "", 20)}, 10, []string{"a", "b"}, "",
		},
		"one byte over": {
			[]userdata.Document{document("a", "", 20), document("b", "", 21)}, 10, []string{"a"}, "b did not fit in 10 tokens",
		},
		"what fits behind what does not": {
			[]userdata.Document{document("a", "", 20), document("b", "", 400), document("c", "", 20), document("d", "", 4)},
			10, []string{"a", "c"}, "b, d did not fit in 10 tokens",
		},
		"nothing fits": {[]userdata.Document{document("a", "", 44)}, 10, nil, "a did not fit in 10 tokens"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := withDocuments(t, tc.docs, target(), task.WithDocuments(task.Documents{MaxTokens: tc.budget}))
			var got []string
			for _, doc := range d.Documents {
				got = append(got, doc.ID)
				require.Contains(t, tc.docs, doc, "documents are shown whole or not at all")
			}
			require.Equal(t, tc.want, got)
			require.Equal(t, tc.want, d.Prediction.Provenance.Documents)
			var flags []task.Flag
			if tc.flag != "" {
				flags = []task.Flag{{Kind: task.FlagDocumentsDropped, Detail: tc.flag}}
			}
			require.Equal(t, flags, d.Prediction.Flags)
			require.Empty(t, d.Passages)
		})
	}
}

func TestDefaultBudgetOfDocuments(t *testing.T) {
	t.Parallel()
	whole := document("a", "", 4*task.DefaultDocumentTokens)
	require.Len(t, withDocuments(t, []userdata.Document{whole}, target()).Documents, 1)
	whole.Text += "x"
	require.Empty(t, withDocuments(t, []userdata.Document{whole}, target()).Documents)
}

// readings are four documents of many passages about the same words; the third belongs to another assignment.
func readings() []userdata.Document {
	var docs []userdata.Document
	for i, asg := range []string{assignment, "", "another", assignment} {
		var b strings.Builder
		for p := range 8 {
			fmt.Fprintf(&b, "The market on Saturday was full, says part %s of reading %s. %s\n\n",
				wordOf(p), wordOf(20+i), strings.Repeat("More is said here. ", 20))
		}
		docs = append(docs, userdata.Document{ID: fmt.Sprint("d", i+1), Assignment: asg, Text: b.String()})
	}
	return docs
}

func TestPassages(t *testing.T) {
	t.Parallel()
	docs := readings()
	for _, s := range []task.Similarity{task.TFIDFCosine, task.BM25} {
		for _, k := range []int{1, 4, 9, 100} {
			d := withDocuments(t, docs, target(), task.WithRAG(task.RAG{Passages: k, PassageTokens: 120, Similarity: s}))
			require.Len(t, d.Passages, min(k, 24), "as many as asked for, or all of three documents with eight each")
			require.Empty(t, d.Documents)
			seen := map[string]bool{}
			for i, h := range d.Passages {
				id := h.Record.ID
				require.False(t, seen[id])
				seen[id] = true
				require.Equal(t, id, d.Prediction.Provenance.Passages[i])
				require.Equal(t, i+1, h.Rank)
				require.True(t, i == 0 || h.Score <= d.Passages[i-1].Score)
				require.NotEqual(t, "d3", h.Record.Keys.Document, "a document of another assignment")
				require.True(t, strings.HasPrefix(id, h.Record.Keys.Document+"#"))
				at := strings.Index(docs[h.Record.Keys.Document[1]-'1'].Text, h.Record.Text)
				require.GreaterOrEqual(t, at, 0, "a passage reads as the document does")
			}
			require.Len(t, d.Prediction.Provenance.Passages, len(d.Passages))
		}
	}
}

// TestPassagesOfOthersChangeNothing: a document of another assignment is neither shown nor counted.
func TestPassagesOfOthersChangeNothing(t *testing.T) {
	t.Parallel()
	docs := readings()
	rag := task.WithRAG(task.RAG{Passages: 5, PassageTokens: 120})
	with := withDocuments(t, docs, target(), rag)
	require.Equal(t, withDocuments(t, append(docs[:2:2], docs[3]), target(), rag).Passages, with.Passages)

	none := withDocuments(t, docs[2:3], target(), rag)
	require.Empty(t, none.Passages, "no document can be read for this assignment")
	require.Empty(t, none.Prediction.Flags)
}

// TestPassagesFitTheSubmission: two submissions of one assignment are shown what fits each of them.
func TestPassagesFitTheSubmission(t *testing.T) {
	t.Parallel()
	rag := task.WithRAG(task.RAG{Passages: 1, PassageTokens: 120})
	for _, part := range []int{2, 5} {
		s := target()
		s.Text = "What does part " + wordOf(part) + " of the reading say?"
		d := withDocuments(t, readings()[:1], s, rag)
		require.Equal(t, []string{fmt.Sprintf("d1#%04d", part+1)}, d.Prediction.Provenance.Passages)
	}
}
