package integration_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gloss-sdk/gloss/internal/integration/tinygguf"
)

// The models of the tests' own server.
const (
	wideModel    = "tiny"
	wideWindow   = tinygguf.ContextLength
	narrowModel  = "tiny-narrow" // the same in a smaller window
	narrowWindow = 512
	endlessModel = "tiny-endless" // in the wide window
	modelSeed    = 1
)

// patience bounds what a server on a busy computer may take to start, to load a model, or to stop.
const patience = time.Minute

// ollama is a server of the tests' own, with a home and a directory of models that go when it goes.
type ollama struct {
	root   string // its address as a URL, without a path
	home   string
	log    *serverLog
	server *os.Process
	exited chan struct{} // closed when the server has ended
}

// startOllama starts the program at path on a free loopback port and gives it the models.
func startOllama(ctx context.Context, path string) (_ *ollama, err error) {
	home, err := os.MkdirTemp("", "gloss-ollama-")
	if err != nil {
		return nil, err
	}
	s := &ollama{home: home, log: newServerLog(), exited: make(chan struct{})}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w\n%s", errors.Join(err, s.stop()), s.log.since(0))
		}
	}()
	ctx, ended := context.WithCancelCause(ctx)
	defer ended(nil)
	if err := s.start(path, ended); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	address, err := s.log.await(ctx, 0, regexp.MustCompile(`Listening on (127\.0\.0\.1:\d+)`))
	if err != nil {
		return nil, fmt.Errorf("waiting for the server to listen: %w", err)
	}
	s.root = "http://" + address
	return s, s.makeModels(ctx)
}

// start starts the program; ended is told when it ends.
func (s *ollama) start(path string, ended context.CancelCauseFunc) error {
	c := exec.Command(path, "serve")
	c.Env = append(os.Environ(),
		"HOME="+s.home, "OLLAMA_MODELS="+filepath.Join(s.home, "models"),
		"OLLAMA_HOST=127.0.0.1:0", // the server picks a port and logs it
		"OLLAMA_NUM_PARALLEL=1", "OLLAMA_NO_CLOUD=1", "OLLAMA_DEBUG=1", "OLLAMA_KEEP_ALIVE=-1")
	c.Stdout, c.Stderr = s.log, s.log
	ownGroup(c)
	if err := c.Start(); err != nil {
		return err
	}
	s.server = c.Process
	go func() {
		ended(fmt.Errorf("the program has ended: %w", errors.Join(c.Wait(), errors.New("want a server"))))
		close(s.exited)
	}()
	return nil
}

func (s *ollama) makeModels(ctx context.Context) error {
	finite, endless := tinygguf.Model(modelSeed), tinygguf.Endless(modelSeed)
	return errors.Join(
		s.makeModel(ctx, wideModel, finite, wideWindow),
		s.makeModel(ctx, narrowModel, finite, narrowWindow),
		s.makeModel(ctx, endlessModel, endless, wideWindow),
	)
}

// makeModel uploads a file and makes a model of it. It has one thread: threads that wait for each other make so small a model hundreds of
// times slower on a busy computer.
func (s *ollama) makeModel(ctx context.Context, name string, file []byte, window int) error {
	sum := sha256.Sum256(file)
	digest := "sha256:" + hex.EncodeToString(sum[:])
	if err := s.post(ctx, "/api/blobs/"+digest, bytes.NewReader(file)); err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{
		"model": name, "files": map[string]string{"tiny.gguf": digest}, "template": tinygguf.Template,
		"parameters": map[string]any{"num_ctx": window, "num_thread": 1}, "stream": false,
	})
	if err != nil {
		return err
	}
	return s.post(ctx, "/api/create", bytes.NewReader(body))
}

func (s *ollama) post(ctx context.Context, path string, body io.Reader) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.root+path, body)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		return fmt.Errorf("POST %s: %s %s: %w", path, resp.Status, answer, errors.Join(err, errors.New("want 2xx")))
	}
	return nil
}

// stop ends the server, which ends the processes that run its models, and removes its home. Only what does not end in this way is killed,
// and reported.
func (s *ollama) stop() error {
	defer os.RemoveAll(s.home)
	if s.server == nil {
		return nil
	}
	if err := s.server.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-s.exited:
		if left := s.leftRunners(); left != nil {
			return errors.Join(left, killGroup(s.server))
		}
		return nil
	case <-time.After(patience):
		return errors.Join(errors.New("the server did not stop when interrupted and was killed"), killGroup(s.server))
	}
}

var runnerPort = regexp.MustCompile(`cmd="[^"]* runner [^"]*--port (\d+)"`)

// leftRunners reports the runners that outlived the server: one that runs answers on its port.
func (s *ollama) leftRunners() error {
	var errs []error
	for _, match := range runnerPort.FindAllStringSubmatch(s.log.since(0), -1) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+match[1]+"/health", nil)
		if err == nil {
			if resp, err := http.DefaultClient.Do(req); err == nil {
				resp.Body.Close()
				errs = append(errs, fmt.Errorf("the runner on port %s outlived its server", match[1]))
			}
		}
		cancel()
	}
	return errors.Join(errs...)
}

// serverLog keeps what a server writes and lets tests wait for it.
type serverLog struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed and replaced by each write
}

func newServerLog() *serverLog { return &serverLog{changed: make(chan struct{})} }

// Write appends p.
func (l *serverLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.changed)
	l.changed = make(chan struct{})
	return l.text.Write(p)
}

// mark is the place where the log ends now.
func (l *serverLog) mark() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Len()
}

func (l *serverLog) since(mark int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text.Bytes()[mark:])
}

// await returns the last group of the first match behind mark, as soon as there is one.
func (l *serverLog) await(ctx context.Context, mark int, want *regexp.Regexp) (string, error) {
	for {
		l.mu.Lock()
		match, changed := want.FindSubmatch(l.text.Bytes()[mark:]), l.changed
		l.mu.Unlock()
		if match != nil {
			return string(match[len(match)-1]), nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return "", fmt.Errorf("no line of the log matches %s: %w", strconv.Quote(want.String()), context.Cause(ctx))
		}
	}
}

// tail is the end of a log, for a failure's output.
func tail(log string, lines int) string {
	all := strings.Split(strings.TrimRight(log, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
