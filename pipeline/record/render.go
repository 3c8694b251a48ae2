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

func (t *teller) missing(h Hash) { fmt.Fprintf(&t.out, " (%s is missing)\n", short(h)) }

func short(h Hash) Hash { return h[:min(len(h), shortHash)] }

// content writes a stored value behind what was just written. A long one is written once; later it is only named.
func (t *teller) content(depth int, c contentLine) error {
	long := len(c.Content) >= minText && !bytes.HasPrefix(c.Content, []byte(refHead)) // a text is named by its own hash
	if long && t.shown[c.Hash] {
		fmt.Fprintf(&t.out, " (%s, shown above)\n", short(c.Hash))
		return nil
	}
	t.shown[c.Hash] = true
	if long {
		fmt.Fprintf(&t.out, " (%s)", short(c.Hash))
	}
	if c.Kind == kindOpaque {
		t.out.WriteString(" without JSON")
	}
	d := json.NewDecoder(bytes.NewReader(c.Content))
	d.UseNumber()
	return t.value(depth, d)
}

// value writes the next value of d: a scalar behind what was just written, everything else on lines of its own.
func (t *teller) value(depth int, d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	switch token := token.(type) {
	case json.Delim:
		if !d.More() {
			fmt.Fprintf(&t.out, " %s", token)
			return t.end(d)
		}
		if token == '{' {
			return t.object(depth, d)
		}
		return t.array(depth, d)
	case string:
		t.text(depth, token)
	case nil:
		t.out.WriteString(" null\n")
	default:
		fmt.Fprintf(&t.out, " %v\n", token)
	}
	return nil
}

// end writes the delimiter that closes an empty object or array.
func (t *teller) end(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	fmt.Fprintf(&t.out, "%s\n", token)
	return nil
}

func (t *teller) object(depth int, d *json.Decoder) error {
	for first := true; d.More(); first = false {
		token, err := d.Token()
		if err != nil {
			return fmt.Errorf("record: %w", err)
		}
		key, _ := token.(string) //nolint:errcheck // the decoder has checked that a key is a string
		if first && key == textKey {
			return t.reference(depth, d)
		}
		if first {
			t.out.WriteByte('\n')
		}
		if strings.TrimLeft(key, "$") == textKey[1:] && key != textKey[1:] {
			key = key[1:]
		}
		t.indent(depth)
		t.out.WriteString(key + ":")
		if err := t.value(depth+1, d); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err //nolint:wrapcheck // the content was checked against its hash; its syntax is right
}

func (t *teller) array(depth int, d *json.Decoder) error {
	t.out.WriteByte('\n')
	for d.More() {
		t.indent(depth)
		t.out.WriteByte('-')
		if err := t.value(depth+1, d); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err //nolint:wrapcheck // as in object
}

// reference writes the text that the object d is in refers to.
func (t *teller) reference(depth int, d *json.Decoder) error {
	var h Hash
	if err := d.Decode(&h); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	c, err := t.run.content(h)
	if errors.Is(err, ErrNotRecorded) {
		t.missing(h)
		return nil
	}
	if err != nil {
		return err
	}
	return t.content(depth, c)
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
