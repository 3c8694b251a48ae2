// Package essaygen writes scored essays from a seed: a corpus on which the best possible agreement is known, for trying and testing
// holistic scoring where no real corpus may be shipped.
//
// Each essay has a hidden quality q, standard normal. Quality shows in the text (length, rare words, longer sentences, commas), each with
// noise of its own and in a different measure for each topic; the score is the quality seen by a rater with noise and cut to the scale. The words
// mean nothing: a generated essay says something about scoring code and nothing about writing.
package essaygen

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// Config describes a corpus. The zero value is not usable; see [Default].
type Config struct {
	Seed uint64
	// Groups is the number of assignments, PerGroup the number of essays of each.
	Groups, PerGroup int
	// Min and Max bound the whole-numbered scores.
	Min, Max int
	// Reliability is the correlation between quality and a rater's view of it, between 0 and 1.
	Reliability float64
}

// Default is a corpus of four assignments scored from 1 to 6.
func Default() Config {
	return Config{Seed: 1, Groups: 4, PerGroup: 300, Min: 1, Max: 6, Reliability: 0.9}
}

// Essay is one generated essay with two independent ratings of its quality. Score is the rating to be predicted, which is Rater1.
type Essay struct {
	ID, Group, Text string
	Score           int
	Rater1, Rater2  int
}

// Generate returns the corpus. Equal configurations give equal essays.
func Generate(c Config) []Essay {
	var out []Essay
	for g := range c.Groups {
		r := rand.New(rand.NewPCG(c.Seed, uint64(g)+1)) //nolint:gosec // a reproducible corpus, not a secret
		w := newWriter(r)
		for i := range c.PerGroup {
			q := r.NormFloat64()
			e := Essay{ID: fmt.Sprintf("g%d-%04d", g+1, i+1), Group: fmt.Sprintf("g%d", g+1), Text: w.essay(r, q)}
			e.Rater1, e.Rater2 = c.rate(r, q), c.rate(r, q)
			e.Score = e.Rater1
			out = append(out, e)
		}
	}
	return out
}

// rate is how one rater scores quality q.
func (c Config) rate(r *rand.Rand, q float64) int {
	return c.cut(c.Reliability*q + math.Sqrt(1-c.Reliability*c.Reliability)*r.NormFloat64())
}

// cut maps a standard normal value to the scale: its range is four standard deviations wide.
func (c Config) cut(z float64) int {
	width := float64(c.Max-c.Min+1) / 4
	s := int(math.Floor(float64(c.Min+c.Max+1)/2 + z*width))
	return min(max(s, c.Min), c.Max)
}

// Best returns the highest quadratic weighted kappa that any predictor can reach in expectation, the one that knows q included. For
// quadratic weights kappa is 2cov/(varS + varP + (difference of means)^2), which a predictor of quality maximises by stretching E[score|q] until
// its variance is that of the scores; the maximum is the correlation ratio sqrt(Var(E[score|q]) / Var(score)). Rounding to the
// scale can only lower it.
func (c Config) Best() float64 {
	const steps, span = 4000, 6.0
	var weight, mean, square, explained float64
	for i := range steps + 1 {
		q := -span + 2*span*float64(i)/steps
		w := math.Exp(-q * q / 2)
		m1, m2 := c.moments(q)
		weight += w
		mean += w * m1
		square += w * m2
		explained += w * m1 * m1
	}
	mean, square, explained = mean/weight, square/weight, explained/weight
	return math.Sqrt((explained - mean*mean) / (square - mean*mean))
}

// moments are the mean and the mean square of the score of an essay of quality q.
func (c Config) moments(q float64) (m1, m2 float64) {
	sd := math.Sqrt(1 - c.Reliability*c.Reliability)
	width, mid := float64(c.Max-c.Min+1)/4, float64(c.Min+c.Max+1)/2
	below := func(s int) float64 { // P(score < s)
		z := ((float64(s)-mid)/width - c.Reliability*q) / sd
		return math.Erfc(-z/math.Sqrt2) / 2
	}
	for s := c.Min; s <= c.Max; s++ {
		low, high := below(s), below(s+1)
		if s == c.Min {
			low = 0
		}
		if s == c.Max {
			high = 1
		}
		m1 += float64(s) * (high - low)
		m2 += float64(s*s) * (high - low)
	}
	return m1, m2
}

// writer holds the vocabulary of one assignment: plain and rare words, and the words of its topics.
type writer struct {
	plain, rare []string
	topics      []topic
}

// topic is a way to answer the assignment, with its own words, and its own habits that have nothing to do with quality.
type topic struct {
	words         []string
	length, shift float64
}

func newWriter(r *rand.Rand) *writer {
	w := &writer{plain: vocabulary(r, 180, 1, 2), rare: vocabulary(r, 220, 3, 4)}
	for range 5 {
		w.topics = append(w.topics, topic{vocabulary(r, 60, 2, 3), 0.22 * r.NormFloat64(), 0.02 * r.NormFloat64()})
	}
	return w
}

// vocabulary makes n words of at least from and at most to syllables.
func vocabulary(r *rand.Rand, n, from, to int) []string {
	const consonants, vowels = "bdfgklmnprstvz", "aeiou"
	words := make([]string, n)
	for i := range words {
		var b strings.Builder
		for range from + r.IntN(to-from+1) {
			b.WriteByte(consonants[r.IntN(len(consonants))])
			b.WriteByte(vowels[r.IntN(len(vowels))])
		}
		if r.IntN(2) == 0 {
			b.WriteByte(consonants[r.IntN(len(consonants))])
		}
		words[i] = b.String()
	}
	return words
}

// essay writes a text of quality q.
func (w *writer) essay(r *rand.Rand, q float64) string {
	t := w.topics[r.IntN(len(w.topics))]
	noise := func(sd float64) float64 { return sd * r.NormFloat64() }
	length := int(math.Exp(5.1 + t.length + 0.24*q + noise(0.12)))
	rare := min(max(0.12+t.shift+0.035*q+noise(0.015), 0.01), 0.5)
	sentence := min(max(12+1.5*q+noise(1.5), 5), 25)
	comma := min(max(0.05+0.015*q+noise(0.01), 0), 0.2)

	var b strings.Builder
	left := 0
	for i := range max(length, 30) {
		word := w.word(r, t, rare)
		if left == 0 {
			left = max(3, int(sentence+noise(3)))
			word = strings.ToUpper(word[:1]) + word[1:]
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
		left--
		switch {
		case left == 0:
			b.WriteByte('.')
		case r.Float64() < comma:
			b.WriteByte(',')
		}
	}
	return strings.TrimRight(b.String(), ",.") + "."
}

// word draws from the rare words, the topic's words or the plain ones; common words come first in each list.
func (w *writer) word(r *rand.Rand, t topic, rare float64) string {
	list := w.plain
	switch u := r.Float64(); {
	case u < rare:
		list = w.rare
	case u < rare+0.2:
		list = t.words
	}
	u := r.Float64()
	return list[int(u*u*float64(len(list)))]
}
