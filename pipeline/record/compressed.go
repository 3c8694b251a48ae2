package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	seekable "github.com/SaveTheRbtz/zstd-seekable-format-go/pkg"
	"github.com/SaveTheRbtz/zstd-seekable-format-go/pkg/framecache"
	"github.com/klauspost/compress/zstd"
)

const (
	// frameSize bounds the content of a frame in bytes: what is decompressed to read one value.
	frameSize = 256 << 10
	// maxPackedFrame bounds the frame itself, which is a little larger than its content if that cannot be compressed.
	maxPackedFrame = 2 * frameSize
	// minPackedFrame is the size of the smallest frame there is: its header and that of an empty block.
	minPackedFrame = 9
	// keptFrames is how many decompressed frames an open file keeps; they take 4 MB.
	keptFrames = 16
)

// The end of a file in the seekable format; see
// https://github.com/facebook/zstd/blob/dev/contrib/seekable_format/zstd_seekable_compression_format.md.
const (
	seekMagic  = 0x8F92EAB1
	footerSize = 9
	// tableSize is the size of the table of no frames: the header of its frame and the footer.
	tableSize = 8 + footerSize
)

// compressed reads a file in the seekable format of zstd as if it were not compressed. It is safe for concurrent use.
type compressed struct {
	file    *lineFile
	decoder *zstd.Decoder

	mu     sync.RWMutex // Close waits for those who read
	plain  *seekable.Reader
	closed bool
}

// openCompressed opens the file of that name in dir. What it allocates, then and later, is bounded by the size of the file, and by that of
// a frame for each one who reads.
func openCompressed(dir, name string) (*lineFile, error) {
	f, err := openPlain(dir, name)
	if err != nil {
		return nil, err
	}
	c := &compressed{file: f}
	size, err := c.open(packedFrames{f, f.size})
	if err != nil {
		return nil, closed(f, c.damaged(err))
	}
	return &lineFile{ReaderAt: c, Closer: c, path: f.path, size: size}, nil
}

// open reads the table of frames and returns the size of the content.
func (c *compressed) open(packed packedFrames) (int64, error) {
	decoder, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(frameSize), zstd.WithDecoderMaxWindow(frameSize))
	if err != nil {
		return 0, err //nolint:wrapcheck // openCompressed says where it is
	}
	cache := framecache.NewLRU(framecache.Limits{MaxFrames: keptFrames})
	plain, err := seekable.NewReader(nil, decoder, seekable.WithReaderEnvironment(packed), seekable.WithReaderFrameCache(cache))
	if err != nil {
		decoder.Close()
		return 0, err //nolint:wrapcheck // as above
	}
	c.decoder, c.plain = decoder, plain
	table, err := plain.SeekTable()
	if err == nil {
		err = packed.check(table)
	}
	return int64(table.Size()), err
}

// ReadAt implements [io.ReaderAt] on the content.
func (c *compressed) ReadAt(p []byte, offset int64) (int, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return 0, &os.PathError{Op: "read", Path: c.file.path, Err: os.ErrClosed}
	}
	n, err := c.plain.ReadAt(p, offset)
	if err != nil && err != io.EOF { //nolint:errorlint // a Reader at the end of the content returns io.EOF itself
		err = c.damaged(err)
	}
	return n, err
}

// Close closes the file.
func (c *compressed) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.closed = true
		_ = c.plain.Close() // it holds nothing but memory
		c.decoder.Close()
	}
	return c.file.Close() //nolint:wrapcheck // the error names the path
}

// damaged says which file err is about, and what may help.
func (c *compressed) damaged(err error) error {
	return fmt.Errorf("%s cannot be decompressed: %w; restore it from a copy, or see with \"zstd -d\" what is left of it", c.file.path, err)
}

// packedFrames finds the frames in a file.
type packedFrames struct {
	file io.ReaderAt
	size int64
}

var _ seekable.ReaderEnvironment = packedFrames{}

// ReadFooter returns the end of the file, which says how many frames there are.
func (f packedFrames) ReadFooter() ([]byte, error) {
	footer, err := f.read(f.size-footerSize, footerSize)
	if err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint32(footer[footerSize-4:]) != seekMagic {
		return nil, errors.New("the file does not end with a table of its frames, so it was cut off or changed")
	}
	return footer, nil
}

// ReadSkipFrame returns the table, which is the last length bytes of the file.
func (f packedFrames) ReadSkipFrame(length int64) ([]byte, error) {
	return f.read(f.size-length, length)
}

// GetFrameByIndex returns a frame of the table.
func (f packedFrames) GetFrameByIndex(e seekable.FrameOffsetEntry) ([]byte, error) {
	return f.read(int64(e.CompressedOffset), int64(e.CompressedSize))
}

func (f packedFrames) read(offset, length int64) ([]byte, error) {
	if offset < 0 || length > f.size-offset {
		return nil, fmt.Errorf("%d bytes are looked for at byte %d, and the file has %d", length, offset, f.size)
	}
	p := make([]byte, length)
	if _, err := f.file.ReadAt(p, offset); err != nil {
		return nil, err //nolint:wrapcheck // the caller names the file
	}
	return p, nil
}

// check compares the table with the file, so that nothing is allocated or decompressed later because of a size that is not true.
func (f packedFrames) check(table seekable.SeekTable) error {
	entrySize, end := int64(8), int64(0)
	if table.HasChecksums() {
		entrySize = 12
	}
	for id := range table.NumFrames() {
		e, _ := table.EntryByID(id)
		if e.CompressedSize < minPackedFrame || e.CompressedSize > maxPackedFrame || e.DecompressedSize == 0 || e.DecompressedSize > frameSize {
			return fmt.Errorf("frame %d has %d bytes, and %d decompressed; a frame has at most %d decompressed",
				id, e.CompressedSize, e.DecompressedSize, frameSize)
		}
		end += int64(e.CompressedSize)
	}
	if whole := end + tableSize + table.NumFrames()*entrySize; whole != f.size {
		return fmt.Errorf("the file has %d bytes, and its frames take %d", f.size, whole)
	}
	return nil
}
