package memindex

import (
	"errors"
	"fmt"
	"iter"
)

// Similarity names how an index compares a query with a record.
type Similarity string

// The similarities. Neither changes with the order of words.
const (
	// TFIDFCosine is the cosine of TF-IDF vectors, from 0 to 1 up to rounding; it suits whole essays as queries.
	//
	// Terms are lower-cased words: runs of letters and their marks, "@" and apostrophes, a typographic apostrophe being a plain
	// one. No word is dropped or stemmed. A term weighs
	//
	//	(1 + ln tf) * (ln((1 + n) / (1 + df)) + 1)
	//
	// with tf its count in the text, n the number of records in the scope and df how many of them hold it; terms that none of
	// them holds are ignored (Salton and Buckley 1988, with the smooth idf of scikit-learn).
	TFIDFCosine Similarity = "tfidf_cosine"

	// BM25 is Okapi BM25; it is unbounded and suits short queries and short answers.
	//
	// Terms are lower-cased runs of letters, marks and digits, apostrophes inside a word kept, without 33 English stop words and
	// stemmed by the Snowball English stemmer. A record scores the sum over the query's terms, repetitions counted, of
	//
	//	ln(1 + (n - df + 0.5) / (df + 0.5)) * tf / (tf + k1 (1 - b + b length / average length))
	//
	// with n, df and the average length those of the scope and lengths in terms (Robertson and Zaragoza 2009; the idf that cannot be
	// negative and the missing factor k1+1, which changes no rank, as in Lucene since version 8).
	BM25 Similarity = "bm25"
)

// measure is what a [Similarity] computes with.
type measure interface {
	// words yields the words of a text.
	words(text string) iter.Seq[string]
	// term is the index term of a word, or "" for a word that is not indexed.
	term(word string) string
	// weight is the weight of a term by its count in a text, before anything the scope decides.
	weight(count int) float64
	// scorer returns the similarity of a record of p to query, 0 where they share no term. Sums run in the order of term numbers.
	scorer(p *pool, query vector) func(record vector) float64
}

// Option configures an [Index].
type Option interface{ apply(*config) error }

type optionFunc func(*config) error

func (f optionFunc) apply(c *config) error { return f(c) }

type config struct {
	similarity Similarity
	bm25       bm25
}

// WithBM25 sets k1, which says how late more of the same word stops counting (1.2 by default, from 0, which counts presence only,
// to 1000), and b, which says how much of a record's length is held against it (0.75 by default, from 0 for nothing to 1). It is
// an error for an index of another similarity.
func WithBM25(k1, b float64) Option {
	return optionFunc(func(c *config) error {
		var errs []error
		if c.similarity != BM25 {
			errs = append(errs, fmt.Errorf("memindex: WithBM25 is set, but the similarity is %q", c.similarity))
		}
		if !(k1 >= 0 && k1 <= maxK1) {
			errs = append(errs, fmt.Errorf("memindex: k1 is %v; it must be from 0 to %v", k1, maxK1))
		}
		if !(b >= 0 && b <= 1) {
			errs = append(errs, fmt.Errorf("memindex: b is %v; it must be from 0 to 1", b))
		}
		c.bm25 = bm25{k1: k1, b: b}
		return errors.Join(errs...)
	})
}

func newMeasure(similarity Similarity, opts []Option) (measure, error) {
	c := config{similarity: similarity, bm25: bm25{k1: 1.2, b: 0.75}}
	var errs []error
	for _, opt := range opts {
		errs = append(errs, opt.apply(&c))
	}
	switch similarity {
	case TFIDFCosine:
		return tfidf{}, errors.Join(errs...)
	case BM25:
		return c.bm25, errors.Join(errs...)
	}
	unknown := fmt.Errorf("memindex: unknown similarity %q; there are %q and %q", similarity, TFIDFCosine, BM25)
	return nil, errors.Join(append(errs, unknown)...)
}
