package record

import (
	"crypto/sha256"
	"encoding/binary"
)

type sum = [sha256.Size]byte

// recent remembers contents that were stored lately. It is made for one miss of the processor's cache a look, as each item takes a dozen: a
// content has one row, whose columns are in the order of their use, and the half of its sum that is compared leaves no doubt.
type recent struct{ rows []row }

const (
	columns = 4
	// rows times columns is how many contents are remembered; they take 512 KB.
	rows = 1 << 13
)

type (
	row  [columns]half
	half [sha256.Size / 2]byte
)

func newRecent(rows int) *recent { return &recent{make([]row, rows)} }

// of returns the row of s, and what stands there for s.
func (r *recent) of(s sum) (*row, half) {
	return &r.rows[binary.BigEndian.Uint32(s[len(half{}):])%uint32(len(r.rows))], half(s[:])
}

// add remembers s in the place of what was not used for longest in its row, and reports whether it was not remembered before.
func (r *recent) add(s sum) bool {
	row, h := r.of(s)
	at := row.find(h)
	isNew := at == columns
	if isNew {
		at--
	}
	copy(row[1:at+1], row[:at])
	row[0] = h
	return isNew
}

// has reports whether s is remembered.
func (r *recent) has(s sum) bool {
	row, h := r.of(s)
	return row.find(h) < columns
}

// find returns the column of h, or how many there are.
func (r *row) find(h half) int {
	for i := range r {
		if r[i] == h {
			return i
		}
	}
	return columns
}
