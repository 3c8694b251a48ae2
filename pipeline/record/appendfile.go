package record

import "fmt"

const (
	// bufferSize is how much may wait in memory before it is written.
	bufferSize = 64 << 10
	// keptBuffer is the largest buffer that is kept for later lines; one huge asset must not pin its size for the whole run.
	keptBuffer = 1 << 20
)

// appendFile collects whole lines and writes them in one piece, so that only a crash or a failed write tears one. Lines can be added while
// others are written: add and take need one lock, write another.
type appendFile struct {
	file

	path  string
	buf   []byte
	size  int64  // of the file once everything taken is written
	spare []byte // the buffer that was written last
}

// openAppend opens the file of that name behind its first size bytes.
func openAppend(open opener, path string, flag int, size int64) (*appendFile, error) {
	f, err := open(path, flag)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return &appendFile{file: f, path: path, size: size}, nil
}

// add appends a line, given without its end, and returns its offset in the file.
func (a *appendFile) add(line []byte) int64 {
	offset := a.size + int64(len(a.buf))
	a.buf = append(append(a.buf, line...), '\n')
	return offset
}

func (a *appendFile) full() bool { return len(a.buf) >= bufferSize }

// take returns what is to be written.
func (a *appendFile) take() []byte {
	taken := a.buf
	a.size += int64(len(taken))
	a.buf, a.spare = a.spare, nil
	return taken
}

// write writes what take returned, and keeps the buffer for later lines.
func (a *appendFile) write(taken []byte) error {
	if len(taken) > 0 {
		if _, err := a.Write(taken); err != nil {
			return fmt.Errorf("record: write %s: %w", a.path, err)
		}
	}
	if cap(taken) <= keptBuffer {
		a.spare = taken[:0]
	}
	return nil
}

// sync waits until the disk has what was written.
func (a *appendFile) sync() error {
	if err := a.Sync(); err != nil {
		return fmt.Errorf("record: sync %s: %w", a.path, err)
	}
	return nil
}
