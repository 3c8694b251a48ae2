package eventlog

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
)

// Log is a [pipeline.Observer] that logs events. Make it with [New]; it is safe for concurrent use if the handler of its logger is, and
// calls that handler on the path of the work.
type Log struct {
	logger *slog.Logger
	config config

	mu      sync.Mutex
	batches map[int]*tally // that have begun and not ended
}

var _ pipeline.Observer = (*Log)(nil)

// Option configures a [Log].
type Option interface{ apply(*config) error }

type config struct{ itemIDs bool }

type optionFunc func(*config) error

func (f optionFunc) apply(c *config) error { return f(c) }

// ItemIDs has the identifiers of items logged as [KeyItem]. By default they are not, because they may name students.
func ItemIDs() Option {
	return optionFunc(func(c *config) error {
		c.itemIDs = true
		return nil
	})
}

// New returns a log that writes to logger, with the context of each event. It reports every invalid option at once.
func New(logger *slog.Logger, opts ...Option) (*Log, error) {
	var c config
	var errs []error
	if logger == nil {
		errs = append(errs, errors.New("eventlog: the logger is nil"))
	}
	for _, o := range opts {
		if o == nil {
			errs = append(errs, errors.New("eventlog: an option is nil"))
			continue
		}
		errs = append(errs, o.apply(&c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Log{logger: logger, config: c, batches: map[int]*tally{}}, nil
}

// tally is what became of the items of a batch.
type tally struct {
	begun                        time.Time
	items, failed, unrun, reused int
	usage                        pipeline.Usage
}

// Observe logs e if there is something to say about it.
func (l *Log) Observe(ctx context.Context, e pipeline.Event) {
	switch e.Kind {
	case pipeline.KindAsset:
		l.asset(ctx, &e)
	case pipeline.KindBatch:
		l.batch(ctx, &e)
	case pipeline.KindItem:
		l.item(ctx, &e)
	case pipeline.KindCall:
		l.call(ctx, &e)
	case pipeline.KindBatchEnded:
		l.batchEnded(ctx, &e)
	default:
	}
}

// log says message about e, unless nobody listens; more adds what is special about it.
func (l *Log) log(ctx context.Context, level slog.Level, message string, e *pipeline.Event, more func(*attrs)) {
	if !l.logger.Enabled(ctx, level) {
		return
	}
	as := make(attrs, 0, 16)
	as.text(KeyTarget, e.Target)
	as.count(KeyBatch, e.Batch)
	more(&as)
	l.logger.LogAttrs(ctx, level, message, as...)
}

// place says which item e is about.
func (l *Log) place(as *attrs, e *pipeline.Event) {
	if e.Batch == 0 {
		return // a call of an asset that is built
	}
	as.add(slog.Int(KeyIndex, e.Index))
	if l.config.itemIDs {
		as.text(KeyItem, e.Item)
	}
}

func (l *Log) asset(ctx context.Context, e *pipeline.Event) {
	level, message := slog.LevelDebug, "asset ready"
	if e.Err != nil {
		level, message = slog.LevelError, "asset failed"
	}
	l.log(ctx, level, message, e, func(as *attrs) {
		if e.Asset != nil {
			as.text(KeyAssetOrigin, string(e.Asset.Origin))
		}
		as.add(slog.Duration(KeyElapsed, e.Elapsed))
		if e.Err != nil {
			as.failure(e.Err)
		}
	})
}

func (l *Log) batch(ctx context.Context, e *pipeline.Event) {
	l.mu.Lock()
	l.batches[e.Batch] = &tally{begun: e.Time}
	l.mu.Unlock()
	l.log(ctx, slog.LevelInfo, "batch started", e, func(*attrs) {})
}

func (l *Log) batchEnded(ctx context.Context, e *pipeline.Event) {
	l.mu.Lock()
	var t tally
	if known := l.batches[e.Batch]; known != nil {
		t = *known
	}
	delete(l.batches, e.Batch)
	l.mu.Unlock()
	if stop, ok := errors.AsType[*pipeline.StopError](e.Err); ok {
		l.log(ctx, slog.LevelError, "run stopped", e, func(as *attrs) { as.text(KeyReason, stop.Err.Error()) })
	}
	l.log(ctx, slog.LevelInfo, "batch ended", e, func(as *attrs) {
		as.add(slog.Int(KeyItems, t.items))
		as.count(KeyFailed, t.failed)
		as.count(KeyUnrun, t.unrun)
		as.count(KeyReused, t.reused)
		as.usage(t.usage)
		if !t.begun.IsZero() {
			as.add(slog.Duration(KeyElapsed, e.Time.Sub(t.begun)))
		}
	})
}

func (l *Log) item(ctx context.Context, e *pipeline.Event) {
	_, unrun := errors.AsType[*pipeline.StopError](e.Err)
	l.count(e, unrun)
	level, message := slog.LevelDebug, "item finished"
	switch {
	case unrun:
		message = "item not run"
	case e.Err != nil:
		level, message = slog.LevelWarn, "item failed"
	}
	l.log(ctx, level, message, e, func(as *attrs) {
		l.place(as, e)
		as.text(KeyStage, stageOf(e.Err))
		if e.Err != nil {
			as.failure(e.Err)
		}
		as.text(KeyOrigin, e.Origin)
		as.usage(e.Usage)
		as.add(slog.Duration(KeyElapsed, e.Elapsed))
	})
}

// count counts a finished item in its batch.
func (l *Log) count(e *pipeline.Event, unrun bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.batches[e.Batch]
	if t == nil {
		return // a single input has no batch around it
	}
	t.items++
	t.usage = t.usage.Add(e.Usage)
	switch {
	case unrun:
		t.unrun++
	case e.Err != nil:
		t.failed++
	case e.Origin != "":
		t.reused++
	}
}

// call logs an attempt that failed: for the moment, if its error says that sending it again can help.
func (l *Log) call(ctx context.Context, e *pipeline.Event) {
	if e.Err == nil || e.Call == nil {
		return
	}
	level := slog.LevelWarn
	if passing(e.Err) {
		level = slog.LevelDebug
	}
	l.log(ctx, level, "attempt failed", e, func(as *attrs) {
		l.place(as, e)
		as.text(KeyStage, e.Stage)
		as.text(KeyElement, e.Element)
		as.text(KeyResource, e.Call.Resource)
		as.text(KeyProvider, e.Call.Provider)
		as.text(KeyModel, e.Call.Model)
		as.count(KeySeq, e.Call.Seq)
		as.count(KeyAttempt, e.Call.Attempt)
		as.failure(e.Err)
		as.add(slog.Duration(KeyElapsed, e.Elapsed))
		if e.Waited > 0 {
			as.add(slog.Duration(KeyWaited, e.Waited))
		}
	})
}

// passing reports whether err says that the same call may succeed later.
func passing(err error) bool {
	e, ok := errors.AsType[interface {
		error
		RetryDelay() (delay time.Duration, retryable bool)
	}](err)
	if !ok {
		return false
	}
	_, retryable := e.RetryDelay()
	return retryable
}
