package userdata_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task/userdata"
)

// classValues are the values of a class in memory.
type classValues struct {
	assignments []userdata.Assignment
	rubrics     []userdata.Rubric
	documents   []userdata.Document
	students    []userdata.Student
	submissions []userdata.Submission
	feedback    []userdata.Feedback
}

func (v classValues) class() *userdata.Class {
	return userdata.NewClass("", "", userdata.Sources{
		Assignments: userdata.Values("assignments", v.assignments...),
		Rubrics:     userdata.Values("rubrics", v.rubrics...),
		Documents:   userdata.Values("documents", v.documents...),
		Students:    userdata.Values("students", v.students...),
		Submissions: userdata.Values("submissions", v.submissions...),
		Feedback:    userdata.Values("feedback", v.feedback...),
	})
}

// randomClass returns a sound class of random size.
func randomClass(rng *rand.Rand) classValues {
	var v classValues
	for i := range 1 + rng.IntN(3) {
		rubric := userdata.Rubric{ID: fmt.Sprintf("r%d", i)}
		for j := range 1 + rng.IntN(4) {
			scale := userdata.Scale{Min: float64(rng.IntN(3)), Step: []float64{0, 0.5}[rng.IntN(2)]}
			scale.Max = scale.Min + float64(2+rng.IntN(4))
			levels := []userdata.Level{{Score: scale.Min}, {Score: scale.Max}}
			rubric.Criteria = append(rubric.Criteria, userdata.Criterion{ID: fmt.Sprintf("c%d", j), Scale: scale, Levels: levels})
		}
		v.rubrics = append(v.rubrics, rubric)
		document := fmt.Sprintf("d%d", i)
		v.assignments = append(v.assignments, userdata.Assignment{
			ID: fmt.Sprintf("a%d", i), Rubric: rubric.ID, Documents: []string{document}, Scale: userdata.Scale{Min: 1, Max: 6},
		})
		v.documents = append(v.documents, userdata.Document{ID: document, Assignment: fmt.Sprintf("a%d", i), Text: "A reading."})
	}
	for i := range 2 + rng.IntN(4) {
		student := fmt.Sprintf("s%d", i)
		v.students = append(v.students, userdata.Student{ID: student})
		assignment := rng.IntN(len(v.assignments))
		prior := ""
		for draft := range 2 + rng.IntN(2) {
			s := userdata.Submission{
				ID: fmt.Sprintf("e%d-%d", i, draft+1), Assignment: v.assignments[assignment].ID, Student: student,
				Draft: draft + 1, Prior: prior, Text: fmt.Sprintf("Draft %d of “%s” — the road\nis quiet.", draft+1, student),
			}
			prior = s.ID
			v.submissions = append(v.submissions, s)
			v.feedback = append(v.feedback, randomFeedback(rng, s.ID, v.rubrics[assignment]))
		}
	}
	return v
}

func randomFeedback(rng *rand.Rand, submission string, rubric userdata.Rubric) userdata.Feedback {
	f := userdata.Feedback{Submission: submission, Author: "okafor", Scores: []userdata.Score{{Value: float64(1 + rng.IntN(6))}}}
	for _, c := range rubric.Criteria {
		f.Scores = append(f.Scores, userdata.Score{
			Criterion: c.ID, Value: c.Scale.Round(c.Scale.Min + rng.Float64()*(c.Scale.Max-c.Scale.Min)), Evidence: []userdata.Span{{Quote: "the road is"}},
		})
	}
	f.Improvements = []userdata.Point{{Criterion: rubric.Criteria[0].ID, Text: "Say why."}}
	f.Comments = []userdata.Comment{{Kind: userdata.Question, Text: "Why?", Anchor: &userdata.Span{Quote: "- the road"}}}
	return f
}

// TestSoundClasses checks that random sound classes have no problems and that every feedback becomes an exemplar with located passages.
func TestSoundClasses(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		v := randomClass(rng)
		require.NoError(t, v.class().Check(t.Context()))
		past, err := v.class().Past(t.Context())
		require.NoError(t, err)
		require.Len(t, past, len(v.feedback))
		for i, x := range past {
			require.Equal(t, v.submissions[i].ID, x.Submission.ID)
			require.Len(t, x.Submission.DraftIDs(), x.Submission.Draft)
			anchor := x.Feedback.Comments[0].Anchor
			require.Equal(t, "— the road", x.Submission.Text[anchor.Start:anchor.End])
			for _, s := range x.Feedback.Scores[1:] {
				require.Equal(t, "the road\nis", s.Evidence[0].Quote)
			}
		}
	}
}

// TestOneDefect puts one defect into random sound classes and checks that it alone is found, at its place and by its name.
func TestOneDefect(t *testing.T) {
	t.Parallel()
	type at struct {
		source string
		line   int
		field  string
	}
	for name, spoil := range map[string]func(*rand.Rand, *classValues) at{
		"unknown rubric": func(rng *rand.Rand, v *classValues) at {
			i := rng.IntN(len(v.assignments))
			used := v.assignments[i].ID
			v.submissions = slices.DeleteFunc(v.submissions, func(s userdata.Submission) bool { return s.Assignment == used })
			v.feedback = slices.DeleteFunc(v.feedback, func(f userdata.Feedback) bool {
				return !slices.ContainsFunc(v.submissions, func(s userdata.Submission) bool { return s.ID == f.Submission })
			})
			v.assignments[i].Rubric = "?"
			return at{"assignments", i + 1, "rubric"}
		},
		"unknown document": func(rng *rand.Rand, v *classValues) at {
			i := rng.IntN(len(v.assignments))
			v.assignments[i].Documents = append(v.assignments[i].Documents, "?")
			return at{"assignments", i + 1, "documents[1]"}
		},
		"unknown assignment of a document": func(rng *rand.Rand, v *classValues) at {
			i := rng.IntN(len(v.documents))
			v.documents[i].Assignment = "?"
			return at{"documents", i + 1, "assignment"}
		},
		"empty document": func(rng *rand.Rand, v *classValues) at {
			i := rng.IntN(len(v.documents))
			v.documents[i].Text = "\n"
			return at{"documents", i + 1, "text"}
		},
		"negative weight": func(rng *rand.Rand, v *classValues) at {
			i := rng.IntN(len(v.rubrics))
			j := rng.IntN(len(v.rubrics[i].Criteria))
			v.rubrics[i].Criteria[j].Weight = -0.5
			return at{"rubrics", i + 1, fmt.Sprintf("criteria[%d].weight", j)}
		},
		"level off the scale": func(rng *rand.Rand, v *classValues) at {
			i := rng.IntN(len(v.rubrics))
			j := rng.IntN(len(v.rubrics[i].Criteria))
			v.rubrics[i].Criteria[j].Levels[1].Score++
			return at{"rubrics", i + 1, fmt.Sprintf("criteria[%d].levels[1].score", j)}
		},
		"twin students": func(rng *rand.Rand, v *classValues) at {
			i := 1 + rng.IntN(len(v.students)-1)
			v.students = append(v.students, v.students[i])
			return at{"students", len(v.students), "id"}
		},
		"unknown student": func(_ *rand.Rand, v *classValues) at {
			last := &v.submissions[len(v.submissions)-1]
			last.Student, last.Prior, last.Draft = "?", "", 1
			return at{"submissions", len(v.submissions), "student"}
		},
		"unknown prior": func(rng *rand.Rand, v *classValues) at {
			i := rng.IntN(len(v.submissions))
			v.submissions[i].Prior = "?"
			return at{"submissions", i + 1, "prior"}
		},
		"own prior": func(rng *rand.Rand, v *classValues) at {
			i := rng.IntN(len(v.submissions))
			v.submissions[i].Prior = v.submissions[i].ID
			return at{"submissions", i + 1, "prior"}
		},
		"score off the scale": func(rng *rand.Rand, v *classValues) at {
			i := rng.IntN(len(v.feedback))
			j := rng.IntN(len(v.feedback[i].Scores))
			v.feedback[i].Scores[j].Value += 100
			return at{"feedback", i + 1, fmt.Sprintf("scores[%d].value", j)}
		},
		"score between steps": func(rng *rand.Rand, v *classValues) at {
			i := rng.IntN(len(v.feedback))
			j := rng.IntN(len(v.feedback[i].Scores))
			v.feedback[i].Scores[j].Value += 0.3
			return at{"feedback", i + 1, fmt.Sprintf("scores[%d].value", j)}
		},
		"changed quotation": func(rng *rand.Rand, v *classValues) at {
			i := rng.IntN(len(v.feedback))
			v.feedback[i].Comments[0].Anchor = &userdata.Span{Quote: "the street"}
			return at{"feedback", i + 1, "comments[0].anchor.quote"}
		},
		"unknown criterion": func(rng *rand.Rand, v *classValues) at {
			i := rng.IntN(len(v.feedback))
			v.feedback[i].Improvements[0].Criterion = "?"
			return at{"feedback", i + 1, "improvements[0].criterion"}
		},
		"unknown kind": func(rng *rand.Rand, v *classValues) at {
			i := rng.IntN(len(v.feedback))
			v.feedback[i].Comments[0].Kind = "?"
			return at{"feedback", i + 1, "comments[0].kind"}
		},
		"unknown submission": func(rng *rand.Rand, v *classValues) at {
			i := rng.IntN(len(v.feedback))
			v.feedback[i].Submission = "?"
			return at{"feedback", i + 1, "submission"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(7, 8))
			for range 50 {
				v := randomClass(rng)
				want := spoil(rng, &v)
				var problems userdata.Problems
				require.ErrorAs(t, v.class().Check(t.Context()), &problems)
				require.Len(t, problems, 1, problems.Error())
				assert.Equal(t, want, at{problems[0].Place.File, problems[0].Place.Line, problems[0].Field})
				_, err := v.class().Past(t.Context())
				if want.source == "feedback" || want.source == "rubrics" || want.field == "prior" || want.field == "rubric" {
					require.EqualError(t, err, problems.Error())
				} else {
					require.NoError(t, err, "Past reads %s %s", want.source, want.field)
				}
			}
		})
	}
}
