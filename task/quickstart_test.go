package task_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm/exemplarllm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// TestQuickstartClass runs every kind of task end to end over the class of the quickstart, with the model that needs no network.
func TestQuickstartClass(t *testing.T) {
	t.Parallel()
	class, err := userdata.Dir(os.DirFS("../examples/quickstart/class"))
	require.NoError(t, err)
	require.NoError(t, class.Check(t.Context()))
	essays, err := class.Submissions(t.Context())
	require.NoError(t, err)
	scales, err := class.Scales(t.Context())
	require.NoError(t, err)
	model, err := exemplarllm.New()
	require.NoError(t, err)
	res := task.Using(class, model)
	run, err := pipeline.NewRun(pipeline.WithInputChecks())
	require.NoError(t, err)
	for _, opts := range [][]task.Option{nil, {task.WithRAG(task.RAG{})}} {
		for _, kind := range task.Kinds() {
			runner, err := pipeline.Start(t.Context(), run, mustBuild(t, res, kind, opts...))
			require.NoError(t, err)
			for result := range runner.Stream(t.Context(), pipeline.Items(essays[:12]...)) {
				require.NoError(t, result.Err)
				requireSensible(t, kind, result.Out, essays[result.Index], scales)
			}
		}
	}
}

// requireSensible checks what must hold of a prediction about a real essay, whatever the model.
func requireSensible(tb testing.TB, k task.Kind, p task.Prediction, essay userdata.Submission, scales userdata.Scales) {
	tb.Helper()
	require.Len(tb, p.Provenance.Exemplars, task.DefaultExemplars)
	require.NotContains(tb, p.Provenance.Exemplars, essay.ID)
	require.True(tb, strings.HasPrefix(p.Provenance.Model, "exemplarllm/"))
	require.Equal(tb, essay.ID, p.Feedback.Submission)
	require.Empty(tb, p.Flags, "every quotation is found")
	switch k {
	case task.KindEssayScore:
		require.Len(tb, p.Feedback.Scores, 1)
		require.True(tb, scales.Holistic[essay.Assignment].Contains(p.Feedback.Scores[0].Value))
	case task.KindRubricScore:
		criteria := scales.Criteria[essay.Assignment]
		require.Len(tb, p.Feedback.Scores, len(criteria))
		for i, c := range criteria {
			s := p.Feedback.Scores[i]
			require.Equal(tb, c.ID, s.Criterion, "in the order of the rubric")
			require.True(tb, c.Scale.Contains(s.Value))
			for _, e := range s.Evidence {
				require.Equal(tb, e.Quote, essay.Text[e.Start:e.End])
			}
		}
	default:
		require.NotEmpty(tb, p.Feedback.Strengths)
		require.NotEmpty(tb, p.Feedback.Improvements)
		require.NotEmpty(tb, p.Feedback.NextSteps)
		require.NotEmpty(tb, p.Feedback.Comments)
		for _, c := range p.Feedback.Comments {
			require.Equal(tb, c.Anchor.Quote, essay.Text[c.Anchor.Start:c.Anchor.End])
		}
	}
}
