package userdata_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task/userdata"
)

// TestProblemsHaveTheLineOfTheField checks that what is found after decoding is still reported at the line of the value, in every format.
func TestProblemsHaveTheLineOfTheField(t *testing.T) {
	t.Parallel()
	const jsonFeedback = `[
  {"submission": "e1"},
  {
    "submission": "e2",
    "scores": [
      {"value": 3},
      {"criterion": "thesis",
       "value": 9}
    ],
    "comments": [{"kind": "issue", "text": "Why?",
      "anchor": {"quote":
        "nowhere"}}]
  }
]`
	const yamlFeedback = `
- submission: e1
- submission: e2
  scores:
    - value: 3
    - criterion: thesis

      value: 9
  comments:
    - kind: issue
      text: |
        Why?
        Why?
      anchor: {quote: >-
        nowhere
        }
`
	for name, tc := range map[string]struct {
		data string
		want []string
	}{
		"feedback.json":  {jsonFeedback, []string{"feedback.json:8 scores[1].value", "feedback.json:12 comments[0].anchor.quote"}},
		"feedback.yaml":  {strings.Replace(yamlFeedback, "{quote: >-\n        nowhere\n        }", "\n        quote: nowhere", 1), []string{"feedback.yaml:8 scores[1].value", "feedback.yaml:15 comments[0].anchor.quote"}},
		"feedback.jsonl": {oneLine(jsonFeedback), []string{"feedback.jsonl:2 scores[1].value", "feedback.jsonl:2 comments[0].anchor.quote"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := class(t, map[string]string{
				"assignments.yaml": "- {id: letter, rubric: argument, scale: {min: 1, max: 6}}\n",
				"rubrics.yaml":     "- {id: argument, criteria: [{id: thesis, scale: {min: 1, max: 4}}]}\n",
				"submissions.csv":  "id,assignment,text\ne1,letter,One.\ne2,letter,Two.\n",
				name:               tc.data,
			})
			var problems userdata.Problems
			require.ErrorAs(t, c.Check(t.Context()), &problems)
			var got []string
			for _, p := range problems {
				got = append(got, p.Place.String()+" "+p.Field)
			}
			assert.Equal(t, tc.want, got)
		})
	}
}

// oneLine writes the values of a list in JSON one a line.
func oneLine(list string) string {
	list = strings.Join(strings.Fields(list), " ")
	list = strings.TrimSuffix(strings.TrimPrefix(list, "[ "), " ]")
	return strings.Replace(list, `}, { "submission"`, "}\n{ \"submission\"", 1)
}

// TestPlacesOfAliasesAndOfFieldsLeftOut reads a scale that came by an alias, and a document without its text.
func TestPlacesOfAliasesAndOfFieldsLeftOut(t *testing.T) {
	t.Parallel()
	c := class(t, map[string]string{
		"assignments.yaml": "- id: letter\n  scale: &wrong {min: 6, max: 1}\n- id: story\n  title: T\n  scale: *wrong\n",
		"documents.yaml":   "- id: a\n  text: x\n\n- title: T\n  id: b\n  kind: reading\n",
	})
	var problems userdata.Problems
	require.ErrorAs(t, c.Check(t.Context()), &problems)
	require.Len(t, problems, 2, "an alias is a problem where its anchor is, once")
	assert.Equal(t, "assignments.yaml:2", problems[0].Place.String())
	assert.Equal(t, "documents.yaml:4", problems[1].Place.String(), "the first line of the record")
}
