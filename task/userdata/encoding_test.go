package userdata_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task/userdata"
)

func TestParseEncoding(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]userdata.Encoding{
		"": userdata.UTF8, "utf-8": userdata.UTF8, "UTF-8": userdata.UTF8,
		"windows-1252": userdata.Windows1252, "Latin1": userdata.Windows1252,
	} {
		got, err := userdata.ParseEncoding(name)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := userdata.ParseEncoding("utf-16")
	require.EqualError(t, err,
		`userdata: unknown encoding "utf-16"; want utf-8 (which reads UTF-16 with a byte order mark too), windows-1252 or latin1`)
}

// utf16File writes s in UTF-16 after a byte order mark.
func utf16File(order binary.AppendByteOrder, s string) []byte {
	b := order.AppendUint16(nil, 0xFEFF)
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

func textOf(t *testing.T, data []byte, opts ...userdata.Option) (string, error) {
	t.Helper()
	fsys := fstest.MapFS{"texts/e1.txt": {Data: data}}
	var text string
	for r, err := range userdata.Texts(fsys, "texts", opts...).Read(t.Context()) {
		if err != nil {
			return "", err
		}
		text = r.Value.Text
	}
	return text, nil
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	const text = "Café “naïve” 🧀\r\nĲ\n"
	long := strings.Repeat("é🧀a好", 5000) // longer than any buffer on the way
	windows := userdata.WithEncoding(userdata.Windows1252)
	for name, tc := range map[string]struct {
		data []byte
		opts []userdata.Option
		want string
	}{
		"UTF-8":                   {[]byte(text), nil, text},
		"UTF-8 mark":              {[]byte("\xEF\xBB\xBF" + text), nil, text},
		"UTF-16 LE":               {utf16File(binary.LittleEndian, text), nil, text},
		"UTF-16 BE":               {utf16File(binary.BigEndian, text), nil, text},
		"long UTF-8":              {[]byte(long), nil, long},
		"long UTF-16":             {utf16File(binary.LittleEndian, long), nil, long},
		"empty":                   {nil, nil, ""},
		"mark alone":              {[]byte("\xFF\xFE"), nil, ""},
		"Windows-1252":            {[]byte("caf\xe9 \x93yes\x94 \x80"), []userdata.Option{windows}, "café “yes” €"},
		"a mark wins":             {[]byte("\xEF\xBB\xBFcafé"), []userdata.Option{windows}, "café"},
		"the zero encoding":       {[]byte("café"), []userdata.Option{userdata.WithEncoding("")}, "café"},
		"the last encoding wins":  {[]byte("caf\xe9"), []userdata.Option{userdata.WithEncoding(userdata.UTF8), windows}, "café"},
		"replacement character":   {[]byte("a\uFFFDb"), nil, "a\uFFFDb"},
		"replacement in UTF-16":   {utf16File(binary.BigEndian, "a\uFFFDb"), nil, "a\uFFFDb"},
		"Latin-1 by another name": {[]byte("caf\xe9"), []userdata.Option{userdata.WithEncoding("latin1")}, "café"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := textOf(t, tc.data, tc.opts...)
			require.NoError(t, err)
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestEncodingsRefuse(t *testing.T) {
	t.Parallel()
	const utf8Wanted = `: want UTF-8, or UTF-16 with a byte order mark; if the file was saved as ANSI, Windows-1252 or Latin-1, name its encoding "windows-1252"`
	const half = `: want UTF-16 after its byte order mark; here is half a character`
	const nul = `: want text; a NUL character means a binary file, or UTF-16 without a byte order mark`
	for name, tc := range map[string]struct {
		data []byte
		want string
	}{
		"a Windows-1252 byte":   {[]byte("one\ntwo\ncaf\xe9"), "texts/e1.txt:3: byte 11" + utf8Wanted},
		"after a mark":          {[]byte("\xEF\xBB\xBFcaf\xe9 au lait"), "texts/e1.txt:1: byte 6" + utf8Wanted},
		"far into the file":     {[]byte(strings.Repeat("line é\n", 4000) + "\xff"), "texts/e1.txt:4001: byte 32000" + utf8Wanted},
		"half at the end":       {[]byte("caf\xc3"), "texts/e1.txt:1: byte 3" + utf8Wanted},
		"surrogate in UTF-8":    {[]byte("a\xed\xa0\x80"), "texts/e1.txt:1: byte 1" + utf8Wanted},
		"odd UTF-16":            {append(utf16File(binary.LittleEndian, "a\nb"), 'x'), "texts/e1.txt:2" + half},
		"lone high surrogate":   {append(utf16File(binary.BigEndian, "a"), 0xD8, 0x3D, 0, 'b'), "texts/e1.txt:1" + half},
		"lone low surrogate":    {append(utf16File(binary.BigEndian, "a"), 0xDE, 0x00, 0, 'b'), "texts/e1.txt:1" + half},
		"high surrogate at end": {append(utf16File(binary.BigEndian, "a"), 0xD8, 0x3D), "texts/e1.txt:1" + half},
		"UTF-16 without a mark": {[]byte("a\nb\x00"), "texts/e1.txt:2" + nul},
		"NUL in UTF-16":         {utf16File(binary.BigEndian, "a\x00"), "texts/e1.txt:1" + nul},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := textOf(t, tc.data)
			require.EqualError(t, err, tc.want)
			var p *userdata.Problem
			require.ErrorAs(t, err, &p)
		})
	}
}

// FuzzEncoding compares the decoder with the standard library, which replaces what it cannot decode instead of refusing it.
func FuzzEncoding(f *testing.F) {
	f.Add([]byte("caf\xc3\xa9\n"))
	f.Add([]byte("\xEF\xBB\xBFcaf\xe9"))
	f.Add(utf16File(binary.LittleEndian, "é🧀"))
	f.Add(append(utf16File(binary.BigEndian, "好"), 0xD8))
	f.Fuzz(func(t *testing.T, data []byte) {
		want, valid := decoded(data)
		got, err := textOf(t, data)
		if !valid || strings.Contains(want, "\x00") {
			var p *userdata.Problem
			require.ErrorAs(t, err, &p)
			require.Positive(t, p.Place.Line)
			return
		}
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

// decoded returns the text of a file and whether it can be decoded.
func decoded(data []byte) (text string, valid bool) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte("\xFF\xFE")):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte("\xFE\xFF")):
		order = binary.BigEndian
	default:
		data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
		return string(data), utf8.Valid(data)
	}
	var units []uint16
	for rest := data[2:]; len(rest) >= 2; rest = rest[2:] {
		units = append(units, order.Uint16(rest))
	}
	text = string(utf16.Decode(units))
	replaced := strings.Count(text, "\uFFFD")
	for _, u := range units {
		if u == 0xFFFD {
			replaced--
		}
	}
	return text, len(data)%2 == 0 && replaced == 0
}

func TestUnknownEncoding(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{"e.csv": {Data: []byte("id\n")}}
	option := userdata.WithEncoding("utf-7")
	const want = `userdata: unknown encoding "utf-7"`
	_, err := userdata.NewTable(fsys, "e.csv", option)
	require.ErrorContains(t, err, want)
	_, err = userdata.Dir(fsys, option)
	require.ErrorContains(t, err, want)
	for _, src := range []userdata.Source[userdata.Submission]{
		userdata.JSONL[userdata.Submission](fsys, "e.csv", option),
		userdata.YAML[userdata.Submission](fsys, "e.csv", option),
		userdata.JSON[userdata.Submission](fsys, "e.csv", option),
		userdata.Files[userdata.Submission](fsys, ".", option),
		userdata.Texts(fsys, ".", option),
	} {
		_, errs := collect(t, src)
		require.Len(t, errs, 1)
		require.ErrorContains(t, errs[0], want)
	}
}

// brokenFS fails in the middle of each file.
type brokenFS struct{ fs.FS }

var errDisk = errors.New("disk on fire")

func (b brokenFS) Open(name string) (fs.File, error) {
	f, err := b.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || info.IsDir() {
		return f, err
	}
	return brokenFile{f}, nil
}

type brokenFile struct{ fs.File }

func (brokenFile) Read(p []byte) (int, error) { return iotest.ErrReader(errDisk).Read(p) }

func TestReadErrorsAreWrappedOnce(t *testing.T) {
	t.Parallel()
	fsys := brokenFS{mapFS(map[string]string{"d/e1.txt": "", "d/e2.txt": "", "f/e1.yaml": "", "f/e2.yaml": ""})}
	for name, src := range map[string]userdata.Source[userdata.Submission]{
		"d/e1.txt":  userdata.Texts(fsys, "d"),
		"f/e1.yaml": userdata.Files[userdata.Submission](fsys, "f"),
	} {
		_, errs := collect(t, src)
		require.Len(t, errs, 1)
		require.EqualError(t, errs[0], "userdata: read "+name+": disk on fire")
		require.ErrorIs(t, errs[0], errDisk)
	}
	table, err := userdata.NewTable(fsys, "d/e1.txt")
	require.NoError(t, err)
	n := 0
	for _, err := range table.Rows(t.Context()) {
		n++
		require.EqualError(t, err, "userdata: read d/e1.txt: disk on fire")
	}
	assert.Equal(t, 1, n)
}
