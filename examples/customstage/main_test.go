package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// The whole unit test of a custom step: a draft goes in, a draft comes out.
func TestReadabilityFlagsLongSentences(t *testing.T) {
	t.Parallel()
	in := task.Draft{Prediction: task.Prediction{Feedback: userdata.Feedback{
		NextSteps: []string{"Cut this. Then say in one long sentence what you want the council to do."},
	}}}
	out, err := readability{MaxWords: 5}.check(t.Context(), in)
	require.NoError(t, err)
	require.Len(t, out.Prediction.Flags, 1)
	require.Equal(t, flagLongSentence, out.Prediction.Flags[0].Kind)
	require.Empty(t, in.Prediction.Flags, "the draft that came in is unchanged")
}

func TestProgram(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	require.Contains(t, out.String(), `[{"at":"after:parse","name":"readable","version":1,"params":{"max_words":8}}]`)
	require.Contains(t, out.String(), "flag long_sentence:")
}
