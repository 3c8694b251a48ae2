package cassette

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
)

const head = `{"format":"gloss-cassette","version":1}` + "\n"

func ask(text string) llm.Request {
	return llm.Request{Messages: []llm.Message{{Role: llm.User, Text: text}}}
}

func fullRequest() llm.Request {
	temperature, seed := 0.5, int64(7)
	return llm.Request{
		Messages: []llm.Message{
			{Role: llm.System, Text: "Grade the <essay>."},
			{Role: llm.User, Text: "Wale singen für „uns“ 😍\n"},
		},
		Reply:       &llm.Schema{Name: "grade", JSON: json.RawMessage(`{"type": "object", "required": ["b", "a"]}`)},
		Temperature: &temperature, MaxTokens: 300, Seed: &seed,
	}
}

func TestInteractionsSurviveTheFile(t *testing.T) {
	t.Parallel()
	full := llm.Response{
		Text: "{\"score\": 3}\n", Finish: llm.FinishLength, Model: "acme/one",
		Usage: llm.Usage{Input: 10, Output: 4, Cached: 2, Reasoning: 1},
	}
	for name, test := range map[string]struct {
		resp llm.Response
		err  error
		want *llm.Error
	}{
		"response":       {resp: full},
		"empty response": {},
		"every field": {
			err: &llm.Error{
				Code: llm.CodeThrottled, Model: "acme/one", Status: 429, RetryAfter: 1500 * time.Millisecond, Err: errors.New("slow down"),
			},
			want: &llm.Error{
				Code: llm.CodeThrottled, Model: "acme/one", Status: 429, RetryAfter: 1500 * time.Millisecond, Err: errors.New("slow down"),
			},
		},
		"only a code": {err: &llm.Error{Code: llm.CodeAuth}, want: &llm.Error{Code: llm.CodeAuth}},
		"another type": {
			err: errors.New("a bug"), want: &llm.Error{Code: llm.CodeUnknown, Err: errors.New("a bug")},
		},
		"in a chain": {
			err:  errors.Join(&llm.Error{Code: llm.CodeRefused, Err: errors.New("filtered")}),
			want: &llm.Error{Code: llm.CodeRefused, Err: errors.New("filtered")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			line, err := encode(newInteraction(fullRequest(), test.resp, test.err))
			require.NoError(t, err)
			require.Equal(t, 1, bytes.Count(line, []byte("\n")), "one line")
			read, err := parse(append([]byte(head), line...))
			require.NoError(t, err)
			require.Len(t, read, 1)
			assert.JSONEq(t, string(fullRequest().Reply.JSON), string(read[0].Request.Reply.JSON))
			want, err := keyOf(fullRequest())
			require.NoError(t, err)
			got, err := keyOf(read[0].Request)
			require.NoError(t, err)
			assert.Equal(t, want, got)

			resp, failed := read[0].outcome()
			assert.Equal(t, test.resp, resp)
			if test.want == nil {
				assert.NoError(t, failed)
				return
			}
			assert.Equal(t, test.want, failed)
		})
	}
}

func TestTheFileIsReadable(t *testing.T) {
	t.Parallel()
	line, err := encode(newInteraction(fullRequest(), llm.Response{Text: "<b>", Finish: llm.FinishStop, Model: "acme/one"}, nil))
	require.NoError(t, err)
	assert.Equal(t, `{"request":{"messages":[{"role":"system","text":"Grade the <essay>."},`+
		`{"role":"user","text":"Wale singen für „uns“ 😍\n"}],"reply":{"name":"grade","json":{"type":"object","required":["b","a"]}},`+
		`"temperature":0.5,"max_tokens":300,"seed":7},`+
		`"response":{"text":"<b>","finish":"stop","model":"acme/one","usage":{"input":0,"output":0}}}`+"\n", string(line))

	line, err = encode(newInteraction(ask("a"), llm.Response{}, &llm.Error{Code: llm.CodeThrottled, Status: 429, RetryAfter: 2 * time.Second}))
	require.NoError(t, err)
	assert.Equal(t, `{"request":{"messages":[{"role":"user","text":"a"}]},`+
		`"error":{"code":"throttled","status":429,"retry_after":"2s"}}`+"\n", string(line))
}

func TestKeysDifferInEveryPart(t *testing.T) {
	t.Parallel()
	seen := map[key]string{}
	for name, edit := range map[string]func(*llm.Request){
		"as it is": func(*llm.Request) {},
		"role":     func(r *llm.Request) { r.Messages[0].Role = llm.User },
		"text":     func(r *llm.Request) { r.Messages[1].Text += " " },
		"one more": func(r *llm.Request) { r.Messages = append(r.Messages, llm.Message{}) },
		"one less": func(r *llm.Request) { r.Messages = r.Messages[1:] },
		"moved text": func(r *llm.Request) {
			r.Messages[0].Text, r.Messages[1].Text = r.Messages[0].Text+"W", r.Messages[1].Text[1:]
		},
		"no schema":      func(r *llm.Request) { r.Reply = nil },
		"schema name":    func(r *llm.Request) { r.Reply.Name = "x" },
		"schema order":   func(r *llm.Request) { r.Reply.JSON = json.RawMessage(`{"required":["b","a"],"type":"object"}`) },
		"no temperature": func(r *llm.Request) { r.Temperature = nil },
		"temperature":    func(r *llm.Request) { *r.Temperature = 0 },
		"bound":          func(r *llm.Request) { r.MaxTokens = 0 },
		"seed":           func(r *llm.Request) { *r.Seed = 0 },
		"no seed":        func(r *llm.Request) { r.Seed = nil },
	} {
		req := fullRequest()
		edit(&req)
		k, err := keyOf(req)
		require.NoError(t, err)
		assert.Empty(t, seen[k], "%s has the key of another request", name)
		seen[k] = name
	}

	blanks := fullRequest()
	blanks.Reply.JSON = json.RawMessage("{\n\t\"type\": \"object\",\n\t\"required\": [\"b\", \"a\"]\n}")
	k, err := keyOf(blanks)
	require.NoError(t, err)
	assert.Equal(t, "as it is", seen[k], "white space in a schema says nothing to a model")

	nan := math.NaN()
	_, err = keyOf(llm.Request{Temperature: &nan})
	assert.Error(t, err)
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	const good = `{"request":{"messages":[{"role":"user","text":"a"}]},"response":{"text":"b","finish":"stop","model":"m","usage":{"input":1,"output":1}}}` + "\n"
	for name, test := range map[string]struct {
		data string
		want []string // parts of the error
	}{
		"nothing":              {"", []string{"line 1: want the header of a cassette"}},
		"no header":            {good, []string{"line 1: want the header"}},
		"another format":       {`{"format":"har","version":1}` + "\n", []string{"line 1: want the header"}},
		"another version":      {`{"format":"gloss-cassette","version":2}` + "\n", []string{"line 1: the cassette has version 2; want 1"}},
		"a torn header":        {head[:len(head)-1], []string{"line 1: the line is not complete"}},
		"a torn line":          {head + good + good[:40], []string{"line 3: the line is not complete"}},
		"a whole line, no end": {head + good[:len(good)-1], []string{"line 2: the line is not complete"}},
		"an empty line":        {head + "\n" + good, []string{"line 2: want valid JSON"}},
		"no outcome":           {head + `{"request":{}}` + "\n", []string{"line 2: want either a response or an error"}},
		"two outcomes":         {head + `{"request":{},"response":{},"error":{"code":"auth"}}` + "\n", []string{"line 2: want either a response or an error"}},
		"no code":              {head + `{"request":{},"error":{"message":"secret"}}` + "\n", []string{"line 2: error.code: want the code"}},
		"a wait of no unit":    {head + `{"request":{},"error":{"code":"throttled","retry_after":"2"}}` + "\n", []string{"line 2: error.retry_after"}},
		"an unknown key":       {head + `{"request":{},"response":{},"cost":3}` + "\n", []string{"line 2: cost:"}},
		"a wrong type":         {head + `{"request":{"messages":"secret"},"response":{}}` + "\n", []string{"line 2: request.messages: want"}},
		"every fault":          {head + "[]\n" + good + "{}\n" + "torn", []string{"line 2", "line 4", "line 5"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse([]byte(test.data))
			require.Error(t, err)
			for _, part := range test.want {
				assert.ErrorContains(t, err, part)
			}
			assert.NotContains(t, err.Error(), "secret", "no text of the file")
			assert.Len(t, strings.Split(err.Error(), "\n"), len(test.want), "every fault, and no other")
		})
	}
	read, err := parse([]byte(strings.ReplaceAll(head+good+good, "\n", "\r\n")))
	require.NoError(t, err, "a checkout with other line ends is the same cassette")
	assert.Len(t, read, 2)
}

// The cassette in testdata was written by version 1: what it says must stay readable.
func TestVersion1StaysReadable(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("testdata", "version1.jsonl"))
	require.NoError(t, err)
	read, err := parse(data)
	require.NoError(t, err)
	again := []byte(head)
	for _, i := range read {
		line, err := encode(i)
		require.NoError(t, err)
		again = append(again, line...)
	}
	assert.Equal(t, string(data), string(again), "and is written the same way")
}

func FuzzParse(f *testing.F) {
	seed, err := os.ReadFile(filepath.Join("testdata", "version1.jsonl"))
	require.NoError(f, err)
	for _, s := range []string{
		string(seed), head, "", head + "{}\n", head + `{"request":null,"response":{}}` + "\n",
		head + `{"request":{"reply":{"json":null}},"error":{"code":"x","retry_after":"-1h"}}` + "\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		read, err := parse(data)
		if err != nil {
			return
		}
		player, err := newPlayer(data, read)
		if err != nil {
			t.Fatalf("what was read cannot be played: %v", err)
		}
		again := []byte(head)
		for _, i := range read {
			line, err := encode(i)
			if err != nil {
				t.Fatalf("what was read cannot be written: %v", err)
			}
			again = append(again, line...)
		}
		second, err := parse(again)
		if err != nil || len(second) != len(read) {
			t.Fatalf("%d interactions became %d: %v", len(read), len(second), err)
		}
		for i := range read {
			before, after := read[i], second[i]
			x, _ := keyOf(before.Request)
			y, _ := keyOf(after.Request)
			if x != y {
				t.Errorf("the request of interaction %d became another", i)
			}
			resp, err := before.outcome()
			resp2, err2 := after.outcome()
			if resp != resp2 || (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
				t.Errorf("the outcome of interaction %d became another", i)
			}
			if _, err := player.Generate(t.Context(), before.Request); (err == nil) != (before.Error == nil) {
				t.Errorf("interaction %d is not played as it is", i)
			}
		}
	})
}
