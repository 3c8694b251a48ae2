package leak

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// base is the odd multiplier of the rolling hash (the golden ratio in 64 bits).
const base uint64 = 0x9e3779b97f4a7c15

// pattern is a held text. Its words are read when a text begins with the same [MinWords] words, which is rare where nothing leaks.
type pattern struct {
	Held

	words []uint64
	hash  uint64
	power uint64 // base to the length of words
}

// patterns are all held texts, ready to be searched for. A word is known by a hash of 64 bits.
type patterns struct {
	seed     maphash.Seed
	byPrefix map[uint64][]*pattern // by the hash of the first MinWords words
	short    map[string]int        // sequences of fewer words: how many held texts have them
	tooShort int
}

func newPatterns(held []Held) *patterns {
	p := &patterns{seed: maphash.MakeSeed(), byPrefix: map[uint64][]*pattern{}, short: map[string]int{}}
	first := make([]uint64, 0, MinWords)
	for _, h := range held {
		first = p.read(h.Text, first[:0], MinWords)
		if len(first) < MinWords {
			p.tooShort++
			p.short[sequenceKey(first)]++
			continue
		}
		prefix, _ := hashOf(first)
		p.byPrefix[prefix] = append(p.byPrefix[prefix], &pattern{Held: h})
	}
	return p
}

// read appends the first words of text, at most so many.
func (p *patterns) read(text string, words []uint64, most int) []uint64 {
	eachWord(text, func(word []byte) bool {
		words = append(words, maphash.Bytes(p.seed, word))
		most--
		return most > 0
	})
	return words
}

// complete reads the words of a pattern that begins as something else does.
func (p *patterns) complete(c *pattern) {
	if c.words == nil {
		c.words = p.read(c.Text, nil, len(c.Text))
		c.hash, c.power = hashOf(c.words)
	}
}

// sequenceKey is the words as bytes, for maps.
func sequenceKey(words []uint64) string {
	key := make([]byte, 0, 8*len(words))
	for _, w := range words {
		key = binary.LittleEndian.AppendUint64(key, w)
	}
	return string(key)
}

// hashOf returns the hash of a sequence and the power of base for its length.
func hashOf(words []uint64) (hash, power uint64) {
	power = 1
	for _, w := range words {
		hash = hash*base + w
		power *= base
	}
	return hash, power
}

// document is the texts of one root, one after the other.
type document struct {
	words    []uint64
	segments []segment
}

type segment struct {
	at    *place
	start int
}

func (d *document) add(p *patterns, at *place, text string) {
	d.segments = append(d.segments, segment{at, len(d.words)})
	d.words = p.read(text, d.words, len(text))
}

// placeOf returns where the word at index i comes from.
func (d *document) placeOf(i int) *place {
	after, _ := slices.BinarySearchFunc(d.segments, i, func(s segment, i int) int { return s.start - i - 1 })
	return d.segments[after-1].at
}

// search calls found for every place at which a pattern occurs. Hashes of the words so far give the hash of any stretch in one step, so
// time grows with the number of words, not with the length of what is held.
func (p *patterns) search(d *document, found func(start int, match *pattern)) {
	hashes := make([]uint64, len(d.words)+1)
	for i, w := range d.words {
		hashes[i+1] = hashes[i]*base + w
	}
	prefixPower := uint64(1)
	for range MinWords {
		prefixPower *= base
	}
	for end := MinWords; end <= len(d.words); end++ {
		start := end - MinWords
		for _, candidate := range p.byPrefix[hashes[end]-hashes[start]*prefixPower] {
			p.complete(candidate)
			last := start + len(candidate.words)
			if last > len(d.words) || hashes[last]-hashes[start]*candidate.power != candidate.hash {
				continue
			}
			if slices.Equal(d.words[start:last], candidate.words) {
				found(start, candidate)
			}
		}
	}
}

// countShort returns how many held texts that are too short to tell equal a whole text of d, and takes them out of the count for later
// documents.
func (p *patterns) countShort(d *document) int {
	n := 0
	for i, s := range d.segments {
		end := len(d.words)
		if i+1 < len(d.segments) {
			end = d.segments[i+1].start
		}
		if end > s.start && end-s.start < MinWords {
			key := sequenceKey(d.words[s.start:end])
			n += p.short[key]
			delete(p.short, key)
		}
	}
	return n
}
