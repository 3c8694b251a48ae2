package record

import "crypto/sha256"

// generation is how many contents a generation of [recent] remembers. Both generations together take at most some 5 MB.
const generation = 1 << 15

type sum = [sha256.Size]byte

// recent remembers the contents that were stored last: at least the size most recently used, at most twice as many. When the young
// generation is full it becomes the old one, and what nobody used in the meantime is forgotten.
type recent struct {
	size       int
	young, old map[sum]struct{}
}

func newRecent(size int) *recent {
	return &recent{size: size, young: map[sum]struct{}{}, old: map[sum]struct{}{}}
}

// add remembers s and reports whether it was not remembered before.
func (r *recent) add(s sum) bool {
	if _, ok := r.young[s]; ok {
		return false
	}
	_, ok := r.old[s]
	if len(r.young) >= r.size {
		r.young, r.old = r.old, r.young
		clear(r.young)
	}
	r.young[s] = struct{}{}
	return !ok
}

// has reports whether s is remembered.
func (r *recent) has(s sum) bool {
	_, young := r.young[s]
	_, old := r.old[s]
	return young || old
}
