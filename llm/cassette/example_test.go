package cassette_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/cassette"
	"github.com/gloss-sdk/gloss/llm/llmtest"
)

func ExampleRecord() {
	dir, err := os.MkdirTemp("", "cassette")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "grading.jsonl")

	rec, err := cassette.Record(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	model := llm.Wrap(llmtest.Echo(), rec.Middleware())
	_, _ = model.Generate(context.Background(), ask("Grade this."))
	if err := rec.Close(); err != nil {
		fmt.Println(err)
		return
	}
	data, err := os.ReadFile(path)
	fmt.Print(string(data))
	fmt.Println(err)
	// Output:
	// {"format":"gloss-cassette","version":1}
	// {"request":{"messages":[{"role":"user","text":"Grade this."}]},"response":{"text":"Grade this.","finish":"stop","model":"llmtest/echo","usage":{"input":10,"output":3}}}
	// <nil>
}

func ExampleReplay() {
	model, err := cassette.Replay("testdata/version1.jsonl")
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		resp, err := model.Generate(context.Background(), ask("Whales sing."))
		fmt.Printf("%q %q\n", resp.Text, llm.CodeOf(err))
	}
	// Output:
	// "" "throttled"
	// "They do." ""
	// "" "invalid_request"
}
