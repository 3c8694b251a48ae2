package strictjson

import (
	"strconv"
	"strings"
)

// path leads from the document to a value. It is kept as steps because it is only written out when there is something to report.
type path []step

// step goes to a key of an object, or to an element of a list if key is empty and index is not negative.
type step struct {
	key   string
	index int
}

const byKey = -1

// String returns the path as in scores[2].value.
func (p path) String() string {
	var b strings.Builder
	for i, s := range p {
		if s.index != byKey {
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
			continue
		}
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(s.key)
	}
	return b.String()
}
