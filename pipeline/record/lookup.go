package record

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Value is a recorded value.
type Value struct {
	// JSON is the value as encoding/json wrote it, compact and to the byte, except that bytes that were no UTF-8 are replaced.
	JSON json.RawMessage
	// Opaque is true if the value had no JSON; then JSON says what is known of it (see [Holder]) and is not to be decoded into its type.
	Opaque bool
}

// ErrNotRecorded is the cause of an error about a hash that no value of the record has.
var ErrNotRecorded = errors.New("no such value in the record")

// errChanged is the cause of an error about a value that does not have its hash.
var errChanged = errors.New("the file was changed")

// Value returns the value that h names, with everything put back that is stored on its own; the hash of a text gives a JSON string. The
// first call reads the file of values once, to learn where each one is, and keeps 16 bytes of memory per value.
func (r *Run) Value(h Hash) (Value, error) {
	c, err := r.content(h)
	if err != nil {
		return Value{}, err
	}
	joined, err := join(nil, c.Content, r.referred)
	if err != nil {
		return Value{}, fmt.Errorf("%w (in value %s)", err, h)
	}
	return Value{joined, c.Kind == kindOpaque}, nil
}

// referred returns what is stored under h, to which a value refers as of that kind.
func (r *Run) referred(kind contentKind, h Hash) ([]byte, error) {
	c, err := r.content(h)
	if err != nil {
		return nil, err
	}
	if c.Kind != kind {
		return nil, fmt.Errorf("record: %s is of kind %s where a %s was expected", h, c.Kind, kind)
	}
	return c.Content, nil
}

// content returns the line of h after checking it against h.
func (r *Run) content(h Hash) (contentLine, error) {
	index, err := r.index()
	if err != nil {
		return contentLine{}, err
	}
	for _, offset := range index.find(h) {
		text, err := lineAt(r.values, offset)
		if err != nil {
			return contentLine{}, fmt.Errorf("record: %w", err)
		}
		var c contentLine
		if err := json.Unmarshal(text, &c); err != nil {
			return contentLine{}, fmt.Errorf("record: %s, byte %d: %w", r.values.path, offset, err)
		}
		if c.Hash != h {
			continue
		}
		if s := sumOf(c.Kind, c.Content); len(c.Content) == 0 || hex.EncodeToString(s[:]) != string(h) {
			return contentLine{}, fmt.Errorf("record: %s, byte %d: the content does not have the hash %s; %w",
				r.values.path, offset, h, errChanged)
		}
		return c, nil
	}
	return contentLine{}, fmt.Errorf("record: %q: %w", h, ErrNotRecorded)
}

// valueIndex says where values are, sorted by the first bytes of their hashes.
type valueIndex []valuePlace

type valuePlace struct {
	prefix uint64
	offset int64
}

// prefixOf returns the first 8 bytes of h; ok is false if h is not a hash.
func prefixOf(h Hash) (prefix uint64, ok bool) {
	var s sum
	if len(h) != hex.EncodedLen(len(s)) {
		return 0, false
	}
	if _, err := hex.Decode(s[:], []byte(h)); err != nil {
		return 0, false
	}
	return binary.BigEndian.Uint64(s[:]), true
}

// find returns the offsets of the lines that h may be in.
func (x valueIndex) find(h Hash) []int64 {
	prefix, ok := prefixOf(h)
	if !ok {
		return nil
	}
	i, _ := slices.BinarySearchFunc(x, prefix, func(p valuePlace, prefix uint64) int { return cmp.Compare(p.prefix, prefix) })
	var offsets []int64
	for ; i < len(x) && x[i].prefix == prefix; i++ {
		offsets = append(offsets, x[i].offset)
	}
	return offsets
}

func (f *lineFile) indexValues() (valueIndex, error) {
	var index valueIndex
	for l, err := range f.lines() {
		if err != nil {
			return nil, err
		}
		var c contentLine
		if err := f.decode(l, &c); err != nil {
			return nil, err
		}
		switch c.Kind {
		case kindValue, kindText, kindOpaque:
		default:
			continue
		}
		prefix, ok := prefixOf(c.Hash)
		if !ok {
			return nil, f.at(l.number, fmt.Errorf("%q is not a hash", c.Hash))
		}
		index = append(index, valuePlace{prefix, l.offset})
	}
	slices.SortStableFunc(index, func(a, b valuePlace) int { return cmp.Compare(a.prefix, b.prefix) })
	return index, nil
}
