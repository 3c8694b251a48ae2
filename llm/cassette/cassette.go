// Package cassette records the calls of a model in a file and replays them without it, so that a test of a pipeline runs against what
// a real model answered: offline, for nothing, and the same every time.
//
// [Record] makes the middleware that writes a cassette, [Replay] the model that answers from one:
//
//	rec, err := cassette.Record("testdata/grading.jsonl") // once, with the real model
//	grader := llm.Wrap(real, llm.Defaults(s), rec.Middleware())
//	...
//	err = rec.Close()
//
//	player, err := cassette.Replay("testdata/grading.jsonl") // in the test
//	grader := llm.Wrap(player, llm.Defaults(s))
//
// Replay stands where the recorder stood: recorded innermost, as here, a cassette holds what the provider was sent, and the
// defaults are needed again; recorded outermost it holds what the caller sent.
//
// # The file
//
// A cassette is UTF-8 text with one JSON object a line. The first says what the file is: {"format":"gloss-cassette","version":1}. Every other
// line is one call: the request, and either the response or the error with its code, status, wait and message:
//
//	{"request":{"messages":[…]},"response":{"text":"…","finish":"stop","model":"…","usage":{…}}}
//	{"request":{"messages":[…]},"error":{"code":"throttled","model":"…","status":429,"retry_after":"2s","message":"…"}}
//
// It holds prompts and replies as they are, so a cassette of real submissions is as confidential as they are. It holds no
// credentials, because a request has none. Bytes that are not UTF-8 are recorded as U+FFFD, in requests as in answers.
package cassette

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gloss-sdk/gloss/internal/strictjson"
	"github.com/gloss-sdk/gloss/llm"
)

const (
	format  = "gloss-cassette"
	version = 1
)

type header struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
}

// interaction is one call: a line of the file.
type interaction struct {
	Request  llm.Request   `json:"request"`
	Response *llm.Response `json:"response,omitempty"`
	Error    *failure      `json:"error,omitempty"`
}

// failure is an [llm.Error] as data.
type failure struct {
	Code       llm.Code `json:"code"`
	Model      string   `json:"model,omitempty"`
	Status     int      `json:"status,omitempty"`
	RetryAfter string   `json:"retry_after,omitempty"`
	Message    string   `json:"message,omitempty"`
}

func newInteraction(req llm.Request, resp llm.Response, err error) interaction {
	if err == nil {
		return interaction{Request: req, Response: &resp}
	}
	e, ok := errors.AsType[*llm.Error](err)
	if !ok {
		return interaction{Request: req, Error: &failure{Code: llm.CodeUnknown, Message: err.Error()}}
	}
	f := &failure{Code: e.Code, Model: e.Model, Status: e.Status}
	if e.RetryAfter != 0 {
		f.RetryAfter = e.RetryAfter.String()
	}
	if e.Err != nil {
		f.Message = e.Err.Error()
	}
	return interaction{Request: req, Error: f}
}

// outcome is what the model returned.
func (i interaction) outcome() (llm.Response, error) {
	if i.Error == nil {
		return *i.Response, nil
	}
	e := &llm.Error{Code: i.Error.Code, Model: i.Error.Model, Status: i.Error.Status}
	e.RetryAfter, _ = i.Error.wait() // it was checked when it was read
	if i.Error.Message != "" {
		e.Err = errors.New(i.Error.Message)
	}
	return llm.Response{}, e
}

func (f *failure) wait() (time.Duration, error) {
	if f.RetryAfter == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(f.RetryAfter)
	if err != nil {
		return 0, errors.New(`error.retry_after: want a duration such as "1.5s"`)
	}
	return d, nil
}

func (i interaction) check() error {
	if (i.Response == nil) == (i.Error == nil) {
		return errors.New("want either a response or an error")
	}
	if i.Error == nil {
		return nil
	}
	if i.Error.Code == "" {
		return errors.New("error.code: want the code of the error")
	}
	_, err := i.Error.wait()
	return err
}

// key identifies a request by everything in it.
type key [sha256.Size]byte

func keyOf(req llm.Request) (key, error) {
	data, err := encode(req)
	return sha256.Sum256(data), err
}

// encode writes v on one line, ending in a newline.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // essays and schemas stay readable
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return b.Bytes(), nil
}

// parse reads a whole cassette. Its error names every line at fault and repeats no text of the file.
func parse(data []byte) ([]interaction, error) {
	first, rest, whole := bytes.Cut(data, []byte{'\n'})
	var head header
	if err := decode(first, &head); err != nil || head.Format != format {
		return nil, fmt.Errorf("line 1: want the header of a cassette, as in {\"format\":%q,\"version\":%d}", format, version)
	}
	if head.Version != version {
		return nil, fmt.Errorf("line 1: the cassette has version %d; want %d", head.Version, version)
	}
	var read []interaction
	var faults []error
	for n := 2; whole && len(rest) > 0; n++ {
		var line []byte
		line, rest, whole = bytes.Cut(rest, []byte{'\n'})
		if !whole { // it may be the first part of a longer line
			faults = append(faults, fmt.Errorf("line %d: the line is not complete; want a newline at the end of the file", n))
			break
		}
		var i interaction
		err := decode(line, &i)
		if err == nil {
			err = i.check()
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("line %d: %w", n, err))
			continue
		}
		read = append(read, i)
	}
	if !whole && len(faults) == 0 {
		faults = append(faults, errors.New("line 1: the line is not complete; want a newline at the end of the file"))
	}
	return read, errors.Join(faults...)
}

// decode is strict, and leaves the values out of its errors: they may be of a student.
func decode(line []byte, v any) error {
	err := strictjson.Unmarshal(line, v)
	faults, ok := errors.AsType[strictjson.Errors](err)
	if !ok {
		return err //nolint:wrapcheck // nil, or the fault of a caller of this function
	}
	said := make([]string, len(faults))
	for i, f := range faults {
		said[i] = "want " + f.Want
		if f.Path != "" {
			said[i] = f.Path + ": " + said[i]
		}
	}
	return errors.New(strings.Join(said, "; "))
}
