package task

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/gloss-sdk/gloss/prompt"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// rubricScore is a score for each criterion.
type rubricScore struct{}

func (rubricScore) shape(f form) (prompt.Shape, error) {
	if len(f.criteria) == 0 {
		return prompt.Shape{}, errors.New("the assignment has no rubric with criteria")
	}
	var fields []prompt.Field
	for _, c := range f.criteria {
		fields = append(fields, prompt.Field{Name: c.ID, Shape: f.scored(c.Scale)})
	}
	return prompt.Object(fields...), nil
}

func (rubricScore) usable(e userdata.Exemplar, criteria []userdata.CriterionScale) bool {
	for _, c := range criteria {
		if _, ok := e.Feedback.Score(c.ID); !ok {
			return false
		}
	}
	return len(criteria) > 0
}

func (rubricScore) order(e userdata.Exemplar) float64 { return criteriaMean(e) }

// ordered is a JSON object whose fields keep the order of the rubric, as in the schema: a map would sort them.
type ordered []namedReply

type namedReply struct {
	name  string
	reply any
}

// MarshalJSON writes the fields in order.
func (o ordered) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, f := range o {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := compactJSON(f.name)
		if err != nil {
			return nil, err
		}
		value, err := compactJSON(f.reply)
		if err != nil {
			return nil, err
		}
		out = slices.Concat(out, name, []byte{':'}, value)
	}
	return append(out, '}'), nil
}

func (rubricScore) example(fb userdata.Feedback, f form) any {
	var out ordered
	for _, c := range f.criteria {
		s, _ := fb.Score(c.ID)
		out = append(out, namedReply{c.ID, f.scoredExample(s)})
	}
	return out
}

func (rubricScore) read(s *prompt.Schema, r prompt.Reply, f form) (userdata.Feedback, error) {
	reply, err := decode[map[string]quotedReply](s, r, f)
	if err != nil {
		return userdata.Feedback{}, err
	}
	var fb userdata.Feedback
	for _, c := range f.criteria {
		fb.Scores = append(fb.Scores, reply[c.ID].score(c.ID))
	}
	return fb, nil
}

var _ json.Marshaler = ordered(nil)
