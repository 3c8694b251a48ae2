package tinygguf

import (
	"bytes"
	"encoding/binary"
	"math"
)

// What a GGUF file of version 3 starts with, and how its parts are aligned; the format is described in docs/gguf.md of ggml.
const (
	magic     = "GGUF"
	version   = 3
	alignment = 32
)

// valueType is the number that the format gives to a type of metadata.
type valueType uint32

const (
	typeUint32  valueType = 4
	typeInt32   valueType = 5
	typeFloat32 valueType = 6
	typeBool    valueType = 7
	typeString  valueType = 8
	typeArray   valueType = 9
)

// tensorFloat32 is the number of the tensor type without quantization.
const tensorFloat32 uint32 = 0

// tensor is a named matrix in rows; a vector is one row.
type tensor struct {
	name          string
	columns, rows int
	values        []float32
}

// file is a GGUF file in the making. Metadata and tensors keep the order in which they were added.
type file struct {
	metadata      bytes.Buffer
	metadataCount uint64
	tensors       []tensor
}

func (f *file) uint32(key string, v uint32) {
	f.key(key, typeUint32)
	put(&f.metadata, v)
}

func (f *file) float32(key string, v float32) {
	f.key(key, typeFloat32)
	put(&f.metadata, math.Float32bits(v))
}

func (f *file) bool(key string, v bool) {
	f.key(key, typeBool)
	f.metadata.WriteByte(map[bool]byte{true: 1}[v])
}

func (f *file) string(key, v string) {
	f.key(key, typeString)
	putString(&f.metadata, v)
}

func (f *file) strings(key string, vs []string) {
	f.array(key, typeString, len(vs))
	for _, v := range vs {
		putString(&f.metadata, v)
	}
}

func (f *file) float32s(key string, vs []float32) {
	f.array(key, typeFloat32, len(vs))
	for _, v := range vs {
		put(&f.metadata, math.Float32bits(v))
	}
}

func (f *file) int32s(key string, vs []int32) {
	f.array(key, typeInt32, len(vs))
	for _, v := range vs {
		put(&f.metadata, uint32(v))
	}
}

func (f *file) key(key string, t valueType) {
	f.metadataCount++
	putString(&f.metadata, key)
	put(&f.metadata, uint32(t))
}

func (f *file) array(key string, items valueType, n int) {
	f.key(key, typeArray)
	put(&f.metadata, uint32(items))
	put(&f.metadata, uint64(n))
}

func (f *file) tensor(name string, columns, rows int, values []float32) {
	f.tensors = append(f.tensors, tensor{name, columns, rows, values})
}

// bytes returns the file: header, metadata, the list of tensors, and their values.
func (f *file) bytes() []byte {
	var b bytes.Buffer
	b.WriteString(magic)
	put(&b, uint32(version))
	put(&b, uint64(len(f.tensors)))
	put(&b, f.metadataCount)
	b.Write(f.metadata.Bytes())
	offset := 0
	for _, t := range f.tensors {
		t.putInfo(&b, offset)
		offset += aligned(4 * len(t.values))
	}
	pad(&b)
	for _, t := range f.tensors {
		for _, v := range t.values {
			put(&b, math.Float32bits(v))
		}
		pad(&b)
	}
	return b.Bytes()
}

// putInfo writes the entry of the list of tensors: the length of a row comes first in the dimensions.
func (t tensor) putInfo(b *bytes.Buffer, offset int) {
	putString(b, t.name)
	if t.rows == 1 {
		put(b, uint32(1))
		put(b, uint64(t.columns))
	} else {
		put(b, uint32(2))
		put(b, uint64(t.columns))
		put(b, uint64(t.rows))
	}
	put(b, tensorFloat32)
	put(b, uint64(offset))
}

func put[T uint32 | uint64](b *bytes.Buffer, v T) {
	switch v := any(v).(type) {
	case uint32:
		b.Write(binary.LittleEndian.AppendUint32(b.AvailableBuffer(), v))
	case uint64:
		b.Write(binary.LittleEndian.AppendUint64(b.AvailableBuffer(), v))
	}
}

func putString(b *bytes.Buffer, s string) {
	put(b, uint64(len(s)))
	b.WriteString(s)
}

func aligned(n int) int { return (n + alignment - 1) / alignment * alignment }

func pad(b *bytes.Buffer) { b.Write(make([]byte, aligned(b.Len())-b.Len())) }
