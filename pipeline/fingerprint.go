package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/gloss-sdk/gloss/internal/plainjson"
)

// Target is a planned target with what identifies it. Fingerprint covers everything that can change a result besides the input:
// configuration, versions, and what every root holds. It is the same in every process.
//
// It is empty if a root cannot be identified, and then nothing of the target is taken from a [Journal].
type Target struct {
	Name        string
	Fingerprint string
	// Assets holds the target and everything that it needs, in the order of Plan.
	Assets []Print
	Plan   *Plan
}

// Print identifies what one asset holds in a run. A root is identified by its content: what its method Holds() any returns, otherwise what
// its method Identity returns, whatever its type, otherwise its JSON. A derived asset is identified by its name, version, group, type,
// configuration and needs.
type Print struct {
	Name        string `json:"name"`
	Group       string `json:"group"`
	Fingerprint string `json:"fingerprint,omitempty"`
	// Unidentified says why there is no fingerprint.
	Unidentified string `json:"unidentified,omitempty"`
}

// Describe builds what h needs in r and returns the fingerprints of it all. It calls nothing but what building calls.
func Describe[T any](ctx context.Context, r *Run, h Handle[T]) (Target, error) {
	if _, err := Value(ctx, r, h); err != nil {
		return Target{}, err
	}
	plan, err := r.Plan(h)
	if err != nil {
		return Target{}, err
	}
	return r.describe(plan), nil
}

// describe returns the prints of a plan whose assets are built. The target is the last one.
func (r *Run) describe(plan *Plan) Target {
	ids := newIdentities(r.replaced)
	t := Target{Plan: plan}
	for _, n := range plan.nodes {
		t.Assets = append(t.Assets, r.print(ids, n))
	}
	last := t.Assets[len(t.Assets)-1]
	t.Name, t.Fingerprint = last.Name, last.Fingerprint
	return t
}

// prints keeps what was identified, by key: what a root holds may take a while to read. The zero value is empty.
type prints struct {
	mu    sync.Mutex
	known map[string]Print
}

// print identifies n, the roots of which are built.
func (r *Run) print(ids *identities, n *node) Print {
	key := ids.key(n)
	r.prints.mu.Lock()
	p, ok := r.prints.known[key]
	r.prints.mu.Unlock()
	if ok {
		return p
	}
	p = Print{Name: n.meta.Name, Group: n.group()}
	if n.origin == OriginDerived && r.replaced.of(n) == nil {
		p.derive(n, func(need *node) Print { return r.print(ids, need) })
	} else {
		p.identify(r.get(key))
	}
	r.prints.mu.Lock()
	defer r.prints.mu.Unlock()
	if r.prints.known == nil {
		r.prints.known = map[string]Print{}
	}
	r.prints.known[key] = p
	return p
}

// identify takes the fingerprint of what a root holds.
func (p *Print) identify(v any) {
	content, err := contentOf(v)
	if err != nil {
		p.Unidentified = err.Error()
		return
	}
	p.Fingerprint = digest("root", p.Name, typeName(reflect.TypeOf(v)), string(content))
}

// derive takes the fingerprint of a derived asset from those of its needs.
func (p *Print) derive(n *node, of func(*node) Print) {
	parts := []string{"derived", n.meta.Name, strconv.Itoa(n.meta.Version), n.group(), typeName(n.holds), string(n.config)}
	for _, need := range n.needs {
		known := of(need)
		if known.Fingerprint == "" {
			p.Unidentified = fmt.Sprintf("it needs %q: %s", known.Name, known.Unidentified)
			return
		}
		parts = append(parts, known.Fingerprint)
	}
	p.Fingerprint = digest(parts...)
}

// typeName tells types of different packages apart, where [reflect.Type.String] does not.
func typeName(t reflect.Type) string {
	if t == nil {
		return "nil"
	}
	if t.PkgPath() != "" {
		return t.PkgPath() + "." + t.Name()
	}
	return t.String()
}

// unidentified is the identity of what says that it has none, or part of the identity of what is made of such.
const unidentified = "unidentified"

// contentOf returns what identifies v, as JSON.
func contentOf(v any) (json.RawMessage, error) {
	if h, ok := v.(interface{ Holds() any }); ok {
		return content(v, h.Holds)
	}
	if identity := plainjson.Identity(v); identity != nil {
		text, err := content(v, identity)
		if err == nil && (string(text) == `""` || strings.Contains(string(text), unidentified)) {
			return nil, fmt.Errorf("%T does not say what it is by its method Identity", v)
		}
		return text, err
	}
	text, err := content(v, func() any { return v })
	if err == nil && string(text) == "{}" && plainjson.HidesAll(reflect.TypeOf(v)) {
		return nil, fmt.Errorf("%T has neither a method Identity nor fields with JSON", v)
	}
	return text, err
}

// content returns the JSON of what get returns, a panic in it as an error.
func content(v any, get func() any) (text json.RawMessage, err error) {
	defer func() {
		if p := recover(); p != nil {
			text, err = nil, fmt.Errorf("%T: panic: %v", v, p)
		}
	}()
	text, err = plainjson.Marshal(get())
	if err != nil {
		return nil, fmt.Errorf("%T has neither a method Identity nor JSON: %w", v, err)
	}
	return text, nil
}

// itemFingerprint identifies an item of an identified target; it is "" if the input has no identity.
func (i *itemState) itemFingerprint(in any) string {
	return i.workFingerprint(in, "item", i.fingerprint, strconv.Itoa(i.repeat), i.id)
}

// callFingerprint identifies a call: who makes it and where, what answers, and what is asked. What answers is told by the method Identity
// of the stage; where there is none it is what identifies the whole target.
func (s *scope) callFingerprint(info *CallInfo, stage, in any) string {
	if s.item.fingerprint == "" {
		return ""
	}
	answering := s.item.fingerprint
	if plainjson.Identity(stage) != nil {
		if known, err := contentOf(stage); err == nil {
			answering = string(known)
		}
	}
	return s.item.workFingerprint(in, "call", info.Item, strconv.Itoa(s.item.repeat), info.Stage, info.Element, strconv.Itoa(info.Seq),
		info.Resource, answering)
}

// workFingerprint hashes parts and in; it returns "" if in has no identity.
func (i *itemState) workFingerprint(in any, parts ...string) string {
	h := i.hashers.get()
	defer i.hashers.put(h)
	return h.hash(in, &i.texts, parts)
}

// hashers keeps hashers for use again: one works on every item and call. It is safe for concurrent use; the zero value is empty.
type hashers struct{ pool sync.Pool }

func (hs *hashers) get() *valueHasher {
	if h, ok := hs.pool.Get().(*valueHasher); ok {
		return h
	}
	return newValueHasher()
}

func (hs *hashers) put(h *valueHasher) {
	h.sums = nil
	hs.pool.Put(h)
}
