package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Run holds the values of assets, each built at most once, and who is told of what happens. Nothing of a run outlives it. A run is
// safe for concurrent use.
type Run struct {
	config   runConfig
	parent   *Run
	replaced replacements
	values   built // of the assets that no ancestor sees alike
	batches  *atomic.Int64
	account  *account
	prints   prints

	mu  sync.Mutex
	own []owned // what is to be closed, in the order in which it was built
}

type owned struct {
	name string
	io.Closer
}

type runConfig struct {
	inFlight    int
	observers   []Observer
	tracers     []Tracer
	callers     []Interceptor
	journals    []Journal
	before      Usage // of earlier sessions
	prices      Pricer
	budget      Budget
	failures    FailurePolicy
	maxItems    int   // 0: no bound
	maxCost     Money // 0: no bound
	retry       Retry
	callTimeout time.Duration // 0: none
	itemTimeout time.Duration // 0: none
	rehearsal   *rehearsal    // nil: calls are sent
	inputChecks bool
	hashers     *hashers
	now         func() time.Time
	random      func(n int64) int64 // in [0, n), n positive
}

// RunOption configures a [Run].
type RunOption interface{ applyRun(*runConfig) error }

type runOption func(*runConfig) error

func (o runOption) applyRun(c *runConfig) error { return o(c) }

// DefaultInFlight is how many items a run works on at once unless told otherwise: enough to hide the latency of a remote model, few
// enough for the smallest quota.
const DefaultInFlight = 16

// WithInFlight sets how many items of one stream are worked on at once. The default is [DefaultInFlight]; n must be positive. The last
// use wins.
func WithInFlight(n int) RunOption {
	return runOption(func(c *runConfig) error {
		if n < 1 {
			return fmt.Errorf("run: WithInFlight(%d): at least 1 item must be in flight", n)
		}
		c.inFlight = n
		return nil
	})
}

// WithObserver adds an observer. Observers are told in the order in which they were added; by default there is none, and then observing
// costs nothing.
func WithObserver(o Observer) RunOption {
	return runOption(func(c *runConfig) error {
		if o == nil {
			return errors.New("run: WithObserver(nil): leave the option out instead")
		}
		c.observers = append(c.observers, o)
		return nil
	})
}

// WithInterceptor adds an interceptor of calls. The first one added stands outermost; by default there is none.
func WithInterceptor(i Interceptor) RunOption {
	return runOption(func(c *runConfig) error {
		if i == nil {
			return errors.New("run: WithInterceptor(nil): leave the option out instead")
		}
		c.callers = append(c.callers, i)
		return nil
	})
}

// NewRun returns a run. It reports every invalid option at once.
func NewRun(opts ...RunOption) (*Run, error) {
	c := runConfig{
		inFlight: DefaultInFlight, retry: DefaultRetry(), callTimeout: DefaultCallTimeout, now: time.Now, random: rand.Int64N, hashers: new(hashers),
	}
	var errs []error
	for _, o := range opts {
		errs = append(errs, o.applyRun(&c))
	}
	errs = append(errs, c.checkBudget())
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Run{config: c, batches: new(atomic.Int64), account: &account{}}, nil
}

// Override replaces the value of one asset in a child run; see [Replace].
type Override struct{ r *replacement }

// replacement is identified by its address: two overrides are never the same asset. It keeps n, and so n's address, alive.
type replacement struct {
	n     *node
	value any
}

// replacements are kept by the keys that assets have where nothing is replaced, so that an override holds for every asset that is
// the same as the one it names.
type replacements map[string]*replacement

func (rs replacements) of(n *node) *replacement { return rs[n.plainKey()] }

// Replace returns the override that puts v in the place of the asset h. What h would have been built from is not built for it.
func Replace[T any](h Handle[T], v T) Override {
	return Override{&replacement{assetOf(h).n, v}}
}

// With returns a child run in which some assets hold other values. What depends on them is rebuilt and lives as long as the child,
// everything else is shared with the parent, whoever asks first; observers and options are the parent's. Of two overrides of one asset
// the later one holds. An override of a zero asset fails planning.
func (r *Run) With(overrides ...Override) *Run {
	child := &Run{config: r.config, parent: r, batches: r.batches, account: r.account, replaced: maps.Clone(r.replaced)}
	if child.replaced == nil {
		child.replaced = replacements{}
	}
	for _, o := range overrides {
		r := cmp.Or(o.r, &replacement{})
		child.replaced[r.n.plainKey()] = r
	}
	return child
}

// Plan plans targets as this run would build them, with its overrides.
func (r *Run) Plan(targets ...Node) (*Plan, error) { return newPlan(targets, r.replaced) }

// Close closes what this run built, newest first, if it has a Close method. What the run was given, and what it shares with its parent,
// is left alone. Call it when nothing uses the run or its children any more. A second Close does nothing.
func (r *Run) Close() error {
	r.mu.Lock()
	own := r.own
	r.own = nil
	r.mu.Unlock()
	var errs []error
	for _, c := range slices.Backward(own) {
		if err := c.Close(); err != nil {
			errs = append(errs, &AssetError{c.name, fmt.Errorf("close: %w", err)})
		}
	}
	return errors.Join(errs...)
}

// Value returns the value of h in r, building what it needs.
func Value[T any](ctx context.Context, r *Run, h Handle[T]) (T, error) {
	var zero T
	plan, err := r.Plan(h)
	if err != nil {
		return zero, err
	}
	v, err := r.build(ctx, plan, h.node())
	if err != nil {
		return zero, err
	}
	out, _ := v.(T) // the type is part of the key; a nil interface has none
	return out, nil
}

// RootValue is a root of a plan with what it holds.
type RootValue struct {
	Name   string
	Origin Origin
	Group  string
	Value  any
}

// Roots reads every root that targets need in r and returns what they hold, overrides in the place of what they replace. It is what an
// audit reads: whatever is derived holds nothing that the roots do not.
func (r *Run) Roots(ctx context.Context, targets ...Node) ([]RootValue, error) {
	plan, err := r.Plan(targets...)
	if err != nil {
		return nil, err
	}
	ids := newIdentities(r.replaced)
	var roots []RootValue
	for i, n := range plan.nodes {
		if n.origin == OriginDerived && !plan.entries[i].Replaced {
			continue
		}
		v, err := r.value(ctx, ids, n, &plan.entries[i])
		if err != nil {
			return nil, err
		}
		origin := n.origin
		if plan.entries[i].Replaced {
			origin = OriginGiven
		}
		roots = append(roots, RootValue{n.meta.Name, origin, n.group(), v})
	}
	return roots, nil
}

// build makes the values of a plan in order and returns target's.
func (r *Run) build(ctx context.Context, plan *Plan, target *node) (any, error) {
	ids := newIdentities(r.replaced)
	var out any
	for i, n := range plan.nodes {
		v, err := r.value(ctx, ids, n, &plan.entries[i])
		if err != nil {
			return nil, err
		}
		if ids.key(n) == ids.key(target) {
			out = v
		}
	}
	return out, nil
}

// value returns n's value, making it if nobody has.
func (r *Run) value(ctx context.Context, ids *identities, n *node, e *Entry) (any, error) {
	r, ids = r.owner(ids, n)
	return r.values.once(ctx, ids.key(n), n, func() (any, error) { return r.make(ctx, ids, n, e) })
}

// make makes n's value and tells of it. Calls that building makes are calls of an item without a name, whose target is the asset.
func (r *Run) make(ctx context.Context, ids *identities, n *node, e *Entry) (any, error) {
	begin := r.config.now()
	ev := Event{Kind: KindAsset, Time: begin, Target: n.meta.Name, Asset: e}
	inner, end := r.config.trace(ctx, ev)
	v, err := r.open(r.building(inner, ids, n), ids, n)
	if err != nil {
		err = &AssetError{n.meta.Name, err}
	}
	ev.Elapsed, ev.Err = r.config.now().Sub(begin), err
	if err == nil {
		ev.Out = v
	}
	if o := joinObservers(r.config.observers); o != nil {
		o.Observe(ctx, ev)
	}
	if end != nil {
		end(ev)
	}
	return v, err
}

// building returns the scope in which n is built. Calls are journaled under what n is going to be.
func (r *Run) building(ctx context.Context, ids *identities, n *node) context.Context {
	fingerprint := ""
	if len(r.config.journals) > 0 && n.origin == OriginDerived && r.replaced.of(n) == nil {
		fingerprint = r.print(ids, n).Fingerprint
	}
	state := &itemState{surroundings: &surroundings{
		runConfig: &r.config, account: r.account, observer: joinObservers(r.config.observers), target: n.meta.Name, fingerprint: fingerprint,
	}}
	s := &state.scope
	s.Context, s.item = ctx, state
	return s
}

// owner returns the oldest run of the line for which n has the key that it has in r, and that run's keys. The value belongs to it:
// it outlives a child that happened to ask first, and a child's own values go when the child does.
func (r *Run) owner(ids *identities, n *node) (*Run, *identities) {
	key, owner := ids.key(n), r
	for p := r.parent; p != nil; p = p.parent {
		if seen := newIdentities(p.replaced); seen.key(n) == key {
			owner, ids = p, seen
		}
	}
	return owner, ids
}

func (r *Run) open(ctx context.Context, ids *identities, n *node) (v any, err error) {
	if rep := r.replaced.of(n); rep != nil {
		return rep.value, nil
	}
	defer func() {
		if p := recover(); p != nil {
			v, err = nil, newPanic(p)
		}
	}()
	v, err = n.open(ctx, func(need *node) any { return r.get(ids.key(need)) })
	if err != nil {
		return nil, err
	}
	if c, ok := v.(io.Closer); ok && (n.origin == OriginDerived || n.origin == OriginSource) {
		r.mu.Lock()
		r.own = append(r.own, owned{n.meta.Name, c})
		r.mu.Unlock()
	}
	return v, nil
}

// get returns a value that was built before, by this run or an ancestor.
func (r *Run) get(key string) any {
	for ; r != nil; r = r.parent {
		if v, ok := r.values.get(key); ok {
			return v
		}
	}
	return nil
}
