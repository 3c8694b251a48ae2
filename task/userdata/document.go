package userdata

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"
)

// YAML returns a source that reads a YAML file which holds a list. Decoding follows the json tags of T and is as strict as that of
// [JSONL]; a key that is there twice is a [*Problem] too.
//
// Of YAML 1.2 it takes what data needs: one document, block and flow style, anchors and aliases. Tags and merge keys are refused.
// An unquoted 7 or true is a number or a truth value, and never becomes a string. The file is read whole when the source is read; a
// file without any value has no records.
func YAML[T any](fsys fs.FS, name string, opts ...Option) Source[T] {
	return listFile[T](fsys, name, parseYAML, opts)
}

// JSON returns a source that reads a JSON file which holds a list, as strictly as [JSONL]. The file is read whole when the source is read;
// JSON lines suit large data better.
func JSON[T any](fsys fs.FS, name string, opts ...Option) Source[T] {
	return listFile[T](fsys, name, parseJSON, opts)
}

// Files returns a source that reads a directory whose files (.yaml and .json) hold one value each, or a list of values, in the order of
// file names. Decoding is that of [YAML] and [JSON]. Names that begin with a dot are skipped; anything else in the directory
// is a [*Problem], so that no data is left out in silence.
func Files[T any](fsys fs.FS, dir string, opts ...Option) Source[T] {
	cfg, err := newFileConfig(opts)
	if err != nil {
		return failing[T](err)
	}
	return SourceFunc[T](func(ctx context.Context) iter.Seq2[Record[T], error] {
		return func(yield func(Record[T], error) bool) {
			eachFile(ctx, file{fsys, dir, cfg.encoding}, []string{".yaml", ".json"}, func(f file, err error) bool {
				if err != nil {
					return yield(Record[T]{}, err)
				}
				d, err := f.document(parserOf(f.name))
				if err != nil {
					return yield(Record[T]{}, err) && asProblem(err) != nil
				}
				return yieldAll(ctx, yield, f.name, d.values)
			})
		}
	})
}

// eachFile calls each with the files of a directory that have one of the extensions, and with a problem for whatever else is there, until it
// returns false.
func eachFile(ctx context.Context, dir file, extensions []string, each func(f file, err error) bool) {
	entries, err := dir.entries()
	if err != nil {
		each(file{}, err)
		return
	}
	for _, entry := range entries {
		f := file{dir.fsys, path.Join(dir.name, entry.Name()), dir.encoding}
		var err error
		switch {
		case ctx.Err() != nil:
			each(file{}, context.Cause(ctx))
			return
		case strings.HasPrefix(entry.Name(), "."):
			continue
		case entry.IsDir() || !slices.Contains(extensions, path.Ext(entry.Name())):
			err = &Problem{Place: Place{File: f.name}, Want: "only files that end in " + oneOf(extensions) + " in this directory"}
		}
		if !each(f, err) {
			return
		}
	}
}

// document is what a YAML or JSON file holds.
type document struct {
	list   bool // whether the values were written as a list
	line   int
	values []element
}

type parser func(name, text string) (document, *Problem)

func parserOf(name string) parser {
	if path.Ext(name) == ".json" {
		return parseJSON
	}
	return parseYAML
}

// document reads and parses the file.
func (f file) document(parse parser) (document, error) {
	text, err := f.text()
	if err != nil {
		return document{}, err
	}
	d, problem := parse(f.name, text)
	if problem != nil {
		return document{}, problem
	}
	return d, nil
}

func listFile[T any](fsys fs.FS, name string, parse parser, opts []Option) Source[T] {
	cfg, err := newFileConfig(opts)
	if err != nil {
		return failing[T](err)
	}
	f := file{fsys, name, cfg.encoding}
	return SourceFunc[T](func(ctx context.Context) iter.Seq2[Record[T], error] {
		return func(yield func(Record[T], error) bool) {
			d, err := f.document(parse)
			if err == nil && !d.list {
				err = &Problem{Place: Place{name, d.line}, Want: "a list (in YAML, each value of it starts with a hyphen)"}
			}
			if err != nil {
				yield(Record[T]{}, err)
				return
			}
			yieldAll(ctx, yield, name, d.values)
		}
	})
}

func yieldAll[T any](ctx context.Context, yield func(Record[T], error) bool, name string, values []element) bool {
	for _, e := range values {
		if ctx.Err() != nil {
			yield(Record[T]{}, context.Cause(ctx))
			return false
		}
		if !yieldDecoded(yield, name, e) {
			return false
		}
	}
	return true
}

// parseJSON finds the values of a JSON file.
func parseJSON(name, text string) (document, *Problem) {
	lines := lineBreaks(text)
	data := []byte(text)
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		at := len(data)
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = int(syntax.Offset) - 1
		}
		return document{}, &Problem{Place: Place{name, lines.line(at)}, Want: fmt.Sprintf("valid JSON (%v)", err)}
	}
	start := len(data) - len(bytes.TrimLeft(data, " \t\r\n"))
	d := document{list: data[start] == '[', line: lines.line(start)}
	if !d.list {
		d.values = []element{{data: whole, line: func(at int) int { return lines.line(start + at) }}}
		return d, nil
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	_, err := dec.Token() // the bracket; the data is valid, so there are no errors
	for err == nil && dec.More() {
		var value json.RawMessage
		err = dec.Decode(&value)
		start := int(dec.InputOffset()) - len(value)
		d.values = append(d.values, element{data: value, line: func(at int) int { return lines.line(start + at) }})
	}
	return d, nil
}

// lineIndex holds the offsets of the line breaks of a text.
type lineIndex []int

func lineBreaks(text string) lineIndex {
	var x lineIndex
	for i := range len(text) {
		if text[i] == '\n' {
			x = append(x, i)
		}
	}
	return x
}

// line returns the number of the line that holds an offset.
func (x lineIndex) line(offset int) int {
	before, _ := slices.BinarySearch(x, offset)
	return before + 1
}
