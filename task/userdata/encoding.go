package userdata

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

// Encoding is how a file that has no byte order mark writes characters. A byte order mark always wins: it says UTF-8, or UTF-16 in
// either byte order. The zero Encoding is [UTF8].
type Encoding string

// The encodings.
const (
	UTF8 Encoding = "utf-8"
	// Windows1252 is what Western European Windows programs call ANSI. It contains Latin-1 (ISO 8859-1) without the control
	// characters, so files in Latin-1 are read by it.
	Windows1252 Encoding = "windows-1252"
)

// ParseEncoding returns the encoding of a name: "utf-8", "windows-1252" or "latin1", which is read as windows-1252. Case does not matter;
// the empty name is [UTF8].
func ParseEncoding(name string) (Encoding, error) {
	switch strings.ToLower(name) {
	case "", string(UTF8):
		return UTF8, nil
	case string(Windows1252), "latin1":
		return Windows1252, nil
	}
	return "", fmt.Errorf("userdata: unknown encoding %q; want utf-8 (which reads UTF-16 with a byte order mark too), windows-1252 or latin1", name)
}

// file is one file and how it is encoded.
type file struct {
	fsys     fs.FS
	name     string
	encoding Encoding
}

// open returns the characters of the file in UTF-8.
func (f file) open() (io.ReadCloser, error) {
	if f.fsys == nil {
		return nil, f.failed(errNoFS)
	}
	raw, err := f.fsys.Open(f.name)
	if err != nil {
		return nil, f.failed(err)
	}
	buffered := bufio.NewReader(raw)
	mark, decoder := sniff(buffered, f.encoding)
	_, _ = buffered.Discard(mark) // sniff has seen these bytes
	return &textReader{file: f, raw: raw, text: transform.NewReader(buffered, decoder), offset: mark, line: 1}, nil
}

// entries lists the directory that the file is.
func (f file) entries() ([]fs.DirEntry, error) {
	if f.fsys == nil {
		return nil, f.failed(errNoFS)
	}
	entries, err := fs.ReadDir(f.fsys, f.name)
	if err != nil {
		return nil, f.failed(err)
	}
	return entries, nil
}

var errNoFS = errors.New("no file system was given")

// failed wraps an error of reading the file, once. Problems stay as they are.
func (f file) failed(err error) error {
	if p := asProblem(err); p != nil {
		return p
	}
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		err = at.Err
	}
	return fmt.Errorf("userdata: read %s: %w", f.name, err)
}

// text reads the whole file.
func (f file) text() (string, error) {
	r, err := f.open()
	if err != nil {
		return "", err
	}
	defer r.Close() //nolint:errcheck // nothing was written
	b, err := io.ReadAll(r)
	if err != nil {
		return "", f.failed(err)
	}
	return string(b), nil
}

// sniff returns the length of the byte order mark at the start of r, and a decoder for what follows it.
func sniff(r *bufio.Reader, named Encoding) (mark int, decoder transform.Transformer) {
	start, _ := r.Peek(3) // a shorter file has no such mark, and its error comes again
	switch {
	case bytes.HasPrefix(start, []byte("\xEF\xBB\xBF")):
		return 3, encoding.UTF8Validator
	case bytes.HasPrefix(start, []byte("\xFF\xFE")):
		return 2, utf16Decoder{order: binary.LittleEndian}
	case bytes.HasPrefix(start, []byte("\xFE\xFF")):
		return 2, utf16Decoder{order: binary.BigEndian}
	case named == Windows1252:
		return 0, charmap.Windows1252.NewDecoder()
	}
	return 0, encoding.UTF8Validator
}

// textReader reads decoded text and turns what cannot be text into a [Problem] with its place.
type textReader struct {
	file   file
	raw    io.Closer
	text   io.Reader
	offset int // bytes of the file, where one byte of text is one byte of the file
	line   int
}

func (r *textReader) Read(p []byte) (int, error) {
	n, err := r.text.Read(p)
	if nul := bytes.IndexByte(p[:n], 0); nul >= 0 {
		n, err = nul, errNUL
	}
	r.line += bytes.Count(p[:n], []byte("\n"))
	r.offset += n
	at := &Problem{Place: Place{r.file.name, r.line}}
	switch {
	case errors.Is(err, encoding.ErrInvalidUTF8):
		at.Field = fmt.Sprintf("byte %d", r.offset)
		at.Want = `UTF-8, or UTF-16 with a byte order mark; if the file was saved as ANSI, Windows-1252 or Latin-1, name its encoding "windows-1252"`
	case errors.Is(err, errUTF16):
		at.Want = "UTF-16 after its byte order mark; here is half a character"
	case errors.Is(err, errNUL):
		at.Want = "text; a NUL character means a binary file, or UTF-16 without a byte order mark"
	default:
		return n, err
	}
	return n, at
}

func (r *textReader) Close() error { return r.raw.Close() }

var (
	errNUL   = errors.New("NUL character")
	errUTF16 = errors.New("invalid UTF-16")
)

// utf16Decoder decodes UTF-16 and, unlike the decoder of x/text, fails where half of a surrogate pair or of a code unit is missing.
type utf16Decoder struct {
	transform.NopResetter
	order binary.ByteOrder
}

func (d utf16Decoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		r, size := d.first(src[nSrc:])
		switch {
		case size == 0 && !atEOF:
			return nDst, nSrc, transform.ErrShortSrc
		case size == 0 || r < 0:
			return nDst, nSrc, errUTF16
		case nDst+utf8.RuneLen(r) > len(dst):
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += size
	}
	return nDst, nSrc, nil
}

// first decodes the first character of src. Its size is 0 if src is too short for it, and it is negative if its surrogates do not pair.
func (d utf16Decoder) first(src []byte) (r rune, size int) {
	if len(src) < 2 {
		return 0, 0
	}
	r = rune(d.order.Uint16(src))
	if !utf16.IsSurrogate(r) {
		return r, 2
	}
	if len(src) < 4 {
		return 0, 0
	}
	r = utf16.DecodeRune(r, rune(d.order.Uint16(src[2:])))
	if r == utf8.RuneError {
		return -1, 4
	}
	return r, 4
}
