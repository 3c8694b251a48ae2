package record

import (
	"errors"
	"io"
	"sync/atomic"
)

// File is the seam between the writer and the disk.
type File = file

// OnDisk puts open in the place of the real disk.
func OnDisk(open func(path string, flag int) (File, error)) Option {
	return optionFunc(func(c *config) error {
		c.open = open
		return nil
	})
}

// OpenOwned is the real disk.
func OpenOwned(path string, flag int) (File, error) { return openOwned(path, flag) }

// WriteFrames compresses what r has left.
func WriteFrames(w io.Writer, r *io.SectionReader) error { return writeFrames(w, r) }

// FrameSize bounds the content of a frame, KeptFrames how many of them are kept.
const (
	FrameSize  = frameSize
	KeptFrames = keptFrames
)

// CountFrames returns how many frames of run, whose values are compressed, are decompressed from now on. Nobody may be reading.
func CountFrames(run *Run) (*atomic.Int64, error) {
	c, ok := run.values.ReaderAt.(*compressed)
	if !ok {
		return nil, errors.New("the values are not compressed")
	}
	counted := &countedReads{file: c.file}
	if _, err := c.open(packedFrames{counted, c.file.size}); err != nil {
		return nil, err
	}
	counted.n.Store(0)
	return &counted.n, nil
}

type countedReads struct {
	file io.ReaderAt
	n    atomic.Int64
}

func (c *countedReads) ReadAt(p []byte, offset int64) (int, error) {
	c.n.Add(1)
	return c.file.ReadAt(p, offset)
}
