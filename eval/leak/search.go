package leak

import (
	"encoding/binary"
	"runtime"
	"slices"
	"sync"
)

// base is the odd multiplier of the rolling hash (the golden ratio in 64 bits).
const base uint64 = 0x9e3779b97f4a7c15

// pattern is a sequence of words that is held out, and the IDs of the held texts that have it.
type pattern struct {
	words []uint32
	hash  uint64
	power uint64 // base to the length of words
	held  []string
}

// patterns are all held texts, ready to be searched for. They know only the words of held texts; every other word is number 0.
type patterns struct {
	vocabulary map[string]uint32
	bySequence map[string]*pattern
	byPrefix   map[uint64][]*pattern // by the hash of the first MinWords words
	short      map[string]int        // sequences of fewer words: how many held texts have them
	tooShort   int
}

func newPatterns(held []Held) *patterns {
	p := &patterns{
		vocabulary: map[string]uint32{}, bySequence: map[string]*pattern{}, byPrefix: map[uint64][]*pattern{}, short: map[string]int{},
	}
	for _, part := range readParts(held) {
		renumbered := make([]uint32, len(part.vocabulary))
		for i, word := range part.vocabulary {
			renumbered[i] = p.number(word)
		}
		for i, words := range part.words {
			for k, w := range words {
				words[k] = renumbered[w]
			}
			p.add(part.held[i], words)
		}
	}
	return p
}

// part is a share of the held texts as numbers of words, counted for itself.
type part struct {
	held       []Held
	vocabulary []string // in the order of first occurrence
	words      [][]uint32
}

// readParts reads shares of held side by side: looking words up is most of the work.
func readParts(held []Held) []*part {
	var parts []*part
	var reading sync.WaitGroup
	for some := range slices.Chunk(held, len(held)/runtime.GOMAXPROCS(0)+1) {
		p := &part{held: some, words: make([][]uint32, len(some))}
		parts = append(parts, p)
		reading.Go(p.read)
	}
	reading.Wait()
	return parts
}

func (p *part) read() {
	numbers := map[string]uint32{}
	for i, h := range p.held {
		words := make([]uint32, 0, len(h.Text)/5) // English words have about four letters and a space
		eachWord(h.Text, func(word []byte) bool {
			n, ok := numbers[string(word)]
			if !ok {
				n = uint32(len(numbers))
				numbers[string(word)] = n
				p.vocabulary = append(p.vocabulary, string(word))
			}
			words = append(words, n)
			return true
		})
		p.words[i] = words
	}
}

// number returns the number of a word, from 1.
func (p *patterns) number(word string) uint32 {
	n, ok := p.vocabulary[word]
	if !ok {
		n = uint32(len(p.vocabulary)) + 1
		p.vocabulary[word] = n
	}
	return n
}

func (p *patterns) add(h Held, words []uint32) {
	key := sequenceKey(words)
	if len(words) < MinWords {
		p.tooShort++
		p.short[key]++
		return
	}
	known, ok := p.bySequence[key]
	if !ok {
		known = &pattern{words: words, power: 1}
		for _, w := range words {
			known.hash = known.hash*base + mix(w)
			known.power *= base
		}
		p.bySequence[key] = known
		prefix := hashOf(words[:MinWords])
		p.byPrefix[prefix] = append(p.byPrefix[prefix], known)
	}
	known.held = append(known.held, h.ID)
}

// sequenceKey is the words as bytes, for maps.
func sequenceKey(words []uint32) string {
	key := make([]byte, 0, 4*len(words))
	for _, w := range words {
		key = binary.LittleEndian.AppendUint32(key, w)
	}
	return string(key)
}

func hashOf(words []uint32) uint64 {
	var h uint64
	for _, w := range words {
		h = h*base + mix(w)
	}
	return h
}

// mix spreads the number of a word over 64 bits (the finaliser of SplitMix64).
func mix(word uint32) uint64 {
	h := uint64(word) + base
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// document is the texts of one root, one after the other, as numbers of words.
type document struct {
	words    []uint32
	segments []segment
}

type segment struct {
	at    *place
	start int
}

func (d *document) add(p *patterns, at *place, text string) {
	d.segments = append(d.segments, segment{at, len(d.words)})
	eachWord(text, func(word []byte) bool { d.words = append(d.words, p.vocabulary[string(word)]); return true })
}

// placeOf returns where the word at index i comes from.
func (d *document) placeOf(i int) *place {
	after, _ := slices.BinarySearchFunc(d.segments, i, func(s segment, i int) int { return s.start - i - 1 })
	return d.segments[after-1].at
}

// search calls found for every place at which a pattern occurs. Hashes of the words so far give the hash of any stretch in one step, so time
// grows with the number of words, not with the length of what is held.
func (p *patterns) search(d *document, found func(start int, match *pattern)) {
	hashes := make([]uint64, len(d.words)+1)
	for i, w := range d.words {
		hashes[i+1] = hashes[i]*base + mix(w)
	}
	prefixPower := uint64(1)
	for range MinWords {
		prefixPower *= base
	}
	for end := MinWords; end <= len(d.words); end++ {
		start := end - MinWords
		for _, candidate := range p.byPrefix[hashes[end]-hashes[start]*prefixPower] {
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

// countShort returns how many held texts that are too short to tell equal a whole text of d, and takes them out of the count for later documents.
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
