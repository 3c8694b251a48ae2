package eval

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"sync"

	"github.com/gloss-sdk/gloss/eval/leak"
	"github.com/gloss-sdk/gloss/pipeline"
)

// Sample is an input with what is true of it.
type Sample[I, T any] struct {
	// ID names the sample in results and outcomes; outcomes are paired on it.
	ID    string
	Input I
	Truth T
	// Cluster names what the sample shares with others so that their scores are not independent: a student, an assignment, a class. Empty means
	// that it shares nothing.
	Cluster string
}

// Holdout is a set of samples that inference must not see. It is immutable and safe for concurrent use; make it with [NewHoldout].
type Holdout[I, T any] struct {
	name    string
	samples []Sample[I, T]
	texts   func(I) []string // nil: every text of the input
	asset   pipeline.Asset[[]Sample[I, T]]
}

// NewHoldout returns a holdout of samples. The slice is copied, what the samples refer to is not. It reports every problem at once: no name, no
// samples, and IDs that are empty or not unique.
func NewHoldout[I, T any](name string, samples []Sample[I, T]) (*Holdout[I, T], error) {
	var errs []error
	if name == "" {
		errs = append(errs, errors.New("eval: a holdout needs a name"))
	}
	if len(samples) == 0 {
		errs = append(errs, fmt.Errorf("eval: holdout %q: no samples", name))
	}
	first := make(map[string]int, len(samples))
	for i, s := range samples {
		if s.ID == "" {
			errs = append(errs, fmt.Errorf("eval: holdout %q: sample %d has no ID", name, i+1))
			continue
		}
		if at, taken := first[s.ID]; taken {
			errs = append(errs, fmt.Errorf("eval: holdout %q: samples %d and %d have the ID %q", name, at+1, i+1, s.ID))
			continue
		}
		first[s.ID] = i
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	samples = slices.Clone(samples)
	asset := pipeline.Given(name, slices.Clone(samples)).InGroup(pipeline.GroupEvaluation)
	return &Holdout[I, T]{name: name, samples: samples, asset: asset}, nil
}

// WithHeldTexts returns a copy of h that holds out what texts returns for an input instead of every text of it. Use it where inputs carry what known
// data may hold too, such as the wording of the assignment.
//
// Without it, what is held out of an input is every text reachable in it that has at least [leak.MinWords] words, or the longest one if none has.
func (h *Holdout[I, T]) WithHeldTexts(texts func(input I) []string) *Holdout[I, T] {
	c := *h
	c.texts = texts
	return &c
}

// Name returns the name of the holdout.
func (h *Holdout[I, T]) Name() string { return h.name }

// Len returns the number of samples.
func (h *Holdout[I, T]) Len() int { return len(h.samples) }

// Samples returns a copy of the samples.
func (h *Holdout[I, T]) Samples() []Sample[I, T] { return slices.Clone(h.samples) }

// Items returns the inputs as items of a pipeline, in order and without their truth.
func (h *Holdout[I, T]) Items() iter.Seq[pipeline.Item[I]] {
	return func(yield func(pipeline.Item[I]) bool) {
		for i := range h.samples {
			if !yield(pipeline.Item[I]{ID: h.samples[i].ID, In: h.samples[i].Input}) {
				return
			}
		}
	}
}

// Asset returns the samples as a root of [pipeline.GroupEvaluation]: assets that belong to an evaluation may need it, any other asset that
// does fails planning. It is the same root at every call.
func (h *Holdout[I, T]) Asset() pipeline.Asset[[]Sample[I, T]] { return h.asset }

// at returns a holdout of the samples at the given places.
func (h *Holdout[I, T]) at(places []int) *Holdout[I, T] {
	part := &Holdout[I, T]{name: h.name, texts: h.texts, samples: make([]Sample[I, T], len(places))}
	for i, p := range places {
		part.samples[i] = h.samples[p]
	}
	return part
}

// held returns the texts that are held out.
func (h *Holdout[I, T]) held(ctx context.Context) ([]leak.Held, error) {
	parts := runtime.GOMAXPROCS(0)
	if h.texts != nil {
		parts = 1 // it need not be safe for concurrent use
	}
	texts, errs := make([][]string, len(h.samples)), make([]error, len(h.samples))
	var reading sync.WaitGroup
	for first := range parts {
		reading.Go(func() {
			for i := first; i < len(h.samples); i += parts {
				texts[i], errs[i] = h.textsOf(ctx, h.samples[i].Input)
			}
		})
	}
	reading.Wait()
	var held []leak.Held
	for i, id := range h.ids() {
		if errs[i] != nil {
			return nil, fmt.Errorf("eval: holdout %q: item %q: its texts cannot be read (name them with WithHeldTexts): %w", h.name, id, errs[i])
		}
		for _, text := range texts[i] {
			held = append(held, leak.Held{ID: id, Text: text})
		}
	}
	return held, nil
}

// ids returns the IDs of the samples, in order.
func (h *Holdout[I, T]) ids() []string {
	ids := make([]string, len(h.samples))
	for i := range h.samples {
		ids[i] = h.samples[i].ID
	}
	return ids
}

func (h *Holdout[I, T]) textsOf(ctx context.Context, input I) ([]string, error) {
	if h.texts != nil {
		return h.texts(input), nil
	}
	all, err := leak.Texts(ctx, input)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller names the item
	}
	var long []string
	longest, most := "", 0
	for _, text := range all {
		n := leak.Words(text, leak.MinWords)
		if n >= leak.MinWords {
			long = append(long, text)
		}
		if n > most {
			longest, most = text, n
		}
	}
	if len(long) == 0 && most > 0 {
		long = []string{longest}
	}
	return long, nil
}
