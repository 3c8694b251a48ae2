package telemetry

import (
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// replacement stands for what is no UTF-8: an exporter gives all spans up that it sends together if one of them holds such a text.
const replacement = "\uFFFD"

// spanAttributes returns what v says of itself without telling what was said, ordered by key.
func spanAttributes(v any) []attribute.KeyValue {
	d, ok := v.(interface{ SpanAttributes() map[string]any })
	if !ok {
		return nil
	}
	return attributesOf(d.SpanAttributes)
}

// spanContent returns what was said, ordered by key.
func spanContent(v any) []attribute.KeyValue {
	d, ok := v.(interface{ SpanContent() map[string]any })
	if !ok {
		return nil
	}
	return attributesOf(d.SpanContent)
}

// attributesOf reads the attributes that describe returns. It is the code of others, and a method of a nil pointer may panic: that costs
// the attributes and not the call.
func attributesOf(describe func() map[string]any) (attrs []attribute.KeyValue) {
	defer func() {
		if recover() != nil {
			attrs = nil
		}
	}()
	described := describe()
	attrs = make([]attribute.KeyValue, 0, len(described))
	keys := slices.AppendSeq(make([]string, 0, len(described)), maps.Keys(described))
	slices.Sort(keys)
	for _, key := range keys {
		switch v := described[key].(type) {
		case string:
			attrs = append(attrs, attribute.String(key, strings.ToValidUTF8(v, replacement)))
		case bool:
			attrs = append(attrs, attribute.Bool(key, v))
		case int:
			attrs = append(attrs, attribute.Int(key, v))
		case int64:
			attrs = append(attrs, attribute.Int64(key, v))
		case float64:
			attrs = append(attrs, attribute.Float64(key, v))
		case []string:
			attrs = append(attrs, attribute.StringSlice(key, valid(v)))
		}
	}
	return attrs
}

func valid(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = strings.ToValidUTF8(text, replacement)
	}
	return out
}

// find returns the text at key, "" if there is none.
func find(attrs []attribute.KeyValue, key attribute.Key) string {
	for _, a := range attrs {
		if a.Key == key && a.Value.Type() == attribute.STRING {
			return a.Value.AsString()
		}
	}
	return ""
}

// nonEmpty adds key to attrs unless value is empty.
func nonEmpty(attrs []attribute.KeyValue, key, value string) []attribute.KeyValue {
	if value == "" {
		return attrs
	}
	return append(attrs, attribute.String(key, strings.ToValidUTF8(value, replacement)))
}

// positive adds key to attrs unless there is nothing to count.
func positive(attrs []attribute.KeyValue, key string, n int) []attribute.KeyValue {
	if n <= 0 {
		return attrs
	}
	return append(attrs, attribute.Int(key, n))
}
