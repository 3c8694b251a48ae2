package tinygguf

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reader reads what file writes, from the description of the format.
type reader struct {
	data []byte
	at   int
}

func (r *reader) take(n int) []byte {
	r.at += n
	return r.data[r.at-n : r.at]
}

func (r *reader) uint32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }

func (r *reader) uint64() uint64 { return binary.LittleEndian.Uint64(r.take(8)) }

func (r *reader) string() string { return string(r.take(int(r.uint64()))) }

func (r *reader) value(t *testing.T, kind valueType) any {
	t.Helper()
	switch kind {
	case typeUint32:
		return r.uint32()
	case typeInt32:
		return int32(r.uint32())
	case typeFloat32:
		return math.Float32frombits(r.uint32())
	case typeBool:
		return r.take(1)[0] == 1
	case typeString:
		return r.string()
	case typeArray:
		items := valueType(r.uint32())
		values := make([]any, r.uint64())
		for i := range values {
			values[i] = r.value(t, items)
		}
		return values
	}
	require.Fail(t, "not a type of the format", "%d", kind)
	return nil
}

func (r *reader) metadata(t *testing.T, pairs uint64) map[string]any {
	t.Helper()
	out := map[string]any{}
	for range pairs {
		key := r.string()
		assert.NotContains(t, out, key)
		out[key] = r.value(t, valueType(r.uint32()))
	}
	return out
}

// info is an entry of the list of tensors.
type info struct {
	name       string
	dimensions []uint64
	offset     int
}

func (i info) size() int {
	size := 1
	for _, d := range i.dimensions {
		size *= int(d)
	}
	return size
}

func (r *reader) tensors(t *testing.T, n uint64) []info {
	t.Helper()
	var out []info
	for range n {
		i := info{name: r.string()}
		for range r.uint32() {
			i.dimensions = append(i.dimensions, r.uint64())
		}
		require.Equal(t, tensorFloat32, r.uint32(), i.name)
		i.offset = int(r.uint64())
		out = append(out, i)
	}
	return out
}

// valuesOf reads the values of a tensor from a file.
func valuesOf(t *testing.T, data []byte, name string) []float32 {
	t.Helper()
	r := &reader{data: data}
	r.take(8)
	tensors, pairs := r.uint64(), r.uint64()
	r.metadata(t, pairs)
	infos := r.tensors(t, tensors)
	start := aligned(r.at)
	for _, i := range infos {
		if i.name != name {
			continue
		}
		r.at = start + i.offset
		values := make([]float32, i.size())
		for j := range values {
			values[j] = math.Float32frombits(r.uint32())
		}
		return values
	}
	require.Fail(t, "no such tensor", name)
	return nil
}

func TestFileOfKnownBytes(t *testing.T) {
	t.Parallel()
	var f file
	f.bool("a", true)
	f.tensor("x", 2, 1, []float32{1, -2})
	f.tensor("y", 1, 2, []float32{0, 0.5})
	got := f.bytes()
	want := []byte("GGUF\x03\x00\x00\x00" +
		"\x02\x00\x00\x00\x00\x00\x00\x00" + "\x01\x00\x00\x00\x00\x00\x00\x00" + // tensors, metadata
		"\x01\x00\x00\x00\x00\x00\x00\x00a\x07\x00\x00\x00\x01" +
		"\x01\x00\x00\x00\x00\x00\x00\x00x\x01\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x01\x00\x00\x00\x00\x00\x00\x00y\x02\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00" +
		"\x00\x00\x00\x00" + "\x20\x00\x00\x00\x00\x00\x00\x00")
	require.Greater(t, len(got), len(want))
	assert.Equal(t, want, got[:len(want)])
	start := aligned(len(want))
	assert.Equal(t, make([]byte, start-len(want)), got[len(want):start], "padding")
	assert.Equal(t, []float32{1, -2}, valuesOf(t, got, "x"))
	assert.Equal(t, []float32{0, 0.5}, valuesOf(t, got, "y"))
	assert.Len(t, got, start+2*alignment)
}

func TestMetadataIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	var f file
	f.uint32("u", 7)
	f.float32("f", 0.25)
	f.bool("no", false)
	f.string("s", "große ▁")
	f.strings("ss", []string{"", "b"})
	f.float32s("fs", []float32{-1})
	f.int32s("is", []int32{-1, 2})
	f.strings("none", nil)
	r := &reader{data: f.bytes()}
	r.take(16)
	assert.Equal(t, map[string]any{
		"u": uint32(7), "f": float32(0.25), "no": false, "s": "große ▁",
		"ss": []any{"", "b"}, "fs": []any{float32(-1)}, "is": []any{int32(-1), int32(2)}, "none": []any{},
	}, r.metadata(t, r.uint64()))
}

func TestAligned(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{0: 0, 1: 32, 31: 32, 32: 32, 33: 64} {
		assert.Equal(t, want, aligned(n), n)
	}
}
