package record

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
)

// begunTarget is a target of one fingerprint. A run has several of one name where assets are replaced.
type begunTarget struct{ name, fingerprint string }

// Begin records what identifies t. In a run that was resumed it refuses a target that is not the one that earlier sessions began under its
// name, so that results of different origins are not mixed, and a target whose work cannot be told apart from other work: its results could
// not be taken from the record, and would be paid for again.
func (w *Writer) Begin(_ context.Context, t pipeline.Target) error {
	key := begunTarget{t.Name, t.Fingerprint}
	w.mu.Lock()
	again := w.begun[key]
	w.mu.Unlock()
	if again {
		return nil
	}
	if err := w.refuse(t); err != nil {
		return err
	}
	w.mu.Lock()
	w.begun[key] = true
	w.mu.Unlock()
	err := w.append(&Event{Kind: KindTarget, Time: time.Now().UTC(), Target: t.Name, Fingerprint: t.Fingerprint, Assets: t.Assets})
	if w.fail(err) {
		w.config.onError(err)
	}
	return nil
}

// Do returns what an earlier session recorded as the outcome of work, once for each time that it is recorded, or what do returns. What
// cannot be read back, and what does not come back from its JSON as it was, is done again. The origin is "session " with its number.
func (w *Writer) Do(
	ctx context.Context, work pipeline.Work, do func(ctx context.Context) (any, error),
) (out any, origin string, err error) {
	if out, origin, ok := w.past.answer(&work); ok {
		return out, origin, nil
	}
	out, err = do(ctx)
	return out, "", err
}

// Spent returns what earlier sessions consumed, as far as it is known: what became of orphaned attempts is not.
func (w *Writer) Spent() pipeline.Usage {
	if w.past == nil {
		return pipeline.Usage{}
	}
	return w.past.spent
}

// refuse says why t cannot go on where earlier sessions stopped, if it cannot.
func (w *Writer) refuse(t pipeline.Target) error {
	if w.past == nil {
		return nil
	}
	recorded, known := w.past.targets.of(t.Name)
	switch {
	case !known:
		return nil
	case len(recorded) == 0:
		return fmt.Errorf("record: %s cannot be resumed: its items were recorded without fingerprints; "+
			"begin a new run, with WithRecorder", w.dir)
	}
	for _, r := range recorded {
		if r.Fingerprint == "" {
			return fmt.Errorf("record: %s cannot be resumed, because its results cannot be told apart from others (%s); "+
				"give what it needs a method Identity and begin a new run", w.dir, unidentified(r))
		}
	}
	same := func(r pipeline.Target) bool { return r.Fingerprint == t.Fingerprint }
	if slices.ContainsFunc(recorded, same) || t.Fingerprint != "" && w.hasBegun(recorded) {
		return nil
	}
	return fmt.Errorf("record: %s was recorded with something else than it is resumed with: %s; "+
		"begin a new run, which can take over what is the same by package reuse", w.dir, w.past.changesTo(t))
}

// hasBegun reports whether this session has begun all recorded targets again, so that one more is a step further and not another one in
// their place.
func (w *Writer) hasBegun(recorded []pipeline.Target) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range recorded {
		if !w.begun[begunTarget{r.Name, r.Fingerprint}] {
			return false
		}
	}
	return true
}

// unidentified says which assets of t have no fingerprint by themselves, and why.
func unidentified(t pipeline.Target) string {
	var reasons []string
	for _, p := range t.Assets {
		if p.Unidentified != "" && !strings.HasPrefix(p.Unidentified, "it needs ") {
			reasons = append(reasons, fmt.Sprintf("asset %q: %s", p.Name, p.Unidentified))
		}
	}
	return strings.Join(reasons, "; ")
}

// changesTo says what about t is not as it was recorded.
func (p *past) changesTo(t pipeline.Target) string {
	changes, err := p.run.Stale(t)
	if err != nil {
		return err.Error()
	}
	var lines []string
	for _, c := range changes {
		if slices.Contains(c.Targets, t.Name) {
			lines = append(lines, c.String())
		}
	}
	if len(lines) == 0 {
		return "its fingerprint is another one"
	}
	return strings.Join(lines, "; ")
}
