package strictjson

import (
	"reflect"
	"slices"
	"strings"
)

// fields are the fields of a struct by their names in JSON, with the names in the order of the struct.
type fields struct {
	byName map[string]field
	names  []string
}

type field struct {
	typ      reflect.Type
	required bool
}

// fold returns the name that differs from key only in case.
func (f fields) fold(key string) (string, bool) {
	for _, name := range f.names {
		if strings.EqualFold(name, key) {
			return name, true
		}
	}
	return "", false
}

// fieldsOf lists the fields of a struct type. An embedded struct without a name lends its fields, unless one of the structs around it, or
// one embedded before it, has a field of that name.
func fieldsOf(t reflect.Type, around []reflect.Type) fields {
	if slices.Contains(around, t) {
		return fields{}
	}
	all := fields{byName: map[string]field{}}
	var embedded []reflect.Type
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case tag == "-":
			continue
		case f.Anonymous && name == "" && indirect(f.Type).Kind() == reflect.Struct:
			embedded = append(embedded, indirect(f.Type))
			continue
		case !f.IsExported():
			continue
		case name == "":
			name = f.Name
		}
		all.add(name, field{typ: asWritten(f.Type, options), required: tagged && !optional(options)})
	}
	for _, e := range embedded {
		inner := fieldsOf(e, append(around, t))
		for _, name := range inner.names {
			all.add(name, inner.byName[name])
		}
	}
	return all
}

func (f *fields) add(name string, as field) {
	if _, ok := f.byName[name]; ok {
		return
	}
	f.byName[name] = as
	f.names = append(f.names, name)
}

func optional(options string) bool {
	for option := range strings.SplitSeq(options, ",") {
		if option == "omitempty" || option == "omitzero" {
			return true
		}
	}
	return false
}

// asWritten returns the type to check values of a field against; nil, which any value passes, for a number written as a string, which
// is left to encoding/json.
func asWritten(t reflect.Type, options string) reflect.Type {
	for option := range strings.SplitSeq(options, ",") {
		if option == "string" {
			return nil
		}
	}
	return t
}

func indirect(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}
