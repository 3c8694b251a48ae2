package llmtest_test

import (
	"context"
	"fmt"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
)

func ExampleScripted() {
	m := llmtest.Scripted(
		llm.Response{Text: "not JSON"},
		llm.Response{Text: `{"score":3}`},
	)
	for range 2 {
		resp, err := m.Generate(context.Background(), ask("Grade this."))
		fmt.Println(resp.Text, err)
	}
	fmt.Println(len(m.Requests()), "requests")
	// Output:
	// not JSON <nil>
	// {"score":3} <nil>
	// 2 requests
}

func ExampleByPrompt() {
	m := llmtest.ByPrompt(
		llmtest.Containing("Whales", `{"score":4}`),
		llmtest.Rule{Reply: `{"score":1}`},
	)
	for _, essay := range []string{"Whales sing.", "Dogs bark."} {
		resp, err := m.Generate(context.Background(), ask(essay))
		fmt.Println(resp.Text, err)
	}
	// Output:
	// {"score":4} <nil>
	// {"score":1} <nil>
}

func ExampleEcho() {
	resp, err := llmtest.Echo().Generate(context.Background(), ask("Grade this."))
	fmt.Println(resp.Text, err)
	// Output: Grade this. <nil>
}

func ExampleFailing() {
	m := llmtest.Failing(1, llm.CodeThrottled, llmtest.Echo())
	for range 2 {
		resp, err := m.Generate(context.Background(), ask("Grade this."))
		fmt.Printf("%q %v\n", resp.Text, err)
	}
	// Output:
	// "" llmtest/failing: throttled: failure 1 of 1
	// "Grade this." <nil>
}
