package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// shortHash is how many digits of a hash a story shows.
const shortHash = 8

func (t *teller) indent(depth int) {
	for range depth {
		t.out.WriteString("  ")
	}
}

func short(h Hash) Hash { return h[:min(len(h), shortHash)] }

// content writes the stored value that h names behind what was just written. A long one is written once; later it is only named.
func (t *teller) content(depth int, h Hash, known []field) error {
	c, err := t.run.content(h)
	if errors.Is(err, ErrNotRecorded) {
		fmt.Fprintf(&t.out, " (%s is missing)\n", short(h))
		return nil
	}
	if err != nil {
		return err
	}
	long := len(c.Content) >= minText && !bytes.HasPrefix(c.Content, []byte(refHead(kindText))) // a text is named by its own hash
	if long && t.shown[h] {
		fmt.Fprintf(&t.out, " (%s, shown above)\n", short(h))
		return nil
	}
	t.shown[h] = true
	if long {
		fmt.Fprintf(&t.out, " (%s)", short(h))
	}
	if c.Kind == kindOpaque {
		known = nil // what is known of a value is not the value
		t.out.WriteString(" without JSON")
	}
	return t.value(depth, c.Content, known)
}

// value writes stored JSON: a scalar behind what was just written, everything else on lines of its own.
func (t *teller) value(depth int, stored []byte, known []field) error {
	_, h, _, err := cutReference(stored)
	switch {
	case err != nil:
		return err
	case h != "":
		return t.content(depth, h, nil)
	case stored[0] == '"':
		return t.string(depth, stored)
	case stored[0] == '{' && len(stored) > len("{}"):
		return t.object(depth, stored, known)
	case stored[0] == '[' && len(stored) > len("[]"):
		return t.array(depth, stored)
	default:
		fmt.Fprintf(&t.out, " %s\n", stored)
		return nil
	}
}

// object writes the fields of an object, those that are among known in one line.
func (t *teller) object(depth int, stored []byte, known []field) error {
	fields, err := fieldsOf(stored)
	if err != nil {
		return err
	}
	t.out.WriteByte('\n')
	fields = t.unchanged(depth, fields, known)
	for _, f := range fields {
		t.indent(depth)
		t.out.WriteString(f.key + ":")
		if err := t.value(depth+1, f.stored, nil); err != nil {
			return err
		}
	}
	return nil
}

func (t *teller) array(depth int, stored []byte) error {
	var elements []json.RawMessage
	if err := json.Unmarshal(stored, &elements); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	t.out.WriteByte('\n')
	for _, e := range elements {
		t.indent(depth)
		t.out.WriteByte('-')
		if err := t.value(depth+1, e, nil); err != nil {
			return err
		}
	}
	return nil
}

func (t *teller) string(depth int, token []byte) error {
	var s string
	if err := json.Unmarshal(token, &s); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	t.text(depth, s)
	return nil
}

// text writes a short string in quotes, any other as a block of lines.
func (t *teller) text(depth int, s string) {
	if len(s) < minText && !strings.Contains(s, "\n") {
		format := " %q\n"
		if strings.Contains(s, `"`) {
			format = " %#q\n" // in back quotes, so that JSON inside of a string stays readable
		}
		fmt.Fprintf(&t.out, format, s)
		return
	}
	t.out.WriteString(" |\n")
	for line := range strings.Lines(s) {
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			t.indent(depth)
		}
		t.out.WriteString(line + "\n")
	}
}
