package record

import (
	"fmt"

	"github.com/gloss-sdk/gloss/pipeline"
)

// attempt identifies one attempt of a call of an item.
type attempt struct {
	stage, element string
	seq, nth       int
}

func attemptOf(e Event) attempt { return attempt{e.Stage, e.Element, e.Seq, e.Attempt} }

// attempts holds the last thing that is known of each attempt of an item: that it began, or that it returned.
type attempts map[attempt]Event

func attemptsOf(events []Event) attempts {
	as := attempts{}
	for _, e := range events {
		if e.Kind == pipeline.KindCallStarted || e.Kind == pipeline.KindCall {
			as[attemptOf(e)] = e
		}
	}
	return as
}

// returned reports whether the attempt that e tells of returned.
func (as attempts) returned(e Event) bool { return as[attemptOf(e)].Kind == pipeline.KindCall }

// describe says which attempt of its call e is and how long the run waited before it; nothing if there was no other.
func (as attempts) describe(e Event) string {
	before, after := attemptOf(e), attemptOf(e)
	before.nth--
	after.nth++
	last, again := as[before]
	if _, more := as[after]; !again && !more {
		return ""
	}
	text := fmt.Sprintf(", attempt %d", e.Attempt)
	if again {
		text += fmt.Sprintf(" after a wait of %s", e.Time.Sub(last.Time.Add(last.Elapsed)))
	}
	return text
}
