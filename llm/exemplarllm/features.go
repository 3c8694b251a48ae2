package exemplarllm

import (
	"math"
	"strings"
)

// features describe a text without regard to what it says: ln(1+words), ln(1+distinct words), words per sentence, mean word
// length, share of words of seven letters and more, commas per 100 words.
type features [6]float64

// longWord is the length from which a word counts as long.
const longWord = 7

// measure returns the features of a text with these words, of which distinct are different.
func measure(text string, words []string, distinct int) features {
	letters, long := 0, 0
	for _, w := range words {
		letters += len(w)
		if len(w) >= longWord {
			long++
		}
	}
	count := float64(len(words))
	per := max(1, count) // a text without words has rates of zero
	return features{
		math.Log1p(count),
		math.Log1p(float64(distinct)),
		count / float64(max(1, sentenceEnds(text))),
		float64(letters) / per,
		float64(long) / per,
		100 * float64(strings.Count(text, ",")) / per,
	}
}

// splitWords returns the words of a text, lower-cased: runs of the letters A to Z, apostrophes and the at signs of
// anonymized names. Other letters end a word.
func splitWords(text string) []string {
	words := make([]string, 0, len(text)/5)
	start := -1
	for i := range len(text) {
		if isWordByte(text[i]) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			words = append(words, strings.ToLower(text[start:i]))
			start = -1
		}
	}
	if start >= 0 {
		words = append(words, strings.ToLower(text[start:]))
	}
	return words
}

func isWordByte(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || b == '@' || b == '\''
}

// sentenceEnds counts the runs of full stops, exclamation and question marks.
func sentenceEnds(text string) int {
	ends, inRun := 0, false
	for i := range len(text) {
		end := isSentenceEnd(text[i])
		if end && !inRun {
			ends++
		}
		inRun = end
	}
	return ends
}

func isSentenceEnd(b byte) bool { return b == '.' || b == '!' || b == '?' }
