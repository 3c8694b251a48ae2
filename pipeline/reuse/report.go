package reuse

import (
	"fmt"
	"strings"
	"sync"
)

// Report counts what became of the work that a journal was asked for: items and calls together.
type Report struct {
	// Reused was answered from the store, Shared by the same work that was going on in this process.
	Reused int
	Shared int
	// Kept was done and its outcome written.
	Kept int
	// Failed was done and failed.
	Failed int
	// TakenOver was begun by somebody who is gone, and their lease was taken over.
	TakenOver int
	// Fenced was done, but slower than its lease lasted: somebody else had kept an outcome, which was returned instead.
	Fenced int
	// Unkept was done, and cannot be kept: its outcome does not come back from its JSON as it was.
	Unkept int
	// Unreadable was kept, but not as the type that it has now; it was done again.
	Unreadable int
	// Unsaved was done and its outcome returned, but the store failed: it will be paid for again. Unreleased failed, and so did the store:
	// others wait until its lease is over. Err is the last such failure of the store.
	Unsaved    int
	Unreleased int
	Err        error
}

// String returns the counts that are not 0 in one line, for people.
func (r Report) String() string {
	var parts []string
	for _, c := range []struct {
		n    int
		what string
	}{
		{r.Reused, "reused"},
		{r.Shared, "shared"},
		{r.Kept, "kept"},
		{r.Failed, "failed"},
		{r.TakenOver, "taken over"},
		{r.Fenced, "given up for the outcome of somebody faster"},
		{r.Unkept, "without JSON to keep"},
		{r.Unreadable, "kept for another type"},
		{r.Unsaved, "not saved"},
		{r.Unreleased, "not released"},
	} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if len(parts) == 0 {
		return "nothing was asked for"
	}
	text := strings.Join(parts, ", ")
	if r.Err != nil {
		text += fmt.Sprintf(" (%v)", r.Err)
	}
	return text
}

// Report returns the counts so far.
func (j *Journal) Report() Report {
	j.tally.mu.Lock()
	defer j.tally.mu.Unlock()
	return j.tally.report
}

// tally is a report that is being made.
type tally struct {
	mu     sync.Mutex
	report Report
}

func (t *tally) count(change func(r *Report)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.report)
}
