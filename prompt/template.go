package prompt

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"text/template"

	"github.com/jba/templatecheck"
)

// Template is a text with places that are filled from a D. Every field that it names is known to exist in D. It is immutable and safe for
// concurrent use; the zero value cannot be rendered.
type Template[D any] struct {
	checked *templatecheck.CheckedTemplate[D]
	text    string
}

// maxRendered bounds what a template may become, in bytes: more is a template that runs on, for no prompt is that long.
const maxRendered = 16 << 20

// ParseTemplate reads a text in the syntax of [text/template], with its built-in functions, and checks it against D: whatever a D cannot
// give is an error, with its place in the text and the fields that there are. One line end at the end of the text is not part of it, for it
// ends the last line of a file. The name stands in errors only.
func ParseTemplate[D any](name, text string) (*Template[D], error) {
	text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	parsed, err := template.New(name).Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("prompt: %w", err)
	}
	checked, err := check[D](parsed)
	if err != nil {
		return nil, fmt.Errorf("prompt: %w; %s", err, fieldsFor(err.Error(), reflect.TypeFor[D]()))
	}
	return &Template[D]{checked, text}, nil
}

// check holds a template to the type that fills it. The checker follows the interpreter of templates closely, and like it may panic on what
// it did not foresee.
func check[D any](t *template.Template) (checked *templatecheck.CheckedTemplate[D], err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("template: %s: cannot be checked: %v", t.Name(), r)
		}
	}()
	return templatecheck.NewChecked[D](t) //nolint:wrapcheck // ParseTemplate wraps it
}

// ReadTemplate parses the file name of the first file system that has it: give those that override first, the embedded one last. A nil
// file system is passed over.
func ReadTemplate[D any](name string, from ...fs.FS) (*Template[D], error) {
	for _, files := range from {
		if files == nil {
			continue
		}
		text, err := fs.ReadFile(files, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("prompt: template %s: %w", name, err)
		}
		return ParseTemplate[D](name, string(text))
	}
	return nil, fmt.Errorf("prompt: template %s: %w in any of the %d places for templates", name, fs.ErrNotExist, len(from))
}

// Text returns the template's text, without the line end of its file.
func (t *Template[D]) Text() string { return t.text }

// Hash returns the SHA-256 of [Template.Text], in hexadecimal: it identifies the template in a record.
func (t *Template[D]) Hash() string {
	sum := sha256.Sum256([]byte(t.text))
	return hex.EncodeToString(sum[:])
}

// Render fills the template from d. That a map lacks a key which the template asks for is an error, and so is a result of more than 16 MiB.
func (t *Template[D]) Render(d D) (string, error) {
	if t == nil || t.checked == nil {
		return "", errors.New("prompt: the zero Template cannot be rendered; want one from ParseTemplate")
	}
	var out bounded
	if err := t.checked.Execute(&out, d); err != nil {
		return "", fmt.Errorf("prompt: %w", err)
	}
	return out.text.String(), nil
}

// bounded holds up to maxRendered bytes.
type bounded struct{ text strings.Builder }

// Write refuses what is too much.
func (b *bounded) Write(p []byte) (int, error) {
	if b.text.Len()+len(p) > maxRendered {
		return 0, fmt.Errorf("the text grows beyond %d bytes; does the template run on?", maxRendered)
	}
	return b.text.Write(p) //nolint:wrapcheck // it never fails
}

// fieldsFor lists the fields of the structs below t that a problem names, those of t if it names none.
func fieldsFor(problem string, t reflect.Type) string {
	var lines []string
	for _, s := range reachable(t, nil) {
		if s.Kind() == reflect.Struct && strings.Contains(problem, "type "+s.String()) {
			lines = append(lines, fieldsOf(s))
		}
	}
	if lines == nil {
		return fieldsOf(t)
	}
	return strings.Join(lines, "; ")
}

// reachable adds to seen the types that can be reached from t.
func reachable(t reflect.Type, seen []reflect.Type) []reflect.Type {
	if slices.Contains(seen, t) {
		return seen
	}
	seen = append(seen, t)
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return reachable(t.Elem(), seen)
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(t) {
			if f.IsExported() {
				seen = reachable(f.Type, seen)
			}
		}
	default:
	}
	return seen
}

func fieldsOf(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return fmt.Sprintf("the template is filled from a %s", t)
	}
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		if f.IsExported() {
			names = append(names, f.Name)
		}
	}
	if names == nil {
		return fmt.Sprintf("%s has no fields", t)
	}
	return fmt.Sprintf("%s has the fields %s", t, strings.Join(names, ", "))
}
