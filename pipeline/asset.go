package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/gloss-sdk/gloss/internal/plainjson"
)

// Groups of assets. An asset without a group is shared; a task names a group of its own.
const (
	// GroupShared holds the task-agnostic assets.
	GroupShared = "shared"
	// GroupEvaluation holds what only an evaluation may see. An asset of another group that needs one of this group fails planning.
	GroupEvaluation = "evaluation"
)

// Origin says where the value of an asset comes from.
type Origin string

// The origins of an asset.
const (
	OriginGiven   Origin = "given"   // a root: a value in memory
	OriginSource  Origin = "source"  // a root: read once when a plan needs it
	OriginTool    Origin = "tool"    // a root that holds no texts: a model, an embedder
	OriginDerived Origin = "derived" // made from other assets
)

// Meta describes a derived asset.
type Meta struct {
	// Name is shown in plans and errors; with Version, Group, the configuration and the needs it identifies the asset.
	Name string
	// Version changes when the same configuration would build something else.
	Version int
	// Group is the asset's group; empty means [GroupShared].
	Group string
	// Steps names what happens inside, in order, and Off the inputs that are switched off. Both are for readers of a plan.
	Steps []string
	Off   []string
}

// Node is one asset of any type. Only assets of this package, and types that embed one, are nodes.
type Node interface {
	node() *node
}

// nodeOf returns nil for a zero asset and for nil.
func nodeOf(n Node) *node {
	if n == nil {
		return nil
	}
	return n.node()
}

// Handle is an asset of type T, or anything that embeds one, such as a task.
type Handle[T any] interface {
	Node
	asset() Asset[T]
}

// Asset is one node of the graph of things that stages need. Assets are made by [Given], [Source], [Tool] and [Derive], are immutable,
// and hold no state of a run: the same asset may be part of many plans and runs. The zero Asset fails planning.
type Asset[T any] struct{ n *node }

func (a Asset[T]) node() *node     { return a.n }
func (a Asset[T]) asset() Asset[T] { return a }

// Name returns the asset's name.
func (a Asset[T]) Name() string {
	if a.n == nil {
		return ""
	}
	return a.n.meta.Name
}

// InGroup returns a copy of a root in another group. It is how ground truth enters: in [GroupEvaluation] no inference can reach it.
// The copy is a root of its own.
func (a Asset[T]) InGroup(group string) Asset[T] {
	if a.n == nil {
		return a
	}
	n := *a.n
	n.meta.Group = group
	if n.origin == OriginDerived {
		n.err = errors.Join(n.err, fmt.Errorf("InGroup(%q): only a root can be moved; set Meta.Group instead", group))
	}
	n.identify()
	return Asset[T]{&n}
}

type node struct {
	meta   Meta
	origin Origin
	config json.RawMessage
	holds  reflect.Type
	needs  []*node
	err    error
	key    string // set by identify
	// open makes the value; get reads the values of the node's needs in the run that asks.
	open func(ctx context.Context, get func(*node) any) (any, error)
}

func (n *node) group() string {
	if n.meta.Group == "" {
		return GroupShared
	}
	return n.meta.Group
}

func root[T any](name string, origin Origin, open func(context.Context) (T, error)) Asset[T] {
	n := &node{meta: Meta{Name: name}, origin: origin, holds: reflect.TypeFor[T]()}
	if name == "" {
		n.err = errors.New("an asset needs a name")
	}
	n.open = func(ctx context.Context, _ func(*node) any) (any, error) { return open(ctx) }
	n.identify()
	return Asset[T]{n}
}

// Given returns a root that holds v: data that is in memory. Each call makes a root of its own, so make it once and share it. The run's
// audits read every text in v.
func Given[T any](name string, v T) Asset[T] {
	return root(name, OriginGiven, func(context.Context) (T, error) { return v, nil })
}

// Source returns a root that is read once in a run, and only if a target of the run needs it.
func Source[T any](name string, read func(ctx context.Context) (T, error)) Asset[T] {
	return root(name, OriginSource, read)
}

// Tool returns a root that holds no texts, such as a model or an embedder. For an interface, name the type:
// Tool[llm.Model]("model", client).
func Tool[T any](name string, v T) Asset[T] {
	return root(name, OriginTool, func(context.Context) (T, error) { return v, nil })
}

// Needs collects what a derived asset depends on while it is wired.
type Needs struct {
	list []*node
	get  func(*node) any

	mu  sync.Mutex // a built value may read its needs from many goroutines
	err error
}

// declare adds a need, or says why it cannot be one.
func (n *Needs) declare(need *node) bool {
	switch {
	case need == nil:
		n.fail(fmt.Errorf("need %d is a zero asset", len(n.list)+1))
	case n.get != nil:
		n.fail(fmt.Errorf("%q was declared while building; declare it while wiring", need.meta.Name))
	default:
		n.list = append(n.list, need)
		return true
	}
	return false
}

func (n *Needs) fail(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.err = errors.Join(n.err, err)
}

func (n *Needs) failed() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.err
}

// Need declares that the asset being wired depends on h and returns the only way to read it. The getter is valid inside the
// function that wire returns, not before; a need declared only there fails the build.
func Need[T any](n *Needs, h Handle[T]) func() T {
	need := assetOf(h).n
	declared := n.declare(need)
	return func() (zero T) {
		switch {
		case !declared:
			return zero
		case n.get == nil:
			n.fail(fmt.Errorf("%q was read while wiring; read it in the returned function", need.meta.Name))
			return zero
		}
		v, _ := n.get(need).(T) // the type is part of the key under which the run keeps the value
		return v
	}
}

func assetOf[T any](h Handle[T]) Asset[T] {
	if h == nil {
		return Asset[T]{}
	}
	return h.asset()
}

// Derive returns an asset that is built from others. wire declares needs and returns the function that builds the value; it is
// called once here, to learn the needs, and once in each run, so it must declare the same needs for the same configuration and do
// nothing else. cfg is everything that can change the value besides the needs; its JSON is part of the asset's identity: two
// assets of equal name, version, group, type, configuration and needs are one, and are built once.
//
// Mistakes (no name, a configuration without JSON, a zero need) are reported by [NewPlan].
func Derive[C, T any](m Meta, cfg C, wire func(n *Needs, cfg C) func(ctx context.Context) (T, error)) Asset[T] {
	m.Steps, m.Off = slices.Clone(m.Steps), slices.Clone(m.Off)
	n := &node{meta: m, origin: OriginDerived, holds: reflect.TypeFor[T]()}
	config, err := plainjson.Marshal(cfg)
	if err != nil {
		n.err = fmt.Errorf("configuration: %w", err)
	}
	n.config = config
	if m.Name == "" {
		n.err = errors.Join(n.err, errors.New("an asset needs a name"))
	}
	declared := &Needs{}
	wire(declared, cfg)
	n.needs = declared.list
	n.err = errors.Join(n.err, declared.failed())
	n.identify()
	n.open = func(ctx context.Context, get func(*node) any) (any, error) {
		bound := &Needs{}
		build := wire(bound, cfg)
		if err := errors.Join(sameNeeds(n.needs, bound.list), bound.failed()); err != nil {
			return nil, err
		}
		bound.get = get
		v, err := build(ctx)
		return v, errors.Join(err, bound.failed())
	}
	return Asset[T]{n}
}

func sameNeeds(declared, bound []*node) error {
	if len(declared) != len(bound) {
		return fmt.Errorf("wiring declared %d needs at first and %d now", len(declared), len(bound))
	}
	for i := range declared {
		if declared[i].key != bound[i].key {
			return fmt.Errorf("wiring declared %q as need %d at first and %q now", declared[i].meta.Name, i+1, bound[i].meta.Name)
		}
	}
	return nil
}
