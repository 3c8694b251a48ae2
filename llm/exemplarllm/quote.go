package exemplarllm

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	quotedShare   = .8 // of the texts at a place must be found in the students' texts to make it a quotation
	quotedWords   = 2  // and they have at least this many words on average: single words are found by chance
	maxQuote      = 20 // words
	shortSentence = 4  // a sentence with fewer words, such as "Mr.", is joined to the next one
)

// findQuotes notes which texts of the reply are quotations in the examples.
func (f *filler) findQuotes(s *schema, values []shown) {
	switch s.kind {
	case kindObject:
		for _, p := range s.properties {
			child, _ := scope{shown: values}.property(p)
			f.findQuotes(p.schema, child.shown)
		}
	case kindArray:
		f.findQuotes(s.items, items(values))
	case kindText:
		f.quotes[s] = f.quoted(values)
	}
}

// quoted reports whether nearly all texts are parts of the texts that they were written about.
func (f *filler) quoted(values []shown) bool {
	texts, found, words := 0, 0, 0
	for _, v := range values {
		text, _ := v.value.(string)
		if text = singleSpaced(text); text == "" {
			continue
		}
		texts++
		words += 1 + strings.Count(text, " ")
		if strings.Contains(f.examples[v.example].spaced, text) {
			found++
		}
	}
	return texts > 0 && float64(found) >= quotedShare*float64(texts) && words >= quotedWords*texts
}

// quote returns the sentence of the target that is most like the sentence that the best donor quoted, cut after twenty words:
// the one that shares the most words with it, rare words counting more, and among equals the one at the most similar place in
// its text. Sentences that were quoted before come last. It is empty where the target has no sentence.
func (f *filler) quote(donors []shown) string {
	quoted, place := f.donorQuote(donors)
	best := -1
	var bestRank sentenceRank
	for i, s := range f.sentences {
		rank := sentenceRank{
			quoted:  s.quoted,
			overlap: f.overlap(quoted, distinct(splitWords(s.text))),
			away:    math.Abs(s.place - place),
		}
		if best < 0 || rank.before(bestRank) {
			best, bestRank = i, rank
		}
	}
	if best < 0 {
		return ""
	}
	f.sentences[best].quoted = true
	return firstWords(f.sentences[best].text, maxQuote)
}

// donorQuote returns the distinct words of the first quotation among the donors and its relative place in the donor's text.
func (f *filler) donorQuote(donors []shown) (words []string, place float64) {
	for _, d := range donors {
		text, _ := d.value.(string)
		if text = singleSpaced(text); text == "" {
			continue
		}
		from := f.examples[d.example].spaced
		at := max(0, strings.Index(from, text))
		return distinct(splitWords(text)), float64(at) / float64(max(1, len(from)))
	}
	return nil, 0
}

// sentenceRank says how well a sentence of the target stands for the donor's quotation.
type sentenceRank struct {
	quoted  bool
	overlap float64
	away    float64
}

func (r sentenceRank) before(other sentenceRank) bool {
	switch {
	case r.quoted != other.quoted:
		return other.quoted
	case r.overlap != other.overlap:
		return r.overlap > other.overlap
	default:
		return r.away < other.away
	}
}

// overlap returns the share of the words of two texts that both have, each word weighted by its rarity among the texts shown.
// No word of either is given twice.
func (f *filler) overlap(a, b []string) float64 {
	both, all := 0.0, 0.0
	for _, w := range b {
		if slices.Contains(a, w) {
			both += f.rarity(w)
		}
		all += f.rarity(w)
	}
	for _, w := range a {
		if !slices.Contains(b, w) {
			all += f.rarity(w)
		}
	}
	if all == 0 {
		return 0
	}
	return both / all
}

// distinct sorts words in place and drops the repeated ones.
func distinct(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

func (f *filler) rarity(word string) float64 {
	if id, ok := f.lexicon.words[word]; ok {
		return f.lexicon.rarity[id]
	}
	return 1
}

// sentence is a part of the target, as it stands there.
type sentence struct {
	text   string
	place  float64 // of its start, from 0 to 1
	quoted bool
}

// splitSentences splits a text after full stops, exclamation and question marks that are followed by white space, and at blank
// lines. A short sentence is joined to the next one of its paragraph.
func splitSentences(text string) []sentence {
	var sentences []sentence
	start := 0
	cut := func(end int) {
		if part := strings.TrimSpace(text[start:end]); part != "" {
			at := start + strings.Index(text[start:], part)
			sentences = append(sentences, sentence{text: part, place: float64(at) / float64(len(text))})
		}
		start = end
	}
	for i, r := range text {
		switch {
		case !unicode.IsSpace(r):
		case blankLine(text[i:]):
			cut(i)
		case endsSentence(text[start:i]) && len(strings.Fields(text[start:i])) >= shortSentence:
			cut(i)
		}
	}
	cut(len(text))
	return sentences
}

// blankLine reports whether a text starts with the end of a line and an empty line.
func blankLine(text string) bool {
	rest, newline := strings.CutPrefix(text, "\n")
	for _, r := range rest {
		if !newline || r == '\n' || !unicode.IsSpace(r) {
			return newline && r == '\n'
		}
	}
	return false
}

// endsSentence reports whether a text ends with the end of a sentence, which quotation marks and brackets may follow.
func endsSentence(text string) bool {
	text = strings.TrimRight(text, "\"')]\u201d\u2019\u00bb")
	return text != "" && isSentenceEnd(text[len(text)-1])
}

// firstWords returns a text up to the end of its nth word.
func firstWords(text string, n int) string {
	inWord := false
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if space := unicode.IsSpace(r); space == inWord {
			if inWord = !space; !inWord {
				if n--; n == 0 {
					return text[:i]
				}
			}
		}
		i += size
	}
	return text
}
