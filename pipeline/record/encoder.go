package record

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"reflect"
	"slices"

	"github.com/gloss-sdk/gloss/internal/plainjson"
	"github.com/gloss-sdk/gloss/pipeline"
)

// encoder turns values into what is stored of them. Its buffers are used again; it is not safe for concurrent use.
type encoder struct {
	shapes   *shapes
	raws     *raws
	stored   func(s sum) bool // reports what need not be stored again
	ctx      context.Context  //nolint:containedctx // of one event, for the sums of texts
	passing  *passing         // of the item that the values belong to, nil if there is none
	digest   hash.Hash
	head     []byte
	last     sum
	out      []byte // what is stored of the value that is encoded
	lines    []byte // of contents
	contents []contentRange
	freshRaw []rawJSON

	parts      []storedPart // that the item has met
	freshParts []storedPart
}

// contentRange is a content whose line may still move in memory.
type contentRange struct {
	sum        sum
	begin, end int
}

func newEncoder(ss *shapes, rs *raws, stored func(s sum) bool) *encoder {
	return &encoder{shapes: ss, raws: rs, stored: stored, digest: sha256.New()}
}

// reset begins an event that was told with ctx of the item that p passes through.
func (e *encoder) reset(ctx context.Context, p *passing) {
	e.forget()
	e.ctx, e.passing = ctx, p
	e.parts = p.partsOf(e.parts)
}

// forget empties the encoder: it must not keep an item alive. A buffer that one huge value has blown up is given back.
func (e *encoder) forget() {
	clear(e.freshRaw)
	clear(e.freshParts)
	clear(e.parts)
	e.ctx, e.passing = nil, nil
	e.contents, e.freshRaw, e.freshParts, e.parts = e.contents[:0], e.freshRaw[:0], e.freshParts[:0], e.parts[:0]
	e.out, e.lines = kept(e.out), kept(e.lines)
}

func kept(b []byte) []byte {
	if cap(b) > keptBuffer {
		return nil
	}
	return b[:0]
}

// leaveOut forgets the contents that are stored already.
func (e *encoder) leaveOut(stored func(s sum) bool) {
	e.contents = slices.DeleteFunc(e.contents, func(c contentRange) bool { return stored(c.sum) })
}

// received stores what a stage or a call received: what others, or those around it, have received or returned lately.
func (e *encoder) received(v any) Hash {
	if h, ok := e.passing.known(v, keptValues); ok {
		return h
	}
	return e.value(v)
}

// returned stores what a stage or a call returned: its own, or what the last inside of it did.
func (e *encoder) returned(v any) Hash {
	if h, ok := e.passing.known(v, 1); ok {
		return h
	}
	return e.value(v)
}

// value stores v and returns its hash.
func (e *encoder) value(v any) Hash {
	if _, holds := v.(Holder); !holds && e.plain(v) && (string(e.out) != "{}" || !plainjson.HidesAll(reflect.TypeOf(v))) {
		return hashOf(e.put(kindValue, e.out))
	}
	return e.encoded(encode(v)) // what was stored of v so far is of use, or does no harm
}

// encoded takes out of v what is stored on its own, and stores the rest.
func (e *encoder) encoded(v encoded) Hash {
	kind := kindValue
	if v.opaque {
		kind = kindOpaque
	}
	return hashOf(e.put(kind, split(v.json, e)))
}

// put stores JSON and returns its sum.
func (e *encoder) put(kind contentKind, json []byte) sum {
	begin, at := e.open(kind)
	e.lines = append(e.lines, json...)
	e.head = append(append(e.head[:0], kind...), 0)
	e.digest.Reset()
	e.digest.Write(e.head)
	e.digest.Write(json)
	e.digest.Sum(e.last[:0])
	e.close(e.last, begin, at)
	return e.last
}

// text stores a text that is valid UTF-8 and returns its sum.
func (e *encoder) text(s string) sum {
	known, _ := e.tryText(s)
	return known
}

// tryText stores a text unless it is no UTF-8. It is not looked at if it is stored already.
func (e *encoder) tryText(s string) (known sum, valid bool) {
	known = pipeline.TextSum(e.ctx, s)
	if e.stored(known) {
		return known, true
	}
	begin, at := e.open(kindText)
	if e.lines, valid = quote(e.lines, s); !valid {
		e.lines = e.lines[:begin]
		return sum{}, false
	}
	e.close(known, begin, at)
	return known, true
}

func hashOf(s sum) Hash {
	var digits [2 * len(s)]byte
	hex.Encode(digits[:], s[:])
	return Hash(digits[:])
}

// open begins a line. It returns where the line begins and where its content does.
func (e *encoder) open(kind contentKind) (begin, at int) {
	begin = len(e.lines)
	e.lines = append(e.lines, `{"kind":"`...)
	e.lines = append(e.lines, kind...)
	e.lines = append(e.lines, `","hash":"`...)
	e.lines = append(e.lines, make([]byte, hex.EncodedLen(sha256.Size))...)
	e.lines = append(e.lines, hashTail...)
	return begin, len(e.lines)
}

const hashTail = `","content":`

// close ends a line whose content is there, and fills its hash in.
func (e *encoder) close(s sum, begin, at int) {
	hex.Encode(e.lines[at-len(hashTail)-hex.EncodedLen(len(s)):], s[:])
	e.lines = append(e.lines, '}')
	e.contents = append(e.contents, contentRange{s, begin, len(e.lines)})
}
