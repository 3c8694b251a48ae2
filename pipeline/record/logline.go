package record

import (
	"strconv"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
)

// appendEvent appends e as encoding/json writes it. It is written by hand because an item has a dozen of them; what is rare is left to
// encoding/json.
func appendEvent(b []byte, e *Event) ([]byte, error) {
	if e.Asset != nil || e.Assets != nil || e.Usage.Cost != 0 || e.Time.Year() < 0 || e.Time.Year() > 9999 || e.Time.Location() != time.UTC {
		line, err := marshal(e)
		return append(b, line...), err
	}
	l := lineBuilder{append(b, `{"kind":`...)}
	l.buf = appendQuoted(l.buf, string(e.Kind))
	l.buf = append(l.buf, `,"time":"`...)
	l.buf = e.Time.AppendFormat(l.buf, time.RFC3339Nano)
	l.buf = append(l.buf, '"')
	l.number("elapsed_ns", int64(e.Elapsed))
	l.number("waited_ns", int64(e.Waited))
	l.number("session", int64(e.Session))
	l.string("target", e.Target)
	l.number("batch", int64(e.Batch))
	l.string("item", e.Item)
	l.number("index", int64(e.Index))
	l.string("stage", e.Stage)
	l.string("element", e.Element)
	l.string("fingerprint", e.Fingerprint)
	l.string("origin", e.Origin)
	l.string("resource", e.Resource)
	l.string("provider", e.Provider)
	l.string("model", e.Model)
	l.number("seq", int64(e.Seq))
	l.number("attempt", int64(e.Attempt))
	l.string("in", string(e.In))
	l.string("out", string(e.Out))
	l.usage(e.Usage)
	l.string("error", e.Error)
	l.string("stack", string(e.Stack))
	return append(l.buf, '}'), nil
}

// lineBuilder appends fields that are not zero.
type lineBuilder struct{ buf []byte }

func (l *lineBuilder) key(key string) {
	l.buf = append(l.buf, ',', '"')
	l.buf = append(l.buf, key...)
	l.buf = append(l.buf, '"', ':')
}

func (l *lineBuilder) string(key, v string) {
	if v != "" {
		l.key(key)
		l.buf = appendQuoted(l.buf, v)
	}
}

func (l *lineBuilder) number(key string, v int64) {
	if v != 0 {
		l.key(key)
		l.buf = strconv.AppendInt(l.buf, v, 10)
	}
}

// usage appends a usage without costs.
func (l *lineBuilder) usage(u pipeline.Usage) {
	if u == (pipeline.Usage{}) {
		return
	}
	l.key("usage")
	l.buf = append(l.buf, `{"calls":`...)
	l.buf = strconv.AppendInt(l.buf, int64(u.Calls), 10)
	l.number("reused_calls", int64(u.Reused))
	l.key("input_tokens")
	l.buf = strconv.AppendInt(l.buf, int64(u.Input), 10)
	l.key("output_tokens")
	l.buf = strconv.AppendInt(l.buf, int64(u.Output), 10)
	l.number("cached_tokens", int64(u.Cached))
	l.number("reasoning_tokens", int64(u.Reasoning))
	l.number("unpriced_calls", int64(u.Unpriced))
	l.buf = append(l.buf, '}')
}

// appendResult appends the line of it in the results, as encoding/json writes it. The output is JSON as [encode] returns it.
func appendResult(b []byte, it *Item) []byte {
	b = append(b, `{"kind":"`...)
	b = append(b, kindResult...)
	b = append(b, `","batch":`...)
	b = strconv.AppendInt(b, int64(it.Batch), 10)
	b = append(b, `,"target":`...)
	b = appendQuoted(b, it.Target)
	b = append(b, `,"index":`...)
	b = strconv.AppendInt(b, int64(it.Index), 10)
	b = append(b, `,"id":`...)
	b = appendQuoted(b, it.ID)
	if len(it.Output) > 0 {
		b = append(b, `,"output":`...)
		b = append(b, it.Output...)
	}
	if it.Opaque {
		b = append(b, `,"opaque":true`...)
	}
	l := lineBuilder{b}
	l.string("error", it.Error)
	return append(l.buf, '}')
}
