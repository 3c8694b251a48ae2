package task

import (
	"math"
	"slices"

	"github.com/gloss-sdk/gloss/prompt"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// pairwise compares the submission with each exemplar and places it among them (comparative judgment: Thurstone 1927; for essays, Pollitt 2012).
type pairwise struct {
	whole
	templates *Templates
}

// outcome is how the submission came out of a comparison: 1 won, 0 lost, 1/2 equal.
type outcome float64

// The words in which the model says who is better.
const (
	betterSubmission = "submission"
	betterAnchor     = "graded_text"
	betterNone       = "equal"
)

type comparisonReply struct {
	Rationale string `json:"rationale" jsonschema:"description=what decides between the two texts"`
	Better    string `json:"better"`
}

func comparisonShape() prompt.Shape {
	return prompt.ShapeOf[comparisonReply]().With([]string{"better"}, prompt.OneOf(betterSubmission, betterAnchor, betterNone))
}

// split shows the exemplar behind the submission and, for every second one, before it, so that a preference for a position evens out.
func (a pairwise) split(d Draft) ([]part, error) {
	lead, err := a.templates.anchor.Render(struct{}{})
	if err != nil {
		return nil, err //nolint:wrapcheck // the error names its package
	}
	var out []part
	for i, e := range d.Exemplars {
		anchor := []prompt.Section{{Tag: prompt.Instruction, Text: lead}, {Tag: prompt.Anchor, Text: e.Exemplar.Submission.Text}}
		at := len(d.Prompt.User)
		if i%2 == 1 {
			at = slices.IndexFunc(d.Prompt.User, func(s prompt.Section) bool { return s.Tag == prompt.Submission })
		}
		p := d.Prompt
		p.User = slices.Insert(slices.Clone(p.User), max(at, 0), anchor...)
		out = append(out, part{e.Exemplar.Submission.ID, p})
	}
	return out, nil
}

func (a pairwise) read(d Draft, _ string, r prompt.Reply) (answer, []string, error) {
	f, err := a.forms.of(d.Submission.Assignment)
	if err != nil {
		return answer{}, nil, err
	}
	reply, err := decode[comparisonReply](f.whole, r, f.form)
	if err != nil {
		return answer{}, nil, err
	}
	came := outcome(0.5)
	switch reply.Better {
	case betterSubmission:
		came = 1
	case betterAnchor:
		came = 0
	}
	out := answer{Repairs: r.Repairs, Outcome: &came}
	out.Feedback.Scores = []userdata.Score{{Rationale: reply.Rationale}}
	return out, nil, nil
}

// join returns the score at which the comparisons would most nearly have come out as they did, with the rationale of the comparison with
// the exemplar whose score is nearest to it.
func (a pairwise) join(d Draft, answers []answer) (userdata.Feedback, error) {
	f, err := a.forms.of(d.Submission.Assignment)
	if err != nil {
		return userdata.Feedback{}, err
	}
	comparisons := make([]comparison, len(answers))
	for i, an := range answers {
		s, _ := d.Exemplars[i].Exemplar.Feedback.Score("")
		comparisons[i] = comparison{s.Value, float64(*an.Outcome)}
	}
	score := userdata.Score{Value: placed(f.holistic, comparisons)}
	nearest := math.Inf(1)
	for i, c := range comparisons {
		if distance := math.Abs(c.anchor - score.Value); distance < nearest {
			nearest, score.Rationale = distance, answers[i].Feedback.Scores[0].Rationale
		}
	}
	return userdata.Feedback{Scores: []userdata.Score{score}}, nil
}

// comparison is one comparison with an anchor of known score.
type comparison struct{ anchor, outcome float64 }

// placed returns the score of a scale that comparisons with anchors speak for: the mean over the scale's scores, each as likely as
// a Bradley-Terry model makes the outcomes (Bradley and Terry 1952), rounded to the scale. The anchors' scores are their strengths. One step of the
// scale, or a fifth of its range if that is more, makes the better text win four times out of five; an equal outcome counts half for each.
func placed(scale userdata.Scale, comparisons []comparison) float64 {
	step := scale.Step
	if step == 0 {
		step = 1
	}
	slope := math.Log(4) / max(step, (scale.Max-scale.Min)/5)
	n := int(math.Round((scale.Max - scale.Min) / step))
	logs := make([]float64, n+1)
	for i := range logs {
		s := scale.Min + float64(i)*step
		for _, c := range comparisons {
			win := -math.Log1p(math.Exp(-slope * (s - c.anchor)))
			lose := -math.Log1p(math.Exp(slope * (s - c.anchor)))
			logs[i] += c.outcome*win + (1-c.outcome)*lose
		}
	}
	top := slices.Max(logs)
	sum, weights := 0.0, 0.0
	for i, l := range logs {
		weight := math.Exp(l - top)
		sum, weights = sum+weight*(scale.Min+float64(i)*step), weights+weight
	}
	return scale.Round(sum / weights)
}
