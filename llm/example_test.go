package llm_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/llmtest"
)

func ExampleWrap() {
	shout := func(m llm.Model) llm.Model { // a middleware of one's own
		return llm.Func(func(ctx context.Context, req llm.Request) (llm.Response, error) {
			resp, err := m.Generate(ctx, req)
			resp.Text = strings.ToUpper(resp.Text)
			return resp, err
		})
	}
	model := llm.Wrap(llmtest.Echo(), shout, llm.Defaults(llm.Settings{MaxTokens: 800}))
	resp, err := model.Generate(context.Background(), ask("Grade this."))
	fmt.Println(resp.Text, err)
	// Output: GRADE THIS. <nil>
}

func ExampleDefaults() {
	temperature := 0.2
	fake := llmtest.Echo()
	model := llm.Wrap(fake, llm.Defaults(llm.Settings{Temperature: &temperature, MaxTokens: 800}))
	req := ask("Grade this.")
	req.MaxTokens = 50
	_, err := model.Generate(context.Background(), req)
	got := fake.Requests()[0]
	fmt.Println(*got.Temperature, got.MaxTokens, got.Seed == nil, err)
	fmt.Println(llm.IdentityOf(model))
	// Output:
	// 0.2 50 true <nil>
	// defaults(temperature=0.2,max_tokens=800) llmtest/echo
}

func ExampleFallback() {
	first := llmtest.Failing(1, llm.CodeUnavailable, llmtest.ByPrompt(llmtest.Rule{Reply: "from the first"}))
	second := llmtest.Scripted(llm.Response{Text: "from the second"})
	model := llm.Wrap(first, llm.Fallback(second))
	for range 2 {
		resp, err := model.Generate(context.Background(), ask("Grade this."))
		fmt.Println(resp.Text, resp.Model, err)
	}
	// Output:
	// from the second llmtest/scripted <nil>
	// from the first llmtest/by_prompt <nil>
}

func ExampleRequest_Validate() {
	req := llm.Request{
		Messages:  []llm.Message{{Role: llm.System, Text: "Grade the essay."}, {Role: llm.Assistant, Text: "Which essay?"}},
		MaxTokens: -1,
	}
	fmt.Println(req.Validate())
	// Output:
	// message 2 has the role "assistant"; want "user", for user and assistant take turns, the user first
	// there is no user message; want at least one
	// the limit of the answer is -1 tokens; want 0 or more
}

func ExampleEstimate() {
	fmt.Println(llm.Estimate{}.CountTokens("The narrator doesn't trust her own memory."))
	// Output: 9
}

func ExampleCounterFunc() {
	words := llm.CounterFunc(func(text string) int { return len(strings.Fields(text)) })
	fmt.Println(llm.CountRequest(words, ask("Grade this essay."))) // 3 words and the framing of one message
	// Output: 10
}

func ExamplePromptCut() {
	req := ask(strings.Repeat("The sea is large, and the song is long. ", 100))
	resp := llm.Response{Text: "A fine essay.", Usage: llm.Usage{Input: 512, Output: 4}}
	reason, cut := llm.PromptCut(req, resp, llm.Estimate{}, 512)
	fmt.Println(cut)
	fmt.Println(reason)
	// Output:
	// true
	// the prompt counts about 1107 tokens and the context holds 512, yet the server answered (it reports 512)
}

func ExampleRehearse() {
	req := ask("Grade this.")
	req.Reply = &llm.Schema{Name: "grade", JSON: []byte(`{"type":"object","properties":{
		"rationale": {"type": "string", "maxLength": 40},
		"score": {"type": "integer", "minimum": 1, "maximum": 6}}}`)}
	model := llmtest.Echo()
	resp, err := llm.Rehearse(context.Background(), model, req)
	fmt.Println(resp.Text, err)
	fmt.Println(resp.Usage.Output, len(model.Requests()))
	// Output:
	// {"rationale":"The essay makes its claim early and keep","score":3} <nil>
	// 18 0
}

func ExampleModelInfoOf() {
	fmt.Println(llm.ModelInfoOf(llm.Wrap(llmtest.Echo(), llm.Defaults(llm.Settings{MaxTokens: 800}))))
	// Output: llmtest llmtest/echo
}
