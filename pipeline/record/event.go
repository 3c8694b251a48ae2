package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
)

// The kinds of events that the record adds to those of package pipeline.
const (
	// KindSession begins the lines of a session: of the process that began the run, or of one that resumed it.
	KindSession pipeline.Kind = "session"
	// KindTarget tells what identifies a target that begins; see [Writer.Begin].
	KindTarget pipeline.Kind = "target"
)

// Event is one line of the log: a [pipeline.Event] whose values are named by content hash. Which fields are set depends on Kind, as
// it does there.
type Event struct {
	Kind    pipeline.Kind `json:"kind"`
	Time    time.Time     `json:"time"`
	Elapsed time.Duration `json:"elapsed_ns,omitempty"`
	Waited  time.Duration `json:"waited_ns,omitempty"`
	// Session counts the sessions of the run from 1. In the file only the lines of kind session have it; [Run.Events] sets it everywhere.
	Session int    `json:"session,omitempty"`
	Target  string `json:"target,omitempty"`
	Batch   int    `json:"batch,omitempty"`
	Item    string `json:"item,omitempty"`
	Index   int    `json:"index,omitempty"`
	Stage   string `json:"stage,omitempty"`
	Element string `json:"element,omitempty"`
	// Asset describes the asset of a [pipeline.KindAsset] event; Out is what it holds.
	Asset *pipeline.Entry `json:"asset,omitempty"`
	// Assets are the fingerprints of a target and of what it needs, of a [KindTarget] event.
	Assets []pipeline.Print `json:"assets,omitempty"`
	// Fingerprint identifies the work, Origin says where its outcome was taken from; see [pipeline.Event].
	Fingerprint string `json:"fingerprint,omitempty"`
	Origin      string `json:"origin,omitempty"`
	// Resource, Provider, Model, Seq and Attempt are those of the [pipeline.CallInfo] of a [pipeline.KindCall] or
	// [pipeline.KindCallStarted] event. With Item, Stage and Element, Seq identifies the call, Attempt one of the times it was sent.
	Resource string `json:"resource,omitempty"`
	Provider string `json:"provider,omitempty"`
	Model    string `json:"model,omitempty"`
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

// entry is what one event adds to the files, worked out before any lock is taken. It is used again for other events.
type entry struct {
	event  Event
	values *encoder // holds what the event names
	line   []byte   // of the log
	result []byte   // line of the results, empty unless the event finishes an item
}

// entries makes entries, and keeps what they are made with. It is safe for concurrent use.
type entries struct {
	stored func(s sum) bool // reports what need not be stored again
	shapes shapes
	raws   raws
	pool   sync.Pool
}

// get returns an empty entry for an event that was told with ctx of the item that p passes through.
func (es *entries) get(ctx context.Context, p *passing) *entry {
	x, ok := es.pool.Get().(*entry)
	if !ok {
		x = &entry{values: newEncoder(&es.shapes, &es.raws, es.stored)}
	}
	x.values.reset(ctx, p)
	return x
}

// put takes an entry back that nobody uses any more.
func (es *entries) put(x *entry) {
	x.event, x.line, x.result = Event{}, kept(x.line), kept(x.result)
	x.values.forget()
	es.pool.Put(x)
}

// fill works x out.
func (x *entry) fill(e *pipeline.Event) error {
	x.event = Event{
		Kind: e.Kind, Time: e.Time.UTC(), Elapsed: e.Elapsed, Waited: e.Waited, Target: e.Target, Batch: e.Batch,
		Item: e.Item, Index: e.Index, Stage: e.Stage, Element: e.Element, Asset: e.Asset, Usage: e.Usage,
		Fingerprint: e.Fingerprint, Origin: e.Origin,
	}
	if c := e.Call; c != nil {
		x.event.Resource, x.event.Provider, x.event.Model = c.Resource, c.Provider, c.Model
		x.event.Seq, x.event.Attempt = c.Seq, c.Attempt
	}
	x.fail(e.Err)
	if hasInput(e) {
		x.event.In = x.values.received(e.In)
	}
	var out encoded
	switch {
	case !hasOutput(e):
	case e.Kind == pipeline.KindItem || e.Kind == pipeline.KindAsset: // the results hold the output as a whole
		out = encodeOutput(e)
		x.event.Out = x.values.encoded(out)
	default:
		x.event.Out = x.values.returned(e.Out)
	}
	if e.Kind == pipeline.KindItem {
		x.result = appendResult(x.result[:0], &Item{
			Batch: e.Batch, Target: e.Target, Index: e.Index, ID: e.Item, Output: out.json, Opaque: out.opaque, Error: x.event.Error,
		})
	}
	var err error
	if x.line, err = appendEvent(x.line, &x.event); err != nil {
		return fmt.Errorf("record: event %s: %w", e.Kind, err)
	}
	return nil
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
		x.event.Stack = hashOf(x.values.text(strings.ToValidUTF8(stack, "\uFFFD")))
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
