package export

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/gloss-sdk/gloss/pipeline/record/internal/jsontree"
)

// maxKeys is how many different keys an object may have over all items to be a record with a column for each.
const maxKeys = 256

// kinds is a set of what was seen at a place.
type kinds uint8

const (
	seenBool kinds = 1 << iota
	seenInt        // within 64 bits
	seenLong       // within 64 bits, but not to the digit within a double
	seenDouble
	seenString
	seenArray
	seenObject
	seenOther // what no column holds but as JSON
)

// columnType is what a column holds.
type columnType int

const (
	jsonText columnType = iota
	boolean
	integer
	double
	text
	money // of the log, never of an output
)

// typeOf returns the type that holds all of k; jsonText if there is none.
func (k kinds) typeOf() columnType {
	switch {
	case k == 0:
		return jsonText
	case k == seenBool:
		return boolean
	case k&^(seenInt|seenLong) == 0:
		return integer
	case k&^(seenInt|seenDouble) == 0:
		return double
	case k == seenString:
		return text
	default:
		return jsonText
	}
}

// scalar returns what v is, 0 for null. It is seenOther for arrays and objects.
func scalar(v json.RawMessage) kinds {
	switch jsontree.KindOf(v) {
	case jsontree.Null:
		return 0
	case jsontree.Bool:
		return seenBool
	case jsontree.Number:
		return number(string(v))
	case jsontree.String:
		return seenString
	default:
		return seenOther
	}
}

func number(literal string) kinds {
	const exact = 1 << 53 // whole numbers up to it are doubles
	if n, err := strconv.ParseInt(literal, 10, 64); err == nil && literal != "-0" {
		if n > exact || n < -exact {
			return seenLong
		}
		return seenInt
	}
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil || !strings.ContainsAny(literal, ".eE") && math.Abs(f) > exact {
		return seenOther
	}
	return seenDouble
}

// place is a place in the output, with what was seen there in all items.
type place struct {
	seen     kinds
	elements kinds // of its arrays
	keys     []string
	children map[string]*place
	column   int // where the place is a column
}

// add takes the value of one item into account.
func (p *place) add(v json.RawMessage) {
	switch jsontree.KindOf(v) {
	case jsontree.Array:
		p.seen |= seenArray
		for e := range jsontree.Elements(v) {
			p.elements |= scalar(e)
		}
	case jsontree.Object:
		p.seen |= seenObject
		p.addMembers(v)
	default:
		p.seen |= scalar(v)
	}
}

func (p *place) addMembers(object json.RawMessage) {
	for key, v := range jsontree.Members(object) {
		child := p.children[key]
		if child == nil {
			if len(p.keys) >= maxKeys {
				p.seen |= seenOther
			}
			if p.seen != seenObject { // JSON, whatever else comes
				p.keys, p.children = nil, nil
				return
			}
			if p.children == nil {
				p.children = map[string]*place{}
			}
			child = new(place)
			p.keys, p.children[key] = append(p.keys, key), child
		}
		child.add(v)
	}
}

// record reports whether the place is an object in all items, with columns for its members.
func (p *place) record() bool { return p.seen == seenObject && len(p.keys) > 0 }

// column is a column of a table. A list holds values of its type.
type column struct {
	name     string
	holds    columnType
	list     bool
	required bool
}

// columns appends the columns of the place and of what is inside of it.
func (p *place) columns(to []column, path string) []column {
	if p.record() {
		for _, key := range p.keys {
			to = p.children[key].columns(to, jsontree.Key(path, key))
		}
		return to
	}
	p.column = len(to)
	c := column{name: path, holds: p.seen.typeOf()}
	if p.seen == seenArray {
		c.holds = p.elements.typeOf()
		c.list = c.holds != jsonText
	}
	return append(to, c)
}
