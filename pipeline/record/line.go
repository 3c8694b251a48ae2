package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
)

// Tear is a torn line at the end of a file: the process or the disk stopped in the middle of a write. The line is not read.
type Tear struct {
	// File is the name of the file in the directory.
	File string
	// Offset is where the torn line begins, Length how many bytes of it there are. If the file is compressed they are those of its content.
	Offset, Length int64
}

// String says which bytes of which file are torn.
func (t Tear) String() string {
	return fmt.Sprintf("%s: the last line, %d bytes from byte %d on, is torn", t.File, t.Length, t.Offset)
}

// lineFile is the part of a file of lines that was intact when it was opened. It is safe for concurrent use.
type lineFile struct {
	io.ReaderAt
	io.Closer

	path string
	size int64
}

type line struct {
	number int // from 1
	offset int64
	text   []byte
}

// openLines opens the file of that name in dir. The Tear is the zero Tear if nothing is torn.
func openLines(dir, name string) (*lineFile, Tear, error) {
	open := openPlain
	if name == compressedFile {
		open = openCompressed
	}
	f, err := open(dir, name)
	if err != nil {
		return nil, Tear{}, fmt.Errorf("record: %w", err)
	}
	whole := f.size
	if f.size, err = intact(f, whole); err != nil {
		return nil, Tear{}, fmt.Errorf("record: %w", closed(f, err))
	}
	if f.size < whole {
		return f, Tear{name, f.size, whole - f.size}, nil
	}
	return f, Tear{}, nil
}

func openPlain(dir, name string) (*lineFile, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return nil, err //nolint:wrapcheck // the error names the path
	}
	info, err := f.Stat()
	if err != nil {
		return nil, closed(f, err)
	}
	return &lineFile{f, f, f.Name(), info.Size()}, nil
}

// closed closes f, which is of no use after err.
func closed(f io.Closer, err error) error {
	_ = f.Close()
	return err
}

// intact returns the size of the file without its last line if that is torn. A line is intact if it is an object, even where only the end
// of the line is missing: no beginning of an object is an object.
func intact(f io.ReaderAt, size int64) (int64, error) {
	begin, err := lastLine(f, size)
	if err != nil || begin == size {
		return begin, err
	}
	last := make([]byte, size-begin)
	if _, err := f.ReadAt(last, begin); err != nil {
		return 0, err //nolint:wrapcheck // the error names the path
	}
	if last[0] != '{' || !json.Valid(last) {
		return begin, nil
	}
	return size, nil
}

// lastLine returns where the last line begins.
func lastLine(f io.ReaderAt, size int64) (int64, error) {
	block := make([]byte, bufferSize)
	for end := max(size-1, 0); end > 0; { // the last byte may end the last line, so it is not looked at
		begin := max(0, end-bufferSize)
		part := block[:end-begin]
		if _, err := f.ReadAt(part, begin); err != nil {
			return 0, err //nolint:wrapcheck // the error names the path
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return begin + int64(i) + 1, nil
		}
		end = begin
	}
	return 0, nil
}

// lines yields the lines in order. The text of a line is valid until the next one.
func (f *lineFile) lines() iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		r := bufio.NewReaderSize(io.NewSectionReader(f, 0, f.size), bufferSize)
		at := line{number: 1}
		for {
			text, err := readLine(r, at.text[:0])
			if err == io.EOF { //nolint:errorlint // readLine returns io.EOF itself
				return
			}
			if err != nil {
				yield(line{}, f.at(at.number, err))
				return
			}
			at.text = bytes.TrimSuffix(text, []byte("\n"))
			if !yield(at, nil) {
				return
			}
			at.offset += int64(len(text))
			at.number++
		}
	}
}

// readLine appends the next line to buf, however long it is. At the end of the file it returns io.EOF.
func readLine(r *bufio.Reader, buf []byte) ([]byte, error) {
	for {
		part, err := r.ReadSlice('\n')
		buf = append(buf, part...)
		switch {
		case err == nil, err == io.EOF && len(buf) > 0: // a Reader returns io.EOF itself
			return buf, nil
		case err != bufio.ErrBufferFull: //nolint:errorlint // as above
			return nil, err
		}
	}
}

// at names the line that err is about.
func (f *lineFile) at(number int, err error) error {
	return fmt.Errorf("record: %s:%d: %w", f.path, number, err)
}

// decode reads the JSON of a line into v.
func (f *lineFile) decode(l line, v any) error {
	if err := json.Unmarshal(l.text, v); err != nil {
		return f.at(l.number, err)
	}
	return nil
}
