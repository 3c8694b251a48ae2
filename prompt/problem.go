package prompt

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/gloss-sdk/gloss/llm"
)

const (
	// maxProblems bounds how many problems of one reply are told.
	maxProblems = 20
	// maxListed bounds how many numbers of a scale are told.
	maxListed = 12
	// maxName bounds how much of a field name is told: a model that goes astray can write anything as a name.
	maxName = 64
)

// ParseError is a reply that is not what was asked for.
type ParseError struct {
	// Schema names what was asked for.
	Schema string
	// Text is the reply as received.
	Text string
	// Finish says why the model stopped: a cut reply is seldom valid.
	Finish llm.Finish
	// Attempt counts the replies that were asked for, this one included; 0 is unknown.
	Attempt int
	// Problems lists what is wrong, each with its place in the reply as a JSON pointer and what would be right. They hold field names
	// and numbers of the reply but none of its text, so that they can be sent back as a correction and written to a log.
	Problems []string
}

// Error lists the problems. The reply itself is not part of the message: it may quote a student.
func (e *ParseError) Error() string {
	attempt := ""
	if e.Attempt > 0 {
		attempt = fmt.Sprintf(", attempt %d", e.Attempt)
	}
	return fmt.Sprintf("reply (%d bytes, finish %s%s) does not fit schema %s: %s",
		len(e.Text), e.Finish, attempt, e.Schema, strings.Join(e.Problems, "; "))
}

// ErrorClass returns "truncated" for a reply that was cut at a limit, "refused" for one that the model declined or a filter stopped, and
// "parse" for any other.
func (e *ParseError) ErrorClass() string {
	switch e.Finish {
	case llm.FinishLength:
		return string(llm.CodeTruncated)
	case llm.FinishRefused:
		return string(llm.CodeRefused)
	default:
		return "parse"
	}
}

// violations lists the leaves of a validation error, in the order of their places: the inner nodes only say that something below is wrong.
func violations(err error, schema *jsonschema.Schema) []string {
	var root *validator.ValidationError
	if !errors.As(err, &root) {
		return []string{"the reply could not be held to its schema"}
	}
	english := message.NewPrinter(language.English)
	var out []string
	var walk func(*validator.ValidationError)
	walk = func(e *validator.ValidationError) {
		for _, cause := range e.Causes {
			walk(cause)
		}
		if len(e.Causes) == 0 {
			out = append(out, where(e.InstanceLocation)+": "+describe(e.ErrorKind, at(schema, e.InstanceLocation), english))
		}
	}
	walk(root)
	slices.Sort(out)
	if more := len(out) - maxProblems; more > 0 {
		out = append(out[:maxProblems], fmt.Sprintf("and %d more", more))
	}
	return out
}

// describe says what is wrong with a value and what would be right. It names keywords, fields and numbers; a string of the reply may quote
// a student, so a message of the validator that may hold one is not used.
func describe(k validator.ErrorKind, schema *jsonschema.Schema, english *message.Printer) string {
	switch k := k.(type) {
	case *kind.Type:
		return k.LocalizedString(english) + scaleOf(schema)
	case *kind.Enum:
		return offEnum(k, schema, english)
	case *kind.Minimum:
		return fmt.Sprintf("minimum: got %s, want %s or more", decimal(k.Got), decimal(k.Want))
	case *kind.Maximum:
		return fmt.Sprintf("maximum: got %s, want %s or less", decimal(k.Got), decimal(k.Want))
	case *kind.MultipleOf:
		return fmt.Sprintf("multipleOf: got %s, want a multiple of %s%s", decimal(k.Got), decimal(k.Want), scaleOf(schema))
	case *kind.AdditionalProperties:
		return unknown(k.Properties, schema)
	case *kind.Const, *kind.Required, *kind.UniqueItems, *kind.MinItems, *kind.MaxItems, *kind.MinLength, *kind.MaxLength,
		*kind.MinProperties, *kind.MaxProperties:
		return k.LocalizedString(english)
	case *kind.Pattern:
		return "pattern: want a string that matches " + k.Want
	case *kind.Format:
		return "format: want a " + k.Want
	default:
		return "does not satisfy " + strings.Join(k.KeywordPath(), "/")
	}
}

func unknown(names []string, schema *jsonschema.Schema) string {
	slices.Sort(names)
	if more := len(names) - maxProblems; more > 0 {
		names = append(names[:maxProblems:maxProblems], fmt.Sprintf("and %d more", more))
	}
	text := "additional properties " + quotedList(names) + " not allowed"
	if schema != nil && len(schema.Required) > 0 {
		text += ", want only " + quotedList(schema.Required)
	}
	return text
}

// offEnum says which values an enum allows. Only numbers of the reply are named.
func offEnum(k *kind.Enum, schema *jsonschema.Schema, english *message.Printer) string {
	listed := numbersOf(schema)
	got, isNumber := k.Got.(json.Number)
	if listed == "" || !isNumber {
		return k.LocalizedString(english)
	}
	return "enum: got " + decimal(rational(got)) + ", want one of " + listed
}

// numbersOf lists the numbers of an enum; of many in even steps the first two and the last. It is "" for any other enum, and for none.
func numbersOf(s *jsonschema.Schema) string {
	if s == nil {
		return ""
	}
	texts, numbers := make([]string, len(s.Enum)), make([]*big.Rat, len(s.Enum))
	even := true
	for i, v := range s.Enum {
		n := numeral(v)
		if texts[i], numbers[i] = string(n), rational(n); numbers[i] == nil {
			return ""
		}
		if i > 1 {
			step := new(big.Rat).Sub(numbers[i], numbers[i-1])
			even = even && step.Cmp(new(big.Rat).Sub(numbers[1], numbers[0])) == 0
		}
	}
	if even && len(texts) > maxListed {
		texts = append(texts[:2:2], "…", texts[len(texts)-1])
	}
	return strings.Join(texts, ", ")
}

// scaleOf returns " from 1 to 4" for a place with such bounds, ", one of 1, 3, 5" for one with such an enum.
func scaleOf(s *jsonschema.Schema) string {
	if listed := numbersOf(s); listed != "" {
		return ", one of " + listed
	}
	if s == nil || s.Minimum == "" || s.Maximum == "" {
		return ""
	}
	return fmt.Sprintf(" from %s to %s", s.Minimum, s.Maximum)
}

// decimal writes a number as people do.
func decimal(v *big.Rat) string {
	if v.IsInt() && len(v.Num().String()) <= maxName {
		return v.Num().String()
	}
	f, _ := v.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// pointer writes a path as a JSON pointer (RFC 6901).
func pointer(path []string) string {
	var b strings.Builder
	for _, key := range path {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(key))
	}
	return b.String()
}

// where writes a path for people: names that are too long are cut, and the root is "/" so that it can be seen.
func where(path []string) string {
	if len(path) == 0 {
		return "/"
	}
	names := make([]string, len(path))
	for i, key := range path {
		names[i] = shortened(key)
	}
	return pointer(names)
}

// at returns the schema of a place, nil if it cannot be told.
func at(schema *jsonschema.Schema, path []string) *jsonschema.Schema {
	for _, key := range path {
		if schema == nil {
			return nil
		}
		if schema.Type == "array" {
			schema = schema.Items
		} else {
			schema = below(schema, key)
		}
	}
	return schema
}

func quotedList(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quoted(n)
	}
	return strings.Join(out, ", ")
}

func quoted(name string) string { return "'" + shortened(name) + "'" }

// shortened cuts a name that is too long, and takes out what would break a line.
func shortened(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, name[:min(len(name), 4*maxName)])
	if runes := []rune(name); len(runes) > maxName {
		return string(runes[:maxName]) + "…"
	}
	return name
}
