package llmtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/gloss-sdk/gloss/llm"
)

// concurrentCalls is small, because a provider may charge for each of them.
const concurrentCalls = 4

// RunConformance tests that a model keeps the contract of [llm.Model]. newModel is called once per subtest and returns a model
// that is ready for use; it releases what it holds by t.Cleanup. The suite makes about ten short requests that a provider may
// charge for; those that fail [llm.Request.Validate] are free, for a model that keeps the contract sends none of them.
func RunConformance(t *testing.T, newModel func(t *testing.T) llm.Model) {
	t.Helper()
	for _, test := range []struct {
		name string
		run  func(t testing.TB, m llm.Model)
	}{
		{"answers a plain request", testPlain},
		{"fills the reply schema", testSchema},
		{"reads worked examples", testExamples},
		{"does not modify the request", testUnmodified},
		{"answers concurrent requests", testConcurrent},
		{"gives up with its context", testCanceled},
		{"refuses requests that break the rules", testInvalid},
		{"has a lasting identity", testIdentity},
		{"names its model", testDescription},
		{"rehearses a reply", testRehearsal},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newModel(t)) })
	}
}

func testPlain(t testing.TB, m llm.Model) {
	checkAnswer(t, m, plainRequest("Name one color of the rainbow."))
}

func testSchema(t testing.TB, m llm.Model) {
	resp := checkAnswer(t, m, gradeRequest())
	if err := checkGrade(resp.Text); err != nil {
		t.Errorf("the reply does not fit its schema: %v\n%s", err, resp.Text)
	}
}

func testExamples(t testing.TB, m llm.Model) {
	req := gradeRequest()
	req.Messages = slices.Insert(req.Messages, 1,
		llm.Message{Role: llm.User, Text: "<submission>Whales sing. The sea is large, and the song is long.</submission>"},
		llm.Message{Role: llm.Assistant, Text: `{"label":"accept","score":3,"reason":"The image is clear."}`})
	resp := checkAnswer(t, m, req)
	if err := checkGrade(resp.Text); err != nil {
		t.Errorf("the reply does not fit its schema: %v\n%s", err, resp.Text)
	}
}

// checkAnswer sends req and checks what every response must hold.
func checkAnswer(t testing.TB, m llm.Model, req llm.Request) llm.Response {
	t.Helper()
	resp, err := m.Generate(t.Context(), req)
	if err != nil {
		t.Fatalf("Generate: %v", err)
	}
	if resp.Text == "" {
		t.Error("the text of the response is empty")
	}
	if resp.Model == "" {
		t.Error("the response does not name its model")
	}
	if resp.Finish != llm.FinishStop && resp.Finish != llm.FinishUnknown {
		t.Errorf("the finish reason of a short answer is %q; want %q or %q", resp.Finish, llm.FinishStop, llm.FinishUnknown)
	}
	if u := resp.Usage; u.Input < 0 || u.Output < 0 || u.Cached < 0 || u.Cached > u.Input || u.Reasoning < 0 || u.Reasoning > u.Output {
		t.Errorf("usage is %+v; want counts of 0 and more, cached within input and reasoning within output", u)
	}
	return resp
}

func testUnmodified(t testing.TB, m llm.Model) {
	spare := llm.Message{Role: llm.User, Text: "not part of the request"}
	messages := slices.Concat(gradeRequest().Messages, []llm.Message{spare})
	req := gradeRequest()
	req.Messages = messages[: len(messages)-1 : len(messages)] // an append to the messages would overwrite spare
	want := gradeRequest()
	if _, err := m.Generate(t.Context(), req); err != nil {
		t.Fatalf("Generate: %v", err)
	}
	if !reflect.DeepEqual(req, want) {
		t.Errorf("the request was changed\n got: %+v\nwant: %+v", req, want)
	}
	if messages[len(messages)-1] != spare {
		t.Error("a message was appended to the caller's slice")
	}
}

func testConcurrent(t testing.TB, m llm.Model) {
	var wg sync.WaitGroup
	for range concurrentCalls {
		wg.Go(func() {
			resp, err := m.Generate(t.Context(), plainRequest("Name one color of the rainbow."))
			if err != nil {
				t.Errorf("Generate: %v", err)
			} else if resp.Text == "" {
				t.Error("the text of the response is empty")
			}
		})
	}
	wg.Wait()
}

func testCanceled(t testing.TB, m llm.Model) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := m.Generate(ctx, plainRequest("Name one color of the rainbow."))
	if code := llm.CodeOf(err); code != llm.CodeCanceled {
		t.Errorf("the code of the error is %q; want %q: %v", code, llm.CodeCanceled, err)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error does not wrap context.Canceled: %v", err)
	}
}

func testInvalid(t testing.TB, m llm.Model) {
	for _, test := range invalidRequests() {
		_, err := m.Generate(t.Context(), test.req)
		if code := llm.CodeOf(err); code != llm.CodeInvalid {
			t.Errorf("%s: the code of the error is %q; want %q: %v", test.name, code, llm.CodeInvalid, err)
		}
	}
}

// testIdentity passes a model that has none: [llm.Identifier] is optional.
func testIdentity(t testing.TB, m llm.Model) {
	id, ok := m.(llm.Identifier)
	if !ok {
		return
	}
	first := id.Identity()
	if first == "" {
		t.Error("the identity is empty")
	}
	if second := id.Identity(); second != first {
		t.Errorf("the identity is %q and then %q", first, second)
	}
}

func testDescription(t testing.TB, m llm.Model) {
	d, ok := m.(llm.Describer)
	if !ok {
		return
	}
	provider, model := d.ModelInfo()
	if model == "" {
		t.Error("the model that it describes has no name")
	}
	if p, n := d.ModelInfo(); p != provider || n != model {
		t.Errorf("it describes %q of %q and then %q of %q", model, provider, n, p)
	}
}

func testRehearsal(t testing.TB, m llm.Model) {
	resp, err := llm.Rehearse(t.Context(), m, gradeRequest())
	if err != nil {
		t.Fatalf("Rehearse: %v", err)
	}
	if err := checkGrade(resp.Text); err != nil {
		t.Errorf("the rehearsed reply does not fit its schema: %v\n%s", err, resp.Text)
	}
	if resp.Usage.Input <= 0 || resp.Usage.Output <= 0 {
		t.Errorf("the usage of a rehearsal is %+v; want tokens in and out", resp.Usage)
	}
}

func plainRequest(text string) llm.Request {
	return llm.Request{Messages: []llm.Message{{Role: llm.User, Text: text}}}
}

// gradeRequest asks for a reply that every kind of field has a part in.
func gradeRequest() llm.Request {
	return llm.Request{
		Messages: []llm.Message{
			{Role: llm.System, Text: "Grade the submission. Reply with JSON that has a label, a score and a reason."},
			{Role: llm.User, Text: "<submission>Dogs are loyal. They wait for us, and they forgive us.</submission>"},
		},
		Reply: &llm.Schema{Name: "grade", JSON: json.RawMessage(`{
			"type": "object",
			"properties": {
				"label": {"type": "string", "enum": ["accept", "revise"]},
				"score": {"type": "integer", "minimum": 1, "maximum": 4},
				"reason": {"type": "string"}
			},
			"required": ["label", "score", "reason"],
			"additionalProperties": false
		}`)},
	}
}

// invalidRequest breaks one rule of [llm.Request].
type invalidRequest struct {
	name string
	req  llm.Request
}

func invalidRequests() []invalidRequest {
	system, user := gradeRequest().Messages[0], gradeRequest().Messages[1]
	assistant := llm.Message{Role: llm.Assistant, Text: "Which essay?"}
	conversation := func(messages ...llm.Message) llm.Request { return llm.Request{Messages: messages} }
	grade := func(edit func(*llm.Request)) llm.Request {
		req := gradeRequest()
		edit(&req)
		return req
	}
	nan, cold := math.NaN(), -1.0
	return []invalidRequest{
		{"no messages", llm.Request{}},
		{"a system message alone", conversation(system)},
		{"two system messages", conversation(system, system, user)},
		{"a system message in between", conversation(user, assistant, system, user)},
		{"the assistant first", conversation(assistant, user)},
		{"the assistant last", conversation(user, assistant)},
		{"the user twice", conversation(user, user)},
		{"an unknown role", conversation(user, llm.Message{Role: "critic", Text: "No."}, user)},
		{"a negative limit", grade(func(r *llm.Request) { r.MaxTokens = -1 })},
		{"a negative temperature", grade(func(r *llm.Request) { r.Temperature = &cold })},
		{"a temperature that is no number", grade(func(r *llm.Request) { r.Temperature = &nan })},
		{"a schema without a name", grade(func(r *llm.Request) { r.Reply.Name = "" })},
		{"a schema that is no object", grade(func(r *llm.Request) { r.Reply.JSON = json.RawMessage(`["accept"]`) })},
		{"a schema that is no JSON", grade(func(r *llm.Request) { r.Reply.JSON = json.RawMessage(`{"type":`) })},
	}
}

// checkGrade reports what keeps text from being a reply to gradeRequest.
func checkGrade(text string) error {
	var grade struct {
		Label  *string  `json:"label"`
		Score  *float64 `json:"score"`
		Reason *string  `json:"reason"`
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&grade); err != nil {
		return err
	}
	if dec.More() {
		return errors.New("there is text after the JSON value")
	}
	switch {
	case grade.Label == nil || grade.Score == nil || grade.Reason == nil:
		return errors.New("label, score and reason are required")
	case *grade.Label != "accept" && *grade.Label != "revise":
		return fmt.Errorf("label is %q; want accept or revise", *grade.Label)
	case !slices.Contains([]float64{1, 2, 3, 4}, *grade.Score):
		return fmt.Errorf("score is %v; want a whole number from 1 to 4", *grade.Score)
	}
	return nil
}
