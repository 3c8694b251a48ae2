package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
)

// Event is one line of the log: a [pipeline.Event] whose values are named by content hash. Which fields are set depends on Kind, as
// it does there.
type Event struct {
	Kind    pipeline.Kind `json:"kind"`
	Time    time.Time     `json:"time"`
	Elapsed time.Duration `json:"elapsed_ns,omitempty"`
	Target  string        `json:"target,omitempty"`
	Batch   int           `json:"batch,omitempty"`
	Item    string        `json:"item,omitempty"`
	Index   int           `json:"index,omitempty"`
	Stage   string        `json:"stage,omitempty"`
	Element string        `json:"element,omitempty"`
	// Asset describes the asset of a [pipeline.KindAsset] event; Out is what it holds.
	Asset *pipeline.Entry `json:"asset,omitempty"`
	// Resource, Seq and Attempt are those of the [pipeline.CallInfo] of a [pipeline.KindCall] or [pipeline.KindCallStarted] event. With Item
	// and Stage, Seq identifies the call, Attempt one of the times it was sent.
	Resource string `json:"resource,omitempty"`
	Seq      int    `json:"seq,omitempty"`
	Attempt  int    `json:"attempt,omitempty"`
	// In and Out name what was received and returned; see [Run.Value]. Out is empty after an error.
	In    Hash           `json:"in,omitempty"`
	Out   Hash           `json:"out,omitempty"`
	Usage pipeline.Usage `json:"usage,omitzero"`
	// Error is the text of the error; empty if there was none. Stack names the text of the stack if the error is a panic.
	Error string `json:"error,omitempty"`
	Stack Hash   `json:"stack,omitempty"`
}

// Item is what became of one item, a line of the results. Output is nil if the item failed.
type Item struct {
	Batch  int    `json:"batch"`
	Target string `json:"target"`
	Index  int    `json:"index"`
	ID     string `json:"id"`
	// Output is the output as JSON, or what is known of it if Opaque is true: the output had no JSON then.
	Output json.RawMessage `json:"output,omitempty"`
	Opaque bool            `json:"opaque,omitempty"`
	// Error is the text of the error; empty if the item succeeded.
	Error string `json:"error,omitempty"`
}

// kindResult is the kind of a line of the results.
const kindResult pipeline.Kind = "result"

type resultLine struct {
	Kind pipeline.Kind `json:"kind"`
	Item
}

// entry is what one event adds to the files, worked out before any lock is taken.
type entry struct {
	event    Event
	contents []content // what the event names; what was taken out of a value stands before it
	line     []byte    // of the log
	result   []byte    // line of the results, if the event finishes an item
}

func newEntry(e *pipeline.Event) (*entry, error) {
	x := &entry{event: Event{
		Kind: e.Kind, Time: e.Time.UTC(), Elapsed: e.Elapsed, Target: e.Target, Batch: e.Batch,
		Item: e.Item, Index: e.Index, Stage: e.Stage, Element: e.Element, Asset: e.Asset, Usage: e.Usage,
	}}
	if e.Call != nil {
		x.event.Resource, x.event.Seq, x.event.Attempt = e.Call.Resource, e.Call.Seq, e.Call.Attempt
	}
	x.fail(e.Err)
	if hasInput(e) {
		x.event.In = x.store(encode(e.In))
	}
	var out encoded
	if hasOutput(e) {
		out = encodeOutput(e)
		x.event.Out = x.store(out)
	}
	var err error
	if e.Kind == pipeline.KindItem {
		x.result, err = marshal(resultLine{kindResult, Item{
			Batch: e.Batch, Target: e.Target, Index: e.Index, ID: e.Item, Output: out.json, Opaque: out.opaque, Error: x.event.Error,
		}})
		if err != nil {
			return nil, fmt.Errorf("record: result of item %s: %w", e.Item, err)
		}
	}
	if x.line, err = marshal(x.event); err != nil {
		return nil, fmt.Errorf("record: event %s: %w", e.Kind, err)
	}
	return x, nil
}

// hasInput tells a field that holds nothing from one that holds nil.
func hasInput(e *pipeline.Event) bool {
	switch e.Kind {
	case pipeline.KindStage, pipeline.KindCallStarted, pipeline.KindCall:
		return true
	case pipeline.KindItemStarted:
		return e.Err == nil // an item that could not be read has no input
	default:
		return false
	}
}

func hasOutput(e *pipeline.Event) bool {
	switch e.Kind {
	case pipeline.KindStage, pipeline.KindCall, pipeline.KindItem, pipeline.KindAsset:
		return e.Err == nil
	default:
		return false
	}
}

// encodeOutput does not look into what lives: the fields of a model or a stage say little and may hold what must not be on disk.
func encodeOutput(e *pipeline.Event) encoded {
	if e.Kind == pipeline.KindAsset && (isTool(e.Asset) || isStage(e.Out)) {
		return opaque(e.Out, nil)
	}
	return encode(e.Out)
}

func isTool(a *pipeline.Entry) bool { return a != nil && a.Origin == pipeline.OriginTool }

// fail records err. An error without a text is recorded by its type, so that a failure always has one.
func (x *entry) fail(err error) {
	if err == nil {
		return
	}
	x.event.Error = fmt.Sprint(err)
	if x.event.Error == "" {
		x.event.Error = fmt.Sprintf("%T", err)
	}
	if stack := stackOf(err); stack != "" {
		token, _ := marshal(stack) // a string has JSON
		x.event.Stack = x.put(kindText, token)
	}
}

// stackOf returns the stack of the panic that err is about, "" if there is none. A nil pointer in the chain of err may panic when it is
// unwrapped; that must cost no more than the stack.
func stackOf(err error) (stack string) {
	defer func() {
		if recover() != nil {
			stack = ""
		}
	}()
	if p, ok := errors.AsType[*pipeline.PanicError](err); ok {
		return string(p.Stack)
	}
	return ""
}

// store takes out of v what is stored on its own and returns the hash of the rest.
func (x *entry) store(v encoded) Hash {
	kind := kindValue
	if v.opaque {
		kind = kindOpaque
	}
	return x.put(kind, split(v.json, x.put))
}

func (x *entry) put(kind contentKind, json []byte) Hash {
	c := content{kind, sumOf(kind, json), json}
	x.contents = append(x.contents, c)
	return c.hash()
}
