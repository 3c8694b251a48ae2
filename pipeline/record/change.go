package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// field is a field of a stored object. Equal values are stored alike, so comparing what is stored compares what it stands for.
type field struct {
	key    string
	stored json.RawMessage
}

// fieldsOf returns the fields of a stored value in their order, none if it is no object.
func fieldsOf(stored []byte) ([]field, error) {
	if stored[0] != '{' || bytes.HasPrefix(stored, []byte(refHead(kindText))) {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(stored))
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	var fields []field
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("record: %w", err)
		}
		key, _ := token.(string) // the decoder has checked that a key is a string
		if rest := strings.TrimLeft(key, "$"); rest != key && isRefKind(rest) {
			key = key[1:]
		}
		f := field{key: key}
		if err := d.Decode(&f.stored); err != nil {
			return nil, fmt.Errorf("record: %w", err)
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// unchanged names, in one line, those fields that are among known, and after them those of known that are no longer there. It returns
// the others. Where nothing is as it was, there is no such line: the objects have nothing to do with each other.
func (t *teller) unchanged(depth int, fields, known []field) (changed []field) {
	was := make(map[string]json.RawMessage, len(known))
	for _, f := range known {
		was[f.key] = f.stored
	}
	var same []string
	for _, f := range fields {
		if before, ok := was[f.key]; ok && bytes.Equal(before, f.stored) {
			same = append(same, f.key)
		} else {
			changed = append(changed, f)
		}
		delete(was, f.key)
	}
	if len(same) == 0 {
		return fields
	}
	t.indent(depth)
	t.out.WriteString("(unchanged: " + strings.Join(same, ", "))
	var gone []string
	for _, f := range known {
		if _, ok := was[f.key]; ok {
			gone = append(gone, f.key)
		}
	}
	if len(gone) > 0 {
		t.out.WriteString("; no longer there: " + strings.Join(gone, ", "))
	}
	t.out.WriteString(")\n")
	return changed
}
