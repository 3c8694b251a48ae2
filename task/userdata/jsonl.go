package userdata

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
)

// maxRecord is the size of the largest record, in bytes: a line of JSON lines, or a value of a YAML file with its aliases filled in.
const maxRecord = 16 << 20

// JSONL returns a source that reads a file of JSON lines: one object a line, blank lines skipped, at most 16 MiB a line.
//
// Decoding is strict: a key that T does not know or that is written in another case, a key that is there twice, a key that is missing or
// null although its json tag has neither omitempty nor omitzero, a value of the wrong type, and anything after the object is a [*Problem]
// each. The file is read line by line, and opened when the source is read.
func JSONL[T any](fsys fs.FS, name string, opts ...Option) Source[T] {
	cfg, err := newFileConfig(opts)
	if err != nil {
		return failing[T](err)
	}
	return jsonLines[T](file{fsys, name, cfg.encoding})
}

func jsonLines[T any](f file) Source[T] {
	return SourceFunc[T](func(ctx context.Context) iter.Seq2[Record[T], error] {
		return func(yield func(Record[T], error) bool) {
			r, err := f.open()
			if err != nil {
				yield(Record[T]{}, err)
				return
			}
			defer r.Close() //nolint:errcheck // nothing was written
			readLines(ctx, f, r, func(data []byte, line int, err error) bool {
				if err != nil {
					return yield(Record[T]{}, err)
				}
				return yieldDecoded(yield, f.name, element{data: data, line: func(int) int { return line }})
			})
		}
	})
}

// readLines calls each with every line that is not blank, until it returns false. An error that is no problem ends the file.
func readLines(ctx context.Context, f file, r io.Reader, each func(data []byte, line int, err error) bool) {
	lines := bufio.NewReaderSize(r, 64<<10)
	for number := 1; ; number++ {
		if ctx.Err() != nil {
			each(nil, number, context.Cause(ctx))
			return
		}
		data, err := readLine(lines)
		if errors.Is(err, errLongLine) {
			want := fmt.Sprintf("a line of at most %d MiB", maxRecord>>20)
			if !each(nil, number, &Problem{Place: Place{f.name, number}, Want: want}) {
				return
			}
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			each(nil, number, f.failed(err))
			return
		}
		if data = bytes.TrimSpace(data); len(data) > 0 && !each(data, number, nil) || err != nil {
			return
		}
	}
}

var errLongLine = errors.New("line too long")

// readLine reads a line of any length, and keeps it unless it is longer than a record may be.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := r.ReadSlice('\n')
		long = long || len(line)+len(bytes.TrimSuffix(part, []byte("\n"))) > maxRecord
		if !long {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case long && (err == nil || errors.Is(err, io.EOF)):
			return nil, errLongLine
		default:
			return line, err
		}
	}
}
