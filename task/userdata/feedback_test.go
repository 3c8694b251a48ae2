package userdata_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gloss-sdk/gloss/task/userdata"
)

func TestFeedbackScore(t *testing.T) {
	t.Parallel()
	f := userdata.Feedback{Scores: []userdata.Score{
		{Criterion: "thesis", Value: 2, Rater: "a"}, {Value: 4}, {Criterion: "thesis", Value: 3, Rater: "b"},
	}}
	whole, ok := f.Score("")
	assert.True(t, ok)
	assert.InDelta(t, 4, whole.Value, 0)
	thesis, ok := f.Score("thesis")
	assert.True(t, ok)
	assert.Equal(t, "a", thesis.Rater, "the first rater counts")
	_, ok = f.Score("evidence")
	assert.False(t, ok)
}

func TestDraftIDs(t *testing.T) {
	t.Parallel()
	first := userdata.Submission{ID: "a"}
	second := userdata.Submission{ID: "b", Prior: "a", PriorDraft: &first}
	assert.Equal(t, []string{"a"}, first.DraftIDs())
	assert.Equal(t, []string{"c", "b", "a"}, userdata.Submission{ID: "c", Prior: "b", PriorDraft: &second}.DraftIDs())
	assert.Equal(t, []string{"c", "b"}, userdata.Submission{ID: "c", Prior: "b"}.DraftIDs(), "a prior draft that is not linked is named")
	assert.Equal(t, []string{"c", "x", "b", "a"}, userdata.Submission{ID: "c", Prior: "x", PriorDraft: &second}.DraftIDs())
	assert.Equal(t, "c", userdata.Submission{ID: "c"}.ItemID())
}
