package cassette

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/gloss-sdk/gloss/llm"
)

// Recorder writes a cassette. It is made by [Record], is safe for concurrent use, and must be closed: the file appears at its path
// with [Recorder.Close], whole, in place of one that was there.
type Recorder struct {
	path string

	mu     sync.Mutex
	file   *os.File // nil once closed
	broken error    // what keeps the file from being whole
}

// Record starts a cassette that [Recorder.Close] puts at path. Until then it is a temporary file in the same folder, which must exist
// and be writable.
func Record(path string) (*Recorder, error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return nil, fmt.Errorf("record cassette: %w", err)
	}
	r := &Recorder{path: path, file: file}
	if err := r.write(header{format, version}); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Middleware returns the middleware that records every call of the model it wraps, answer or error, and passes it on. Several models
// can share a recorder.
//
// Calls are recorded in the order in which they end: with concurrent calls that order is not the same every time, and a replay
// does not depend on it unless equal requests were answered differently. A call that ends with its ctx done is not recorded,
// because the caller gave up and the model did not fail. A call that cannot be recorded fails with [llm.CodeUnknown], and one that
// cannot be written as JSON or comes after Close with [llm.CodeInvalid], before the model is asked.
//
// The identity is that of the wrapped model: recording does not change an answer.
func (r *Recorder) Middleware() llm.Middleware {
	return func(m llm.Model) llm.Model { return &recorded{m, r} }
}

// Close puts the cassette at its path, after the last call has returned. If anything could not be written, the error says so, what
// was at the path stays, and the temporary file is removed. Later calls do nothing.
func (r *Recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return nil
	}
	file := r.file
	r.file = nil
	err := errors.Join(r.broken, file.Sync(), file.Chmod(0o644), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), r.path)
	}
	if err != nil {
		return fmt.Errorf("record cassette %s: %w", r.path, errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}

func (r *Recorder) isClosed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.file == nil
}

// write appends one line.
func (r *Recorder) write(v any) error {
	line, err := encode(v)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return errClosed()
	}
	if _, err := r.file.Write(line); err != nil {
		r.broken = errors.Join(r.broken, err)
		return fmt.Errorf("record cassette: %w", err)
	}
	return nil
}

func errClosed() error { return errors.New("the cassette is closed; close it after the last call") }

type recorded struct {
	model    llm.Model
	recorder *Recorder
}

var (
	_ llm.Identifier = (*recorded)(nil)
	_ llm.Describer  = (*recorded)(nil)
	_ llm.Rehearser  = (*recorded)(nil)
)

func (m *recorded) Generate(ctx context.Context, req llm.Request) (llm.Response, error) {
	if _, err := keyOf(req); err != nil {
		return llm.Response{}, m.fail(llm.CodeInvalid, err)
	}
	if m.recorder.isClosed() {
		return llm.Response{}, m.fail(llm.CodeInvalid, errClosed())
	}
	resp, err := m.model.Generate(ctx, req)
	if err != nil && ctx.Err() != nil {
		return resp, err //nolint:wrapcheck // a model's own error is the error of this port
	}
	if err := m.recorder.write(newInteraction(req, resp, err)); err != nil {
		return llm.Response{}, m.fail(llm.CodeUnknown, err)
	}
	return resp, err //nolint:wrapcheck // as above
}

func (m *recorded) fail(code llm.Code, err error) error {
	return &llm.Error{Code: code, Model: m.Identity(), Err: fmt.Errorf("not recorded: %w", err)}
}

func (m *recorded) Identity() string { return llm.IdentityOf(m.model) }

func (m *recorded) ModelInfo() (provider, model string) { return llm.ModelInfoOf(m.model) }

// Rehearse records nothing: the answer is none of the model's.
func (m *recorded) Rehearse(ctx context.Context, req llm.Request) (llm.Response, error) {
	return llm.Rehearse(ctx, m.model, req) //nolint:wrapcheck // as above
}
