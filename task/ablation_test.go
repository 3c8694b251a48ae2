package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task"
)

// TestEveryAblationRuns builds every variant of every kind from its spec, and predicts with it.
func TestEveryAblationRuns(t *testing.T) {
	t.Parallel()
	for _, kind := range task.Kinds() {
		for _, base := range []task.Spec{
			task.DefaultSpec(kind),
			mustBuild(t, smallClass().using(nil), kind, task.WithRAG(task.RAG{})).Spec(),
			mustBuild(t, smallClass().using(nil), kind, bare()...).Spec(),
		} {
			prompts := map[string]string{}
			for _, v := range task.Ablations(base) {
				model := &answers{}
				tk, err := task.New(smallClass().using(model), v.Spec)
				require.NoError(t, err, "%s %s", kind, v.Name)
				require.Equal(t, string(kind), tk.Name(), "a variant stands in for the task")
				p, err := predict(t, tk, revised())
				require.NoError(t, err, "%s %s", kind, v.Name)
				require.Equal(t, "t1", p.Feedback.Submission)
				sent := asJSON(t, *model.last.Load())
				require.NotContains(t, prompts, sent, "%s %s tells the model the same as %s", kind, v.Name, prompts[sent])
				prompts[sent] = v.Name
			}
		}
	}
}

// TestAblationsAreCalledByWhatTheyTurn: each variant differs from its base by what its name says.
func TestAblationsAreCalledByWhatTheyTurn(t *testing.T) {
	t.Parallel()
	base := task.DefaultSpec(task.KindEssayScore)
	for _, v := range task.Ablations(base)[1:] {
		inputs := base.Inputs
		switch v.Name {
		case "without_assignment_prompt":
			inputs.AssignmentPrompt = false
		case "without_rubric":
			inputs.Rubric = false
		case "without_class_docs":
			inputs.ClassDocs = false
			require.Nil(t, v.Spec.Documents)
		case "without_past_feedback":
			inputs.PastFeedback = false
			require.Nil(t, v.Spec.Exemplars)
		case "without_prior_draft":
			inputs.PriorDraft = false
		case "without_essay_context":
			inputs.EssayContext = false
		case "with_rag":
			require.Equal(t, &task.RAG{Passages: 4, PassageTokens: 200, Similarity: task.BM25}, v.Spec.RAG)
			require.Equal(t, task.SelectSimilar, v.Spec.Exemplars.Select)
		default:
			t.Errorf("unknown variant %q", v.Name)
		}
		require.Equal(t, inputs, v.Spec.Inputs, v.Name)
	}
	require.Equal(t, task.DefaultSpec(task.KindEssayScore), base, "the base is as it was")

	temperature := 0.5
	base.Generation.Temperature = &temperature
	for _, v := range task.Ablations(base) {
		*v.Spec.Generation.Temperature = 1
	}
	require.InDelta(t, 0.5, temperature, 0, "variants share nothing with it")
}

func TestAblationsOfATaskWithSteps(t *testing.T) {
	t.Parallel()
	res := smallClass().using(&answers{})
	base := mustBuild(t, res, task.KindEssayScore, task.WithStep(task.After(task.PlaceVerify), greet(1).Use(greeting{Words: "hello"})))
	for _, v := range task.Ablations(base.Spec()) {
		tk, err := task.New(res, v.Spec, greet(1))
		require.NoError(t, err, v.Name)
		p, err := predict(t, tk, target())
		require.NoError(t, err, v.Name)
		require.Equal(t, "hello v1 loud=false", p.Flags[len(p.Flags)-1].Detail, v.Name)
	}
}
