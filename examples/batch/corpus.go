package main

import (
	"github.com/gloss-sdk/gloss/internal/essaygen"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// graded is how many of the essays the teacher has graded.
const graded = 120

// newClass returns a class of generated essays: some are graded, the others are the batch.
func newClass(batch int) (*userdata.Class, []userdata.Submission) {
	c := essaygen.Default()
	c.Groups, c.PerGroup = 1, graded+batch
	var known, asked []userdata.Submission
	var feedback []userdata.Feedback
	for i, e := range essaygen.Generate(c) {
		s := userdata.Submission{ID: e.ID, Assignment: e.Group, Text: e.Text}
		if i >= graded {
			asked = append(asked, s)
			continue
		}
		known = append(known, s)
		feedback = append(feedback, userdata.Feedback{
			ID: "on-" + e.ID, Submission: e.ID, Author: "teacher", Scores: []userdata.Score{{Value: float64(e.Score)}},
		})
	}
	assignment := userdata.Assignment{
		ID: asked[0].Assignment, Prompt: "Write about a place that you know.", Scale: userdata.Scale{Min: float64(c.Min), Max: float64(c.Max)},
	}
	return userdata.NewClass("generated", "teacher", userdata.Sources{
		Assignments: userdata.Values("assignments", assignment),
		Submissions: userdata.Values("submissions", known...),
		Feedback:    userdata.Values("feedback", feedback...),
	}), asked
}
