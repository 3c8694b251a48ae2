package eventlog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/eventlog"
)

// entries keeps what is logged at a level or above, as text without times, and the contexts.
type entries struct {
	level slog.Level

	mu    sync.Mutex
	lines []string
	ctxs  []context.Context
}

func (h *entries) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }
func (h *entries) WithAttrs([]slog.Attr) slog.Handler               { return h }
func (h *entries) WithGroup(string) slog.Handler                    { return h }

func (h *entries) Handle(ctx context.Context, r slog.Record) error {
	var b bytes.Buffer
	text := slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	if err := text.Handle(ctx, r); err != nil {
		return fmt.Errorf("text: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines, h.ctxs = append(h.lines, strings.TrimSpace(b.String())), append(h.ctxs, ctx)
	return nil
}

func (h *entries) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.lines)
}

func newLog(t *testing.T, h slog.Handler, opts ...eventlog.Option) *eventlog.Log {
	t.Helper()
	log, err := eventlog.New(slog.New(h), opts...)
	require.NoError(t, err)
	return log
}

// essay is the input of the tests, feedback the output. Both hold the canary.
type essay struct{ Text string }

type feedback struct{ Text string }

func (feedback) TokenUsage() (input, output, cached, reasoning int) { return 900, 100, 0, 0 }

// canary must never be logged; nor must what the identifiers of items begin with.
const (
	canary  = "CANARY"
	student = "student-"
)

// serviceError is the failure of a service, which quotes what it was sent.
type serviceError struct {
	class     string
	retryable bool
	quoted    string
}

func (e *serviceError) Error() string      { return "cannot read " + e.quoted }
func (e *serviceError) ErrorClass() string { return e.class }
func (e *serviceError) RetryDelay() (delay time.Duration, retryable bool) {
	return time.Second, e.retryable
}

// service fails as the text of an essay asks for.
type service struct {
	mu   sync.Mutex
	seen map[string]int
}

func (s *service) ModelInfo() (provider, model string) { return "acme", "acme-1" }

func (s *service) Run(_ context.Context, in essay) (feedback, error) {
	time.Sleep(2 * time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[in.Text]++
	switch {
	case strings.HasSuffix(in.Text, "busy") && s.seen[in.Text] == 1:
		return feedback{}, &serviceError{"throttled", true, in.Text}
	case strings.HasSuffix(in.Text, "refused"):
		return feedback{}, &serviceError{"refused", false, in.Text}
	case strings.HasSuffix(in.Text, "panic"):
		panic("cannot read " + in.Text)
	case strings.HasSuffix(in.Text, "bad"):
		return feedback{}, fmt.Errorf("cannot read %s: %w", in.Text, errors.New(in.Text))
	default:
		return feedback{canary + in.Text}, nil
	}
}

// grade runs the essays one after the other, with log as the observer.
func grade(t *testing.T, log *eventlog.Log, texts []string, opts ...pipeline.RunOption) {
	t.Helper()
	prices := pipeline.PricerFunc(func(_ pipeline.CallInfo, _ string, u pipeline.Usage) (pipeline.Money, bool) {
		return pipeline.Money(u.Tokens()) * pipeline.Unit / 1e6, true
	})
	run, err := pipeline.NewRun(append(opts, pipeline.WithInFlight(1), pipeline.WithObserver(log), pipeline.WithPrices(prices))...)
	require.NoError(t, err)
	call := pipeline.Call("llm", pipeline.Stage[essay, feedback](&service{seen: map[string]int{}}))
	runner, err := pipeline.Start(t.Context(), run, pipeline.Tool("task", pipeline.Named("score", call)))
	require.NoError(t, err)
	items := func(yield func(pipeline.Item[essay]) bool) {
		for i, text := range texts {
			if !yield(pipeline.Item[essay]{ID: fmt.Sprint(student, i), In: essay{canary + text}}) {
				return
			}
		}
	}
	for range runner.Stream(t.Context(), items) {
	}
}

func texts() []string { return []string{"fine", "busy", "refused", "panic", "bad"} }

func TestRunIsLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &entries{level: slog.LevelDebug}
		grade(t, newLog(t, h), texts())
		used := "calls=1 input_tokens=900 output_tokens=100 cost=0.001"
		call := "stage=score resource=llm provider=acme model=acme-1 seq=1 attempt=1"
		assert.Equal(t, []string{
			`level=DEBUG msg="asset ready" target=task asset_origin=tool elapsed=0s`,
			`level=INFO msg="batch started" target=task batch=1`,
			`level=DEBUG msg="item finished" target=task batch=1 index=0 ` + used + ` elapsed=2s`,
			`level=DEBUG msg="attempt failed" target=task batch=1 index=1 ` + call +
				` error_class=throttled error_type=*eventlog_test.serviceError elapsed=2s`,
			`level=DEBUG msg="item finished" target=task batch=1 index=1 calls=2 input_tokens=900 output_tokens=100 cost=0.001 elapsed=5s`,
			`level=WARN msg="attempt failed" target=task batch=1 index=2 ` + call +
				` error_class=refused error_type=*eventlog_test.serviceError elapsed=2s`,
			`level=WARN msg="item failed" target=task batch=1 index=2 stage=score ` +
				`error_class=refused error_type=*eventlog_test.serviceError calls=1 elapsed=2s`,
			`level=WARN msg="attempt failed" target=task batch=1 index=3 ` + call +
				` error_class=panic error_type=*pipeline.PanicError elapsed=2s`,
			`level=WARN msg="item failed" target=task batch=1 index=3 stage=score ` +
				`error_class=panic error_type=*pipeline.PanicError calls=1 elapsed=2s`,
			`level=WARN msg="attempt failed" target=task batch=1 index=4 ` + call +
				` error_class=unknown error_type=*errors.errorString elapsed=2s`,
			`level=WARN msg="item failed" target=task batch=1 index=4 stage=score ` +
				`error_class=unknown error_type=*errors.errorString calls=1 elapsed=2s`,
			`level=INFO msg="batch ended" target=task batch=1 items=5 failed=3 ` +
				`calls=6 input_tokens=1800 output_tokens=200 cost=0.002 elapsed=13s`,
		}, h.all())
	})
}

func TestLevels(t *testing.T) {
	t.Parallel()
	for level, want := range map[slog.Level]int{slog.LevelDebug: 12, slog.LevelInfo: 8, slog.LevelWarn: 6, slog.LevelError: 0} {
		synctest.Test(t, func(t *testing.T) {
			h := &entries{level: level}
			grade(t, newLog(t, h), texts())
			assert.Len(t, h.all(), want, "%s: %v", level, h.all())
		})
	}
}

func TestStopIsLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &entries{level: slog.LevelInfo}
		grade(t, newLog(t, h), []string{"fine", "fine", "fine", "fine"}, pipeline.WithBudget(pipeline.Budget{Calls: 2}))
		assert.Equal(t, []string{
			`level=INFO msg="batch started" target=task batch=1`,
			`level=ERROR msg="run stopped" target=task batch=1 ` +
				`reason="the budget of 2 calls is spent: 2 were made and 0 are in flight"`,
			`level=INFO msg="batch ended" target=task batch=1 items=3 not_run=1 ` +
				`calls=2 input_tokens=1800 output_tokens=200 cost=0.002 elapsed=4s`,
		}, h.all())
	})
}

func TestAssetFails(t *testing.T) {
	t.Parallel()
	h := &entries{level: slog.LevelInfo}
	run, err := pipeline.NewRun(pipeline.WithObserver(newLog(t, h)))
	require.NoError(t, err)
	asset := pipeline.Source("class", func(context.Context) (string, error) { return "", fmt.Errorf("line 3: %s", canary) })
	_, err = pipeline.Value(t.Context(), run, asset)
	require.Error(t, err)
	require.Len(t, h.all(), 1)
	assert.Regexp(t, `^level=ERROR msg="asset failed" target=class asset_origin=source elapsed=\S+ `+
		`error_class=unknown error_type=\*errors.errorString$`, h.all()[0])
}

// The texts of inputs, outputs and errors, and who wrote them, are not logged at any level, in any format, whatever happens.
func TestNoTextIsLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		log := newLog(t, slog.NewJSONHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug - 10}))
		grade(t, log, texts())
		grade(t, log, texts(), pipeline.WithFailurePolicy(pipeline.FailurePolicy{Count: 1}))
		require.NotEmpty(t, b.String())
		assert.NotContains(t, b.String(), canary)
		assert.NotContains(t, b.String(), student)
		for line := range strings.Lines(b.String()) {
			var fields map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &fields))
			for key := range fields {
				assert.Contains(t, keys(), key)
			}
		}
	})
}

// keys are all keys that a log may have: those of the package and those of slog.
func keys() []string {
	return []string{
		slog.TimeKey, slog.LevelKey, slog.MessageKey,
		eventlog.KeyTarget, eventlog.KeyBatch, eventlog.KeyIndex, eventlog.KeyItem, eventlog.KeyStage, eventlog.KeyElement,
		eventlog.KeyResource, eventlog.KeyProvider, eventlog.KeyModel, eventlog.KeySeq, eventlog.KeyAttempt,
		eventlog.KeyErrorClass, eventlog.KeyErrorType, eventlog.KeyReason, eventlog.KeyOrigin, eventlog.KeyAssetOrigin,
		eventlog.KeyElapsed, eventlog.KeyWaited, eventlog.KeyItems, eventlog.KeyFailed, eventlog.KeyUnrun, eventlog.KeyReused,
		eventlog.KeyCalls, eventlog.KeyInput, eventlog.KeyOutput, eventlog.KeyCost, eventlog.KeyUnpriced,
	}
}

func TestItemIDs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &entries{level: slog.LevelWarn}
		grade(t, newLog(t, h, eventlog.ItemIDs()), []string{"fine", "refused"})
		require.Len(t, h.all(), 2)
		for _, line := range h.all() {
			assert.Contains(t, line, "index=1 item=student-1 ")
		}
	})
}

// What comes up in no run of the other tests: reused outcomes, elements, waits, calls of assets, single inputs, contexts that ended.
func TestEvents(t *testing.T) {
	t.Parallel()
	failed := func(err error) error { return &pipeline.StageError{Stage: "a/b", Item: "student-1", Err: err} }
	call := &pipeline.CallInfo{Resource: "llm", Seq: 2, Attempt: 3}
	for name, c := range map[string]struct {
		event pipeline.Event
		want  string
	}{
		"reused": {
			pipeline.Event{Kind: pipeline.KindItem, Target: "task", Batch: 7, Index: 3, Origin: "record", Usage: pipeline.Usage{Reused: 2}},
			`level=DEBUG msg="item finished" target=task batch=7 index=3 origin=record elapsed=0s`,
		},
		"price not known": {
			pipeline.Event{Kind: pipeline.KindItem, Batch: 7, Usage: pipeline.Usage{Calls: 2, Unpriced: 1}},
			`level=DEBUG msg="item finished" batch=7 index=0 calls=2 unpriced_calls=1 elapsed=0s`,
		},
		"canceled": {
			pipeline.Event{Kind: pipeline.KindItem, Batch: 7, Err: failed(context.Canceled)},
			`level=WARN msg="item failed" batch=7 index=0 stage=a/b error_class=canceled error_type=*errors.errorString elapsed=0s`,
		},
		"out of time": {
			pipeline.Event{Kind: pipeline.KindItem, Batch: 7, Err: failed(context.DeadlineExceeded)},
			`level=WARN msg="item failed" batch=7 index=0 stage=a/b ` +
				`error_class=timeout error_type=context.deadlineExceededError elapsed=0s`,
		},
		"several errors": {
			pipeline.Event{Kind: pipeline.KindItem, Batch: 7, Err: failed(errors.Join(io.EOF, context.Canceled))},
			`level=WARN msg="item failed" batch=7 index=0 stage=a/b error_class=canceled error_type=*errors.errorString elapsed=0s`,
		},
		"a nil pointer as an error": {
			pipeline.Event{Kind: pipeline.KindItem, Batch: 7, Err: (*pipeline.StageError)(nil)},
			`level=WARN msg="item failed" batch=7 index=0 error_class=unknown error_type=*pipeline.StageError elapsed=0s`,
		},
		"not run": {
			pipeline.Event{Kind: pipeline.KindItem, Batch: 7, Err: failed(&pipeline.StopError{Err: io.EOF})},
			`level=DEBUG msg="item not run" batch=7 index=0 stage=a/b error_class=stopped error_type=*errors.errorString elapsed=0s`,
		},
		"element that waited": {
			pipeline.Event{
				Kind: pipeline.KindCall, Batch: 7, Stage: "a", Element: "0.2", Call: call, Err: io.EOF,
				Elapsed: 5 * time.Second, Waited: 3 * time.Second,
			},
			`level=WARN msg="attempt failed" batch=7 index=0 stage=a element=0.2 resource=llm seq=2 attempt=3 ` +
				`error_class=unknown error_type=*errors.errorString elapsed=5s waited=3s`,
		},
		"call of an asset": {
			pipeline.Event{Kind: pipeline.KindCall, Target: "index", Call: call, Err: io.EOF},
			`level=WARN msg="attempt failed" target=index resource=llm seq=2 attempt=3 ` +
				`error_class=unknown error_type=*errors.errorString elapsed=0s`,
		},
		"end of a batch that nobody saw begin": {
			pipeline.Event{Kind: pipeline.KindBatchEnded, Batch: 7}, `level=INFO msg="batch ended" batch=7 items=0`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &entries{level: slog.LevelDebug}
			newLog(t, h).Observe(t.Context(), c.event)
			assert.Equal(t, []string{c.want}, h.all())
		})
	}
}

func TestNotLogged(t *testing.T) {
	t.Parallel()
	h := &entries{level: slog.LevelDebug}
	log := newLog(t, h)
	for _, e := range []pipeline.Event{
		{Kind: pipeline.KindItemStarted}, {Kind: pipeline.KindStage, Err: io.EOF}, {Kind: pipeline.KindCallStarted},
		{Kind: pipeline.KindCall, Call: &pipeline.CallInfo{}}, {Kind: pipeline.KindCall, Err: io.EOF}, {Kind: "of tomorrow"},
	} {
		log.Observe(t.Context(), e)
	}
	assert.Empty(t, h.all())
}

// The counts of a batch are those of its own items, and the context is that of the event.
func TestBatchesAndContexts(t *testing.T) {
	t.Parallel()
	h := &entries{level: slog.LevelInfo}
	log := newLog(t, h)
	type key struct{}
	at := func(n int) context.Context { return context.WithValue(t.Context(), key{}, n) }
	begin := time.Now()
	var work sync.WaitGroup
	for n := range 4 {
		work.Go(func() {
			log.Observe(at(n), pipeline.Event{Kind: pipeline.KindBatch, Batch: n + 1, Time: begin})
			for i := range 10 * n {
				e := pipeline.Event{Kind: pipeline.KindItem, Batch: n + 1, Index: i, Usage: pipeline.Usage{Calls: 1}}
				switch i % 10 {
				case 0:
					e.Origin = "store"
				case 1:
					e.Err = &pipeline.StopError{Err: io.EOF}
				}
				log.Observe(at(n), e)
			}
			log.Observe(at(n), pipeline.Event{Kind: pipeline.KindBatchEnded, Batch: n + 1, Time: begin.Add(time.Minute)})
		})
	}
	work.Wait()
	lines := h.all()
	for n := range 4 {
		want := fmt.Sprintf(`level=INFO msg="batch ended" batch=%d items=%d not_run=%d reused=%d calls=%d elapsed=1m0s`,
			n+1, 10*n, n, n, 10*n)
		if n == 0 {
			want = `level=INFO msg="batch ended" batch=1 items=0 elapsed=1m0s`
		}
		i := slices.Index(lines, want)
		require.GreaterOrEqual(t, i, 0, "%s\n%v", want, lines)
		assert.Equal(t, n, h.ctxs[i].Value(key{}))
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	_, err := eventlog.New(nil, nil, eventlog.ItemIDs())
	require.EqualError(t, err, "eventlog: the logger is nil\neventlog: an option is nil")
}

func BenchmarkObserve(b *testing.B) {
	for name, level := range map[string]slog.Level{"on": slog.LevelDebug, "off": slog.LevelError} {
		b.Run(name, func(b *testing.B) {
			log, err := eventlog.New(slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: level})))
			require.NoError(b, err)
			e := pipeline.Event{Kind: pipeline.KindItem, Target: "task", Batch: 1, Usage: pipeline.Usage{Calls: 1, Input: 900, Output: 100}}
			b.ReportAllocs()
			for b.Loop() {
				log.Observe(b.Context(), e)
			}
		})
	}
}
