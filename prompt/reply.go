package prompt

import (
	"encoding/json"
	"strings"

	"github.com/gloss-sdk/gloss/llm"
)

// Tolerance says which faults of a reply [Schema.Read] puts right instead of refusing it. The zero value tolerates nothing.
type Tolerance struct {
	// Surrounded takes a reply whose JSON stands in a Markdown fence or between other text.
	Surrounded bool `json:"surrounded,omitempty"`
	// OutOfRange puts a number that is off its scale to the nearest value that is on it.
	OutOfRange bool `json:"out_of_range,omitempty"`
}

// Reply is a reply that fits its schema.
type Reply struct {
	// JSON is the value, byte for byte as the model wrote it but for the numbers that were repaired.
	JSON json.RawMessage `json:"json"`
	// Repairs lists what was tolerated, in the order of the reply; it is empty for a reply that was right as it came.
	Repairs []Repair `json:"repairs,omitempty"`
}

// Repair is one fault that was put right.
type Repair struct {
	// Kind says what was wrong.
	Kind RepairKind `json:"kind"`
	// At is the JSON pointer of the value (RFC 6901), "" for the reply as a whole.
	At string `json:"at,omitempty"`
	// Detail says what was done, as in "7 to 4"; it quotes no text of the reply.
	Detail string `json:"detail,omitempty"`
}

// RepairKind names a fault that can be tolerated.
type RepairKind string

// The faults that can be tolerated.
const (
	Fenced     RepairKind = "fenced"     // the JSON stood in a Markdown fence
	Surrounded RepairKind = "surrounded" // text before or after the JSON was dropped
	Clamped    RepairKind = "clamped"    // a number was put on its scale
)

// white is the white space of JSON.
const white = " \t\r\n"

// Read holds a reply to the schema. Without tolerance the reply must be exactly one JSON value that fits, with nothing around it but white
// space, no field named twice and none that the schema does not know. A reply that fits so is never changed, whatever is tolerated. The
// error is a [*ParseError]. The work grows with the length of the reply and no faster, also for a hostile one.
//
// With [Tolerance.Surrounded] the one JSON object or list in the reply that fits is taken; several that fit and differ are an error. Text up
// to the closing tag of a thought, such as </think>, is passed over.
//
// With [Tolerance.OutOfRange] a number that its place does not allow is put to the nearest number allowed by the place's type, bounds,
// multipleOf and enum; half way between two, to the larger one. Of a scale of many numbers that does not count from zero the schema knows the
// bounds only, see [Within]. A reply that is wrong in any other way fails.
func (s *Schema) Read(resp llm.Response, t Tolerance) (Reply, error) {
	if s.form != nil && s.form.fits(resp.Text) {
		return Reply{JSON: json.RawMessage(strings.Trim(resp.Text, white))}, nil
	}
	reply, problems := s.read(resp.Text, t)
	if len(problems) > 0 {
		return Reply{}, &ParseError{Schema: s.Name(), Text: resp.Text, Finish: resp.Finish, Problems: problems}
	}
	return reply, nil
}

// read decides about a reply that the form doubts.
func (s *Schema) read(text string, t Tolerance) (Reply, []string) {
	v, broken := s.readWhole(text, t.OutOfRange)
	if broken != "" {
		if t.Surrounded {
			return s.within(text, t)
		}
		return Reply{}, []string{broken}
	}
	problems := s.check(v)
	if len(problems) > 0 && len(v.fixes) > 0 { // the numbers are part of what is wrong
		v, _ = s.readWhole(text, false)
		problems = s.check(v)
	}
	return v.reply(text), problems
}

// check returns what is wrong with a value.
func (s *Schema) check(v value) []string {
	if s.compiled == nil {
		return []string{"the zero Schema accepts nothing; want one from Shape.Schema"}
	}
	if err := s.compiled.Validate(v.decoded); err != nil {
		return append(v.problems, violations(err, s.root)...)
	}
	return v.problems
}

// reply returns v as it stands in text, with its numbers repaired.
func (v value) reply(text string) Reply {
	out, from := make([]byte, 0, v.end-v.start), v.start
	var repairs []Repair
	for _, f := range v.fixes {
		out = append(append(out, text[from:f.start]...), f.to...)
		from = f.end
		repairs = append(repairs, Repair{Clamped, pointer(f.at.path()), text[f.start:f.end] + " to " + f.to})
	}
	return Reply{JSON: append(out, text[from:v.end]...), Repairs: repairs}
}
