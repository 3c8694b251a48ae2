package record

import "fmt"

const (
	// bufferSize is how much may wait in memory before it is written.
	bufferSize = 64 << 10
	// keptBuffer is the largest buffer that is kept for later lines; one huge asset must not pin its size for the whole run.
	keptBuffer = 1 << 20
)

// appendFile collects whole lines and writes them in one piece, so that only a crash or a failed write tears one. It is not safe
// for concurrent use.
type appendFile struct {
	file

	path    string
	buf     []byte
	written int64
}

func newAppendFile(create creator, path string) (*appendFile, error) {
	f, err := create(path)
	if err != nil {
		return nil, err
	}
	return &appendFile{file: f, path: path}, nil
}

// add appends a line, given without its end, and returns its offset in the file.
func (a *appendFile) add(line []byte) int64 {
	offset := a.written + int64(len(a.buf))
	a.buf = append(append(a.buf, line...), '\n')
	return offset
}

func (a *appendFile) full() bool { return len(a.buf) >= bufferSize }

func (a *appendFile) flush() error {
	if len(a.buf) == 0 {
		return nil
	}
	n, err := a.Write(a.buf)
	a.written += int64(n)
	if err != nil {
		return fmt.Errorf("record: write %s: %w", a.path, err)
	}
	a.buf = a.buf[:0]
	if cap(a.buf) > keptBuffer {
		a.buf = nil
	}
	return nil
}

// sync flushes and waits until the disk has it.
func (a *appendFile) sync() error {
	if err := a.flush(); err != nil {
		return err
	}
	if err := a.Sync(); err != nil {
		return fmt.Errorf("record: sync %s: %w", a.path, err)
	}
	return nil
}
