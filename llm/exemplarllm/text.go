package exemplarllm

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	noExamples = "No graded examples were shown, so there is nothing to say about this text."
	noText     = "The graded examples shown have nothing to say here."
)

// fillText returns the text of the best donor, or a sentence of the target where the place is a quotation.
func (f *filler) fillText(s *schema, sc scope) string {
	donors := f.donors(sc)
	if f.quotes[s] {
		if quote := cutRunes(f.quote(donors), s.maxLength); utf8.RuneCountInString(quote) >= s.minLength {
			return quote
		}
		return f.noText(s)
	}
	for _, d := range donors {
		if text, ok := f.usable(s, d.value); ok {
			return text
		}
	}
	return f.noText(s)
}

// donors returns the examples of a scope, best first: those with the predicted number, then by the distance of their number to
// it, and among equals the more similar text. Examples without a number come last where one is predicted.
func (f *filler) donors(sc scope) []shown {
	distance := func(v shown) float64 {
		d := math.Abs(v.level - sc.level)
		switch {
		case math.IsNaN(sc.level) || d <= sc.tolerance:
			return 0
		case math.IsNaN(d):
			return math.Inf(1)
		default:
			return d
		}
	}
	donors := slices.Clone(sc.shown)
	slices.SortStableFunc(donors, func(a, b shown) int {
		return cmp.Or(
			cmp.Compare(distance(a), distance(b)),
			cmp.Compare(f.weights[b.example], f.weights[a.example]),
			cmp.Compare(a.example, b.example))
	})
	return donors
}

// usable returns an example's value as a text for a place: one that says something, has the required length and is no part of
// the target.
func (f *filler) usable(s *schema, v any) (string, bool) {
	text, ok := v.(string)
	if !ok || strings.TrimSpace(text) == "" || f.copies(text) || utf8.RuneCountInString(text) < s.minLength {
		return "", false
	}
	return cutRunes(text, s.maxLength), true
}

// copies reports whether a text is the target, or two or more of its words as they follow each other there, whatever the case,
// punctuation and white space. Single words are no copies: they are found by chance.
func (f *filler) copies(text string) bool {
	copied := plainWords(text)
	return copied == f.plain || strings.Contains(copied, " ") && strings.Contains(" "+f.plain+" ", " "+copied+" ")
}

// plainWords returns the letters and digits of a text, lower-cased, with one space between words.
func plainWords(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), " ")
}

// noText returns the text for a place that no example has a text for.
func (f *filler) noText(s *schema) string {
	text := noText
	if len(f.examples) == 0 {
		text = noExamples
	}
	return cutRunes(text, s.maxLength)
}

// nearestReply returns the reply to the most similar example that is no part of the target: the answer where no schema asks
// for another.
func (f *filler) nearestReply(c conversation) string {
	var replies []shown
	for i, e := range c.examples {
		replies = append(replies, shown{example: i, value: e.reply})
	}
	return f.fillText(&schema{kind: kindText, maxLength: -1}, scope{shown: replies, level: math.NaN()})
}

// cutRunes returns the first limit characters of a text, and all of it without a limit.
func cutRunes(text string, limit int) string {
	if limit < 0 || utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit])
}

func singleSpaced(text string) string { return strings.Join(strings.Fields(text), " ") }
