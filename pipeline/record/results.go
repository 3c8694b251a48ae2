package record

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
)

// place says where the line of a finished item is; it is all that is kept in memory of an item.
type place struct {
	batch, index int
	offset       int64
}

func byInput(a, b place) int {
	return cmp.Or(cmp.Compare(a.batch, b.batch), cmp.Compare(a.index, b.index))
}

// spool collects the lines of the results as items finish and gives them back in input order.
type spool struct {
	*appendFile

	places []place
}

func (s *spool) add(batch, index int, line []byte) {
	s.places = append(s.places, place{batch, index, s.appendFile.add(line)})
}

// copySorted writes the lines to w in the order of batch and index.
func (s *spool) copySorted(w io.Writer) error {
	slices.SortStableFunc(s.places, byInput)
	lines := newLineReader(s)
	for _, p := range s.places {
		line, err := lines.at(p.offset)
		if err != nil {
			return fmt.Errorf("read %s: %w", s.path, err)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err //nolint:wrapcheck // the caller names the file
		}
	}
	return nil
}

// lineReader reads lines here and there. It is not safe for concurrent use.
type lineReader struct {
	file   io.ReaderAt
	buffer *bufio.Reader
}

func newLineReader(file io.ReaderAt) *lineReader { return &lineReader{file, bufio.NewReader(nil)} }

// at returns the line that begins at offset, without its end.
func (l *lineReader) at(offset int64) ([]byte, error) {
	l.buffer.Reset(io.NewSectionReader(l.file, offset, math.MaxInt64-offset))
	line, err := l.buffer.ReadBytes('\n')
	if err != nil && (err != io.EOF || len(line) == 0) { // a Reader returns io.EOF itself
		return nil, err //nolint:wrapcheck // the caller names the file
	}
	if n := len(line); line[n-1] == '\n' {
		line = line[:n-1]
	}
	return line, nil
}

// lineAt returns the line of file that begins at offset, without its end.
func lineAt(file io.ReaderAt, offset int64) ([]byte, error) { return newLineReader(file).at(offset) }
