package record

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gloss-sdk/gloss/pipeline/record/internal/jsontree"
)

// Difference is a place at which two JSON values differ. Path names it: a.b[2], and a["b c"] where a key is more than letters, digits, '_'
// and '-'. Old is nil if only the new value has the place, New if only the old one has it.
//
// Objects are compared key by key, whatever the order of their keys. Arrays are compared element by element between what they have in
// common at their beginning and at their end; an element of the old array is named by its index there. Numbers are compared as such.
type Difference struct {
	Path string          `json:"path"`
	Old  json.RawMessage `json:"old,omitempty"`
	New  json.RawMessage `json:"new,omitempty"`
}

// differences compares two JSON values, nil being a value that is not there, whose path is root.
func differences(root string, a, b json.RawMessage) []Difference {
	var d differ
	d.compare(root, bytes.TrimSpace(a), bytes.TrimSpace(b))
	return d.found
}

type differ struct{ found []Difference }

func (d *differ) compare(path string, a, b json.RawMessage) {
	both := a != nil && b != nil
	if both && sameValue(a, b) || a == nil && b == nil {
		return
	}
	if kind := jsontree.KindOf(a); both && kind == jsontree.KindOf(b) {
		switch kind {
		case jsontree.Object:
			d.objects(path, a, b)
			return
		case jsontree.Array:
			d.arrays(path, a, b)
			return
		default:
		}
	}
	d.found = append(d.found, Difference{path, a, b})
}

// sameValue reports whether two values, both of which are there, stand for the same.
func sameValue(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	kind := jsontree.KindOf(a)
	if kind != jsontree.KindOf(b) {
		return false
	}
	switch kind {
	case jsontree.Object:
		return maps.EqualFunc(maps.Collect(jsontree.Members(a)), maps.Collect(jsontree.Members(b)), sameValue)
	case jsontree.Array:
		return slices.EqualFunc(slices.Collect(jsontree.Elements(a)), slices.Collect(jsontree.Elements(b)), sameValue)
	case jsontree.String:
		return jsontree.Text(a) == jsontree.Text(b)
	case jsontree.Number:
		return sameNumber(string(a), string(b))
	default:
		return false
	}
}

// objects compares members in the order of a, then those that only b has.
func (d *differ) objects(path string, a, b json.RawMessage) {
	is := maps.Collect(jsontree.Members(b))
	was := map[string]json.RawMessage{}
	var keys []string
	for key, v := range jsontree.Members(a) {
		if _, twice := was[key]; !twice {
			keys = append(keys, key)
		}
		was[key] = v
	}
	for key := range jsontree.Members(b) {
		if _, known := was[key]; !known {
			keys = append(keys, key)
			was[key] = nil
		}
	}
	for _, key := range keys {
		d.compare(jsontree.Key(path, key), was[key], is[key])
	}
}

func (d *differ) arrays(path string, a, b json.RawMessage) {
	was, is := slices.Collect(jsontree.Elements(a)), slices.Collect(jsontree.Elements(b))
	begin := 0
	for begin < min(len(was), len(is)) && sameValue(was[begin], is[begin]) {
		begin++
	}
	end := 0
	for end < min(len(was), len(is))-begin && sameValue(was[len(was)-1-end], is[len(is)-1-end]) {
		end++
	}
	was, is = was[:len(was)-end], is[:len(is)-end]
	for i := begin; i < max(len(was), len(is)); i++ {
		var x, y json.RawMessage
		if i < len(was) {
			x = was[i]
		}
		if i < len(is) {
			y = is[i]
		}
		d.compare(jsontree.Index(path, i), x, y)
	}
}

// sameNumber compares whole numbers digit by digit, so that long ones are not rounded, and others as float64.
func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	if !strings.ContainsAny(a+b, ".eE") {
		return strings.TrimPrefix(a, "-") == "0" && strings.TrimPrefix(b, "-") == "0"
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x == y
}
