package reuse_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/reuse"
	"github.com/gloss-sdk/gloss/pipeline/store"
)

type essay struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

func (e essay) ItemID() string { return e.ID }

type answer struct {
	Text string `json:"text"`
}

func (a answer) TokenUsage() (input, output, cached, reasoning int) { return 10, 3, 2, 1 }

// model counts its calls. What it holds besides the name is no part of its identity.
type model struct {
	name string
	// before is asked before a call is paid for; nil lets every call pass.
	before func(ctx context.Context, prompt string) error

	mu    sync.Mutex
	calls map[string]int // completed ones by prompt
}

func (m *model) Identity() string { return m.name }

func (m *model) Run(ctx context.Context, prompt string) (answer, error) {
	if m.before != nil {
		if err := m.before(ctx, prompt); err != nil {
			return answer{}, err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.calls == nil {
		m.calls = map[string]int{}
	}
	m.calls[prompt]++
	return answer{"re: " + prompt}, nil
}

// made returns the number of completed calls.
func (m *model) made() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, c := range m.calls {
		n += c
	}
	return n
}

// rating asks m two questions about an essay.
func rating(m *model) pipeline.Asset[pipeline.Stage[essay, []string]] {
	tool := pipeline.Tool[pipeline.Stage[string, answer]]("model", m)
	wire := func(n *pipeline.Needs, _ struct{}) func(context.Context) (pipeline.Stage[essay, []string], error) {
		need := pipeline.Need(n, tool)
		return func(context.Context) (pipeline.Stage[essay, []string], error) {
			call := pipeline.Call("model", need())
			return pipeline.Named("rate", pipeline.Fn(func(ctx context.Context, e essay) ([]string, error) {
				var out []string
				for _, question := range []string{"content", "style"} {
					a, err := call.Run(ctx, question+" of "+e.ID)
					if err != nil {
						return nil, err
					}
					out = append(out, a.Text)
				}
				return out, nil
			})), nil
		}
	}
	return pipeline.Derive(pipeline.Meta{Name: "rating"}, struct{}{}, wire)
}

// rated is what the rating of an essay is.
func rated(id string) []string { return []string{"re: content of " + id, "re: style of " + id} }

func essays(n int) []essay {
	var out []essay
	for i := range n {
		out = append(out, essay{fmt.Sprintf("e%d", i), "My summer"})
	}
	return out
}

// start returns the runner of the rating by m in a run of its own with j.
func start(t testing.TB, j *reuse.Journal, m *model, opts ...pipeline.RunOption) *pipeline.Runner[essay, []string] {
	t.Helper()
	run, err := pipeline.NewRun(append(opts, pipeline.WithJournal(j), pipeline.WithoutRetries())...)
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, rating(m))
	require.NoError(t, err)
	return runner
}

func results(t testing.TB, r *pipeline.Runner[essay, []string], in []essay) []pipeline.Result[[]string] {
	t.Helper()
	var out []pipeline.Result[[]string]
	for res := range r.Stream(t.Context(), pipeline.Items(in...)) {
		out = append(out, res)
	}
	return out
}

func journal(t testing.TB, s store.Store, mode reuse.Mode, opts ...reuse.Option) *reuse.Journal {
	t.Helper()
	j, err := reuse.New(s, mode, opts...)
	require.NoError(t, err)
	return j
}

func ledger(t testing.TB, s store.Store) reuse.Ledger {
	t.Helper()
	l, err := reuse.ReadLedger(t.Context(), s)
	require.NoError(t, err)
	return l
}

// item is the work of an item whose outcome is a string.
func item(fingerprint string) pipeline.Work {
	return pipeline.Work{Fingerprint: fingerprint, Target: "rating", Item: "e-" + fingerprint, Decode: decode[string]}
}

// call is the work of a call.
func call(fingerprint string) pipeline.Work {
	return pipeline.Work{
		Fingerprint: fingerprint, Target: "rating", Item: "e-" + fingerprint,
		Call: &pipeline.CallInfo{Resource: "model", Item: "e-" + fingerprint, Seq: 1}, Decode: decode[answer],
	}
}

// decode does as pipeline does.
func decode[O any](text []byte) (any, error) {
	var out O
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, err
	}
	var again bytes.Buffer
	enc := json.NewEncoder(&again)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return nil, err
	}
	if strings.TrimSuffix(again.String(), "\n") != string(text) {
		return nil, errors.New("not as it was")
	}
	return out, nil
}

// returning is work that returns v.
func returning(v any) func(context.Context) (any, error) {
	return func(context.Context) (any, error) { return v, nil }
}

// never is work that must not be done.
func never(t testing.TB) func(context.Context) (any, error) {
	t.Helper()
	return func(context.Context) (any, error) {
		t.Error("the work was done, and is kept already")
		return nil, errors.New("done again")
	}
}

// hooked is a store whose answers a test changes. Unset hooks leave the store alone.
type hooked struct {
	store.Store

	get func(ctx context.Context, key string) (store.Object, error)
	put func(ctx context.Context, key string, data []byte, over store.Tag) (store.Tag, error)
}

func (h *hooked) Get(ctx context.Context, key string) (store.Object, error) {
	if h.get != nil {
		return h.get(ctx, key)
	}
	return h.Store.Get(ctx, key)
}

func (h *hooked) Put(ctx context.Context, key string, data []byte, over store.Tag) (store.Tag, error) {
	if h.put != nil {
		return h.put(ctx, key, data, over)
	}
	return h.Store.Put(ctx, key, data, over)
}

func (h *hooked) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return h.Store.List(ctx, prefix)
}

// object returns the bytes that are stored for a fingerprint.
func object(t testing.TB, s store.Store, fingerprint string) string {
	t.Helper()
	o, err := s.Get(context.Background(), "work/"+fingerprint)
	require.NoError(t, err)
	return string(o.Data)
}
