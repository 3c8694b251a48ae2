package record

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/pipeline"
)

// Show writes the story of the items identified by id as text for people: what each stage and call received and returned, errors, usage and
// durations. What is stored on its own stands in full where it first occurs in a story, with the first digits of its hash, and is only
// named afterwards; so are the fields that a stage returned as it received them. Stages stand in the order in which they ended, what
// happened inside of a stage between what it received and what it returned. Each attempt of a call that was sent again is told, with the
// wait before it, and elements of [pipeline.Each] are told apart by their index. An id that several batches share gives a story for each,
// and so does each session of a run that was resumed. Values that a crash tore off are told as missing.
func (r *Run) Show(w io.Writer, id string) error {
	stories, err := r.stories(id)
	if err != nil {
		return err
	}
	if len(stories) == 0 {
		return fmt.Errorf("record: no item %q in %s", id, r.dir)
	}
	for i, events := range stories {
		t := teller{run: r, shown: map[Hash]bool{}}
		if i > 0 {
			t.out.WriteByte('\n')
		}
		if err := t.story(events); err != nil {
			return err
		}
		if _, err := t.out.WriteTo(w); err != nil {
			return fmt.Errorf("record: show item %q: %w", id, err)
		}
	}
	return nil
}

// storyPlace identifies a story: what one session did for one item.
type storyPlace struct {
	place

	session int
}

// stories returns the events of each item identified by id, in the order of batch, index and session.
func (r *Run) stories(id string) ([][]Event, error) {
	events := map[storyPlace][]Event{}
	var places []storyPlace
	for e, err := range r.Events() {
		if err != nil {
			return nil, err
		}
		if e.Item != id || e.Batch == 0 || !ofItem(e.Kind) { // batch 0 is the building of assets
			continue
		}
		p := storyPlace{place{batch: e.Batch, index: e.Index}, e.Session}
		if events[p] == nil {
			places = append(places, p)
		}
		events[p] = append(events[p], e)
	}
	slices.SortFunc(places, func(a, b storyPlace) int { return cmp.Or(byInput(a.place, b.place), cmp.Compare(a.session, b.session)) })
	stories := make([][]Event, len(places))
	for i, p := range places {
		stories[i] = events[p]
	}
	return stories, nil
}

// ofItem tells the events of an item without an identifier from those that belong to no item.
func ofItem(k pipeline.Kind) bool {
	switch k {
	case pipeline.KindItemStarted, pipeline.KindItem, pipeline.KindStage, pipeline.KindCallStarted, pipeline.KindCall:
		return true
	default:
		return false
	}
}

// happening is a stage or an attempt of a call with what happened inside of it.
type happening struct {
	Event

	inside []*happening
	// attempt says which attempt of a call this is, if there was more than one.
	attempt string
}

// nest puts what happened inside of a stage into it. The log tells of a stage when it ends, so what is inside stands before it.
func nest(events []Event) []*happening {
	attempts := attemptsOf(events)
	var top []*happening
	for _, e := range events {
		h := &happening{Event: e}
		switch e.Kind {
		case pipeline.KindStage:
			top, h.inside = part(top, func(o *happening) bool { return o.isInside(e) })
		case pipeline.KindCall:
			h.attempt = attempts.describe(e)
		case pipeline.KindCallStarted:
			if attempts.returned(e) {
				continue // it is told where it returned
			}
			h.attempt = attempts.describe(e)
		default:
			continue
		}
		top = append(top, h)
	}
	return top
}

// isInside reports whether h happened inside of stage. Elements that run at once have the same paths.
func (h *happening) isInside(stage Event) bool {
	if stage.Element != "" && !strings.HasPrefix(h.Element+".", stage.Element+".") {
		return false
	}
	return strings.HasPrefix(h.Stage, stage.Stage+"/") || h.Kind != pipeline.KindStage && h.Stage == stage.Stage
}

// part splits hs into those that match and the rest.
func part(hs []*happening, match func(*happening) bool) (rest, matching []*happening) {
	for _, h := range hs {
		if match(h) {
			matching = append(matching, h)
		} else {
			rest = append(rest, h)
		}
	}
	return rest, matching
}

// teller writes one story.
type teller struct {
	run   *Run
	out   bytes.Buffer
	shown map[Hash]bool
}

func (t *teller) story(events []Event) error {
	first := events[0]
	fmt.Fprintf(&t.out, "item %s: batch %d, index %d, target %s", first.Item, first.Batch, first.Index, first.Target)
	if len(t.run.manifest.Sessions) > 1 {
		fmt.Fprintf(&t.out, ", session %d", first.Session)
	}
	t.out.WriteByte('\n')
	var end *Event
	for i, e := range events {
		switch e.Kind {
		case pipeline.KindItemStarted:
			if err := t.told(0, "received", e.In, nil); err != nil {
				return err
			}
		case pipeline.KindItem:
			end = &events[i]
		default:
		}
	}
	for _, h := range nest(events) {
		if err := t.happening(0, h); err != nil {
			return err
		}
	}
	if end == nil {
		t.out.WriteString("the item was not finished\n")
		return nil
	}
	fmt.Fprintf(&t.out, "the item ended after %s%s\n", end.Elapsed, from(end.Origin))
	return t.outcome(0, end)
}

func (t *teller) happening(depth int, h *happening) error {
	t.indent(depth)
	t.out.WriteString(h.head() + "\n")
	if err := t.told(depth+1, "received", h.In, nil); err != nil {
		return err
	}
	for _, inner := range h.inside {
		if err := t.happening(depth+1, inner); err != nil {
			return err
		}
	}
	if h.Kind == pipeline.KindStage && h.Error == "" {
		return t.change(depth+1, h.In, h.Out)
	}
	return t.outcome(depth+1, &h.Event)
}

// head names h and says what it took.
func (h *happening) head() string {
	element := ""
	if h.Element != "" {
		element = ", element " + h.Element
	}
	if h.Kind == pipeline.KindStage {
		return fmt.Sprintf("stage %s%s (%s)", h.Stage, element, h.Elapsed)
	}
	name := fmt.Sprintf("call %d of %s%s%s", h.Seq, h.Resource, element, h.attempt)
	if h.Kind == pipeline.KindCallStarted {
		return name + ", which did not return"
	}
	if h.Origin != "" {
		return name + from(h.Origin)
	}
	return fmt.Sprintf("%s (%s, %d tokens in, %d out)", name, h.Elapsed, h.Usage.Input, h.Usage.Output)
}

// from says where an outcome was taken from; nothing if it was made.
func from(origin string) string {
	if origin == "" {
		return ""
	}
	return ", taken from " + origin
}

// change tells what a stage returned. Fields that are as it received them are only named.
func (t *teller) change(depth int, in, out Hash) error {
	received, err := t.run.content(in)
	if err != nil && !errors.Is(err, ErrNotRecorded) {
		return err
	}
	var known []field
	if received.Kind == kindValue {
		if known, err = fieldsOf(received.Content); err != nil {
			return err
		}
	}
	return t.told(depth, "returned", out, known)
}

// outcome tells what e returned, or how it failed.
func (t *teller) outcome(depth int, e *Event) error {
	if e.Error == "" {
		return t.told(depth, "returned", e.Out, nil)
	}
	t.indent(depth)
	t.out.WriteString("failed:")
	t.text(depth+1, e.Error)
	return t.told(depth, "stack", e.Stack, nil)
}

// told writes the value that h names; nothing if h is empty. Of an object those fields are only named that are among known.
func (t *teller) told(depth int, what string, h Hash, known []field) error {
	if h == "" {
		return nil
	}
	t.indent(depth)
	t.out.WriteString(what + ":")
	return t.content(depth+1, h, known)
}
