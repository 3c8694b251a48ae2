package pipeline

import (
	"context"
	"crypto/sha256"
	"hash"
	"sync"
)

// TextSum returns what a text is known by in fingerprints and in the record of a run: the SHA-256 of "text", a zero byte and s. Inside of
// an item of a run a long text is hashed once, by whichever of them comes first. It is safe for concurrent use.
func TextSum(ctx context.Context, s string) [sha256.Size]byte {
	scope := scopeFrom(ctx)
	if scope == nil {
		return new(textHasher).sum(s)
	}
	h := scope.item.hashers.get()
	defer scope.item.hashers.put(h)
	return scope.item.texts.sum(&h.text, s)
}

// textSums remembers the sums of the long texts that an item came by last. It is safe for concurrent use; the zero value is empty.
type textSums struct {
	mu    sync.Mutex
	known []textSum
	next  int // whose place the next one takes
}

type textSum struct {
	text string
	sum  [sha256.Size]byte
}

const (
	// longText is the length in bytes from which the sum of a text is worth remembering.
	longText = 512
	// keptSums bounds how many texts of an item are kept in memory for their sums.
	keptSums = 32
)

func (ts *textSums) sum(h *textHasher, s string) [sha256.Size]byte {
	if ts == nil || len(s) < longText {
		return h.sum(s)
	}
	if known, ok := ts.find(s); ok {
		return known
	}
	sum := h.sum(s)
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if len(ts.known) < keptSums {
		ts.known = append(ts.known, textSum{s, sum})
		return sum
	}
	ts.known[ts.next%keptSums] = textSum{s, sum}
	ts.next++
	return sum
}

// find compares texts by their content, which is quick where they share it and where their lengths differ.
func (ts *textSums) find(s string) (sum [sha256.Size]byte, ok bool) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for i := range ts.known {
		if ts.known[i].text == s {
			return ts.known[i].sum, true
		}
	}
	return sum, false
}

// textHasher hashes texts. It is not safe for concurrent use; the zero value is ready.
type textHasher struct {
	digest hash.Hash
	buf    []byte
	last   [sha256.Size]byte
}

func (h *textHasher) sum(s string) [sha256.Size]byte {
	if h.digest == nil {
		h.digest = sha256.New()
	}
	h.digest.Reset()
	h.buf = append(h.buf[:0], "text\x00"...)
	for { // the hash takes bytes: a copy in pieces costs no allocation
		n := min(len(s), 4<<10)
		h.buf = append(h.buf, s[:n]...)
		h.digest.Write(h.buf)
		if s = s[n:]; len(s) == 0 {
			break
		}
		h.buf = h.buf[:0]
	}
	h.digest.Sum(h.last[:0])
	return h.last
}
