package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	seekable "github.com/SaveTheRbtz/zstd-seekable-format-go/pkg"
	"github.com/klauspost/compress/zstd"
)

// ErrNotCompressed is the cause of an error of [Writer.Close] that is about nothing but the space on disk: the record is complete, its
// state and its results are those of the run, and the values stay in values.jsonl, as [Compressed] could not be done, for a full disk, say.
var ErrNotCompressed = errors.New("the record is complete but not compressed")

// Compressed has [Writer.Close] put values.jsonl.zst in the place of values.jsonl, with the same content in the seekable format of zstd:
// everything reads it as it is, and "zstd -d" gives the plain file back. By default the values stay plain.
//
// The values of a run over student essays, where each essay is in a prompt and in a comment once more, take a sixth of the disk. Close
// takes a second of one core for some 200 MB, and needs room for both files meanwhile. Values that are read in the order of the log take no
// longer than plain ones; one that is read out of order takes 0.3 ms instead of 0.1 ms, as it is decompressed with up to 256 KB around it.
// An open [Run] keeps 4 MB of what it decompressed. BenchmarkCompressed measures this.
//
// [Resume] puts the plain file back first, be the option given or not, and needs room for it; without the option it stays. After an error
// of writing nothing is compressed. If the compression itself fails the record lacks nothing; see [ErrNotCompressed].
func Compressed() Option {
	return optionFunc(func(c *config) error {
		c.compressed = true
		return nil
	})
}

// compress puts the compressed values in the place of the plain ones, whose size is given. At any time one of the files is whole, and as
// long as there is the plain one it counts. If it fails the plain one stays.
func (open opener) compress(dir string, size int64) error {
	path := filepath.Join(dir, valuesFile)
	plain, err := open(path, os.O_RDONLY)
	if err != nil {
		return fmt.Errorf("record: compress: %w; %w", err, ErrNotCompressed)
	}
	err = open.replace(filepath.Join(dir, compressedFile), func(w io.Writer) error {
		return writeFrames(w, io.NewSectionReader(plain, 0, size))
	})
	if err = errors.Join(err, plain.Close()); err == nil {
		err = os.Remove(path)
	}
	if err != nil {
		return fmt.Errorf("record: compress %s: %w; %w", path, err, ErrNotCompressed)
	}
	return nil
}

// writeFrames compresses what r has left. A frame ends with the end of a line, but in the middle of a line that is longer than a frame.
func writeFrames(w io.Writer, r *io.SectionReader) error {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(frameSize))
	if err != nil {
		return err //nolint:wrapcheck // the caller names the file
	}
	defer func() { _ = encoder.Close() }() // it writes nothing itself
	frames, err := seekable.NewWriter(w, encoder)
	if err != nil {
		return err //nolint:wrapcheck // as above
	}
	buf := make([]byte, frameSize)
	kept := 0 // bytes of a line whose end was not read yet
	for left := r.Size(); left > 0; {
		read := buf[:min(frameSize, left)]
		if _, err := io.ReadFull(r, read[kept:]); err != nil {
			return err //nolint:wrapcheck // as above
		}
		frame := read
		if i := bytes.LastIndexByte(read, '\n'); i >= 0 && int64(len(read)) < left {
			frame = read[:i+1]
		}
		if _, err := frames.Write(frame); err != nil {
			return err //nolint:wrapcheck // as above
		}
		left -= int64(len(frame))
		kept = copy(buf, read[len(frame):])
	}
	return frames.Close() //nolint:wrapcheck // as above
}

// expand puts the plain values in the place of the compressed ones, for more to be written behind them, and clears away what a crash left
// of a compression. The caller has the lock of dir.
func (open opener) expand(dir string) error {
	packed := filepath.Join(dir, compressedFile)
	plain, err := os.Stat(filepath.Join(dir, valuesFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = open.decompress(dir)
	case err == nil:
		err = notShortened(dir, plain.Size())
	}
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	for _, path := range []string{packed, packed + tempSuffix} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("record: %w", err)
		}
	}
	return nil
}

// notShortened refuses a plain file that holds less than the compressed one beside it: someone has decompressed it, and not to its end.
func notShortened(dir string, plain int64) error {
	f, err := openCompressed(dir, compressedFile)
	if err != nil {
		return nil //nolint:nilerr // there is none, or it is of no use
	}
	if plain < f.size {
		err = fmt.Errorf("%s has %d bytes, and %s holds %d; remove the one that is not whole",
			filepath.Join(dir, valuesFile), plain, f.path, f.size)
	}
	return errors.Join(err, f.Close())
}

// decompress writes the plain values beside the compressed ones, if there are any.
func (open opener) decompress(dir string) error {
	f, err := openCompressed(dir, compressedFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	err = open.replace(filepath.Join(dir, valuesFile), func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(f, 0, f.size))
		return err //nolint:wrapcheck // it names the file
	})
	return errors.Join(err, f.Close())
}
