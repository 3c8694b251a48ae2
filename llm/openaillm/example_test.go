package openaillm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/openai/openai-go/v3/azure"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/openaillm"
)

// exampleServer answers every request with a body.
func exampleServer(status int, body string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", "2")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
}

func ExampleNew() {
	server := exampleServer(http.StatusOK, `{"model":"qwen3:8b","usage":{"prompt_tokens":31,"completion_tokens":6},
		"choices":[{"finish_reason":"stop","message":{"role":"assistant","content":"{\"score\":4}"}}]}`)
	defer server.Close()

	model, err := openaillm.New("qwen3:8b", openaillm.WithBaseURL(server.URL+"/v1"))
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := model.Generate(context.Background(), llm.Request{
		Messages: []llm.Message{
			{Role: llm.System, Text: "Grade the essay."},
			{Role: llm.User, Text: "Whales sing."},
		},
		Reply: &llm.Schema{Name: "grade", JSON: json.RawMessage(
			`{"type":"object","properties":{"score":{"type":"integer"}},"required":["score"],"additionalProperties":false}`)},
	})
	fmt.Println(resp.Text, resp.Finish, resp.Usage.Input, resp.Usage.Output, err)
	// Output: {"score":4} stop 31 6 <nil>
}

// A failure has a class that says what a caller can do about it, and the wait that the provider asked for.
func ExampleModel_Generate_throttled() {
	server := exampleServer(http.StatusTooManyRequests, `{"error":{"message":"Rate limit reached","code":"rate_limit_exceeded"}}`)
	defer server.Close()

	model, err := openaillm.New("gpt-4o-mini", openaillm.WithBaseURL(server.URL), openaillm.WithAPIKey("sk-0123456789"))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = model.Generate(context.Background(), llm.Request{Messages: []llm.Message{{Role: llm.User, Text: "Whales sing."}}})
	fmt.Println(err)
	if failed, ok := errors.AsType[*llm.Error](err); ok {
		fmt.Println(failed.RetryDelay())
	}
	// Output:
	// gpt-4o-mini: throttled: HTTP 429 rate_limit_exceeded: Rate limit reached
	// 2s true
}

func ExampleWithRequestOptions_azure() {
	model, err := openaillm.New("my-deployment", openaillm.WithRequestOptions(
		azure.WithEndpoint("https://my-resource.openai.azure.com", "2024-10-21"),
		azure.WithAPIKey("0123456789abcdef")))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(model.Identity())
	// Output: openai/my-deployment@my-resource.openai.azure.com reply=json_schema limit=max_completion_tokens options=c50342fa
}

func ExampleParams_New() {
	var params openaillm.Params // as a configuration file decodes them
	if err := json.Unmarshal([]byte(`{"model":"qwen3:8b","base_url":"http://localhost:11434/v1","reply_mode":"json_object"}`), &params); err != nil {
		fmt.Println(err)
		return
	}
	model, err := params.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(model.Identity())
	// Output: openai/qwen3:8b@localhost:11434 reply=json_object limit=max_tokens
}
