package record

import (
	"math"
	"reflect"
)

// same reports whether a and b are one value: equal in every field, and referring to the same memory wherever they refer to something.
// Nobody modifies what a stage has received or returned, so what refers to the same memory has the same JSON. False says nothing.
//
// What one stage returns is what the next one receives, and a look at its fields is many times cheaper than its JSON.
func same(a, b any) bool {
	if a == nil || b == nil {
		return false
	}
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	return va.Type() == vb.Type() && sameMemory(va, vb, 0)
}

func sameMemory(a, b reflect.Value, depth int) bool {
	if depth > maxDepth {
		return false
	}
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if !sameMemory(a.Field(i), b.Field(i), depth+1) {
				return false
			}
		}
		return true
	case reflect.Array:
		for i := range a.Len() {
			if !sameMemory(a.Index(i), b.Index(i), depth+1) {
				return false
			}
		}
		return true
	case reflect.Slice:
		return a.Len() == b.Len() && a.IsNil() == b.IsNil() && (a.Len() == 0 || a.UnsafePointer() == b.UnsafePointer())
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return a.UnsafePointer() == b.UnsafePointer()
	case reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() && b.IsNil()
		}
		return a.Elem().Type() == b.Elem().Type() && sameMemory(a.Elem(), b.Elem(), depth+1)
	default:
		return sameScalar(a, b)
	}
}

// sameScalar compares strings by their content, which is quick where they share it.
func sameScalar(a, b reflect.Value) bool {
	bits := math.Float64bits // 0 and -0 have different JSON
	switch a.Kind() {
	case reflect.String:
		return a.String() == b.String()
	case reflect.Float32, reflect.Float64:
		return bits(a.Float()) == bits(b.Float())
	case reflect.Complex64, reflect.Complex128:
		x, y := a.Complex(), b.Complex()
		return bits(real(x)) == bits(real(y)) && bits(imag(x)) == bits(imag(y))
	default:
		return a.Equal(b)
	}
}
