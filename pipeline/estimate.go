package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
)

// Estimate says what a run would take, before anything is sent. It comes from a rehearsal: a sample of the items passes through the
// stages as it would in the run, and every [Call] is answered by its stage's method Rehearse(ctx, in) (out, error), which makes an answer up and
// sends nothing. Retrieval, prompts and the number of calls are therefore those of the run; how long the answers will be is not known,
// and no failure or retry is foreseen.
type Estimate struct {
	// Items is how many items there are, Sampled how many of them were rehearsed; Failed of those did not get to their end, because they
	// are invalid or because a call could not be rehearsed.
	Items   int `json:"items"`
	Sampled int `json:"sampled"`
	Failed  int `json:"failed,omitempty"`
	// Usage is what all items are expected to take together, Assets what is consumed once, while assets are built.
	Usage  Usage `json:"usage"`
	Assets Usage `json:"assets"`
	// Resources shares Usage and Assets out to what is called, sorted by resource, provider and model.
	Resources []ResourceEstimate `json:"resources,omitempty"`
	// Unknown says what the numbers lack: they are lower bounds then.
	Unknown []string `json:"unknown,omitempty"`
}

// ResourceEstimate is what calls to one model of one resource are expected to take.
type ResourceEstimate struct {
	Resource string `json:"resource"`
	Provider string `json:"provider,omitempty"`
	Model    string `json:"model,omitempty"`
	Usage    Usage  `json:"usage"`
}

// rehearsedItems is how many items of a stream are rehearsed at least, if there are so many, and half of how many at most.
const rehearsedItems = 32

// EstimateRun estimates what h would take for items in r. Assets are built for it and closed afterwards, with rehearsed calls; r builds
// them again when it starts. Items are read to their end; few are kept.
func EstimateRun[I, O any](ctx context.Context, r *Run, h Handle[Stage[I, O]], items iter.Seq[Item[I]]) (e Estimate, err error) {
	rehearsal := newRehearsal(r.config.prices)
	trial := &Run{config: r.config.rehearsing(rehearsal), replaced: r.replaced, batches: r.batches, account: &account{}}
	defer func() { err = errors.Join(err, trial.Close()) }()
	x, err := Start(ctx, trial, h)
	if err != nil {
		return Estimate{}, err
	}
	sample, n := thin(items)
	assets := rehearsal.take()
	x.newBatch(0).rehearse(ctx, sample, rehearsal)
	return rehearsal.estimate(n, len(sample), assets), ctx.Err()
}

// estimate rehearses a sample of items with the assets of the run.
func (b *batch[I, O]) estimate(ctx context.Context, items []Item[I]) (Estimate, error) {
	sample, n := thin(slices.Values(items))
	rehearsal := newRehearsal(b.prices)
	config := b.rehearsing(rehearsal)
	trial := &batch[I, O]{surroundings{runConfig: &config, account: &account{}, target: b.target}, b.stage}
	trial.rehearse(ctx, sample, rehearsal)
	return rehearsal.estimate(n, len(sample), nil), ctx.Err()
}

// rehearsing returns the configuration of a run that sends nothing, and of which nothing is told.
func (c *runConfig) rehearsing(r *rehearsal) runConfig {
	return runConfig{rehearsal: r, prices: c.prices, retry: c.retry, now: c.now, random: c.random, inFlight: c.inFlight}
}

func (b *batch[I, O]) rehearse(ctx context.Context, sample []Item[I], r *rehearsal) {
	for i, it := range sample {
		if ctx.Err() != nil {
			return
		}
		res := Result[O]{Index: i, ID: it.ID}
		b.do(ctx, it, &res)
		if res.Err != nil {
			r.failed++
		}
	}
}

// thin returns items at even distances, and how many there are.
func thin[I any](items iter.Seq[Item[I]]) (sample []Item[I], n int) {
	step := 1
	for it := range items {
		if n%step == 0 {
			sample = append(sample, it)
		}
		n++
		if len(sample) <= 2*rehearsedItems {
			continue
		}
		for i := range (len(sample) + 1) / 2 {
			sample[i] = sample[2*i]
		}
		sample, step = sample[:(len(sample)+1)/2], 2*step
	}
	return sample, n
}

// rehearsal adds up what rehearsed calls would take.
type rehearsal struct {
	prices Pricer
	failed int

	mu      sync.Mutex
	used    map[ResourceEstimate]Usage // by resource, provider and model
	unknown map[string]bool
}

func newRehearsal(p Pricer) *rehearsal {
	return &rehearsal{prices: p, used: map[ResourceEstimate]Usage{}, unknown: map[string]bool{}}
}

// notRehearsedError ends an item where a call cannot be answered without sending it.
type notRehearsedError struct{ resource string }

func (e notRehearsedError) Error() string {
	return fmt.Sprintf("call %s: it cannot be rehearsed: its stage has no method Rehearse", e.resource)
}

// add counts a call.
func (r *rehearsal) add(call CallInfo, u Usage, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := ResourceEstimate{Resource: call.Resource, Provider: call.Provider, Model: call.Model}
	r.used[key] = r.used[key].Add(u)
	if !known {
		r.unknown[fmt.Sprintf("calls of %q cannot be rehearsed: their tokens, and what follows them, are not counted", call.Resource)] = true
	}
	if r.prices == nil || u.Unpriced > 0 {
		r.unknown["no price is known for "+call.described()] = true
	}
}

// take returns what was added and forgets it.
func (r *rehearsal) take() map[ResourceEstimate]Usage {
	taken := r.used
	r.used = map[ResourceEstimate]Usage{}
	return taken
}

// estimate scales what was added from the sample to all n items.
func (r *rehearsal) estimate(n, sampled int, assets map[ResourceEstimate]Usage) Estimate {
	e := Estimate{Items: n, Sampled: sampled, Failed: r.failed}
	total := assets
	if total == nil {
		total = map[ResourceEstimate]Usage{}
	}
	for _, u := range assets {
		e.Assets = e.Assets.Add(u)
	}
	for key, u := range r.used {
		u = u.scaled(n, sampled)
		e.Usage = e.Usage.Add(u)
		total[key] = total[key].Add(u)
	}
	for key, u := range total {
		key.Usage = u
		e.Resources = append(e.Resources, key)
	}
	slices.SortFunc(e.Resources, func(a, b ResourceEstimate) int {
		return cmp.Or(cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Model, b.Model))
	})
	for text := range r.unknown {
		e.Unknown = append(e.Unknown, text)
	}
	slices.Sort(e.Unknown)
	return e
}

// scaled returns u times n/of, rounded up.
func (u Usage) scaled(n, of int) Usage {
	times := func(x int) int {
		if of == 0 {
			return 0
		}
		return (x*n + of - 1) / of
	}
	return Usage{
		Calls: times(u.Calls), Reused: times(u.Reused), Input: times(u.Input), Output: times(u.Output), Cached: times(u.Cached),
		Reasoning: times(u.Reasoning), Cost: u.Cost / Money(max(of, 1)) * Money(n), Unpriced: times(u.Unpriced),
	}
}

// Total returns what items and assets take together.
func (e Estimate) Total() Usage { return e.Usage.Add(e.Assets) }

// Cost returns the expected cost; known is false if something in it is not known, and then cost is a lower bound.
func (e Estimate) Cost() (cost Money, known bool) { return e.Total().Cost, len(e.Unknown) == 0 }

// within returns why the estimate does not stay within m.
func (e Estimate) within(m Money) error {
	cost, known := e.Cost()
	switch {
	case cost > m:
		return fmt.Errorf("%d items are expected to cost %s, and no more than %s may be spent; see WithMaxCost", e.Items, cost, m)
	case !known:
		return fmt.Errorf("the cost of %d items is not known, and no more than %s may be spent: %s", e.Items, m, strings.Join(e.Unknown, "; "))
	default:
		return nil
	}
}

// String returns the estimate as text, with how it was made.
func (e Estimate) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d items, %d calls, about %d tokens in and %d out", e.Items, e.Total().Calls, e.Total().Input, e.Total().Output)
	if cost, known := e.Cost(); known {
		fmt.Fprintf(&b, ", cost about %s", cost)
	} else {
		fmt.Fprintf(&b, ", cost at least %s", cost)
	}
	for _, r := range e.Resources {
		fmt.Fprintf(&b, "\n  %s", r.Resource)
		if r.Model != "" {
			fmt.Fprintf(&b, " (%s %s)", r.Provider, r.Model)
		}
		fmt.Fprintf(&b, ": %d calls, %d tokens in, %d out, cost %s", r.Usage.Calls, r.Usage.Input, r.Usage.Output, r.Usage.Cost)
	}
	for _, u := range e.Unknown {
		fmt.Fprintf(&b, "\n  not known: %s", u)
	}
	fmt.Fprintf(&b, "\n  rehearsed %d of %d items with made-up answers, without failures, retries or caching by the provider", e.Sampled, e.Items)
	if e.Failed > 0 {
		fmt.Fprintf(&b, "; %d of them did not get to their end", e.Failed)
	}
	b.WriteByte('\n')
	return b.String()
}
