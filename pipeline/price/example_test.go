package price_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/price"
)

func ExampleDefault() {
	prices := price.Default()
	call := pipeline.CallInfo{Resource: "llm", Provider: "openai", Model: "gpt-4o-mini"}
	cost, known := prices.Cost(call, "gpt-4o-mini-2024-07-18", pipeline.Usage{Calls: 1, Input: 1800, Cached: 1000, Output: 250})
	fmt.Println(cost, prices.Currency(), known)

	call.Model = "a-model-of-tomorrow"
	_, known = prices.Cost(call, "a-model-of-tomorrow", pipeline.Usage{Calls: 1, Input: 1800})
	fmt.Println("the price of tomorrow's model is known:", known)

	_, err := pipeline.NewRun(pipeline.WithPrices(prices))
	fmt.Println(err)
	// Output:
	// 0.000345 USD true
	// the price of tomorrow's model is known: false
	// <nil>
}

func ExampleParse() {
	_, err := price.Parse([]byte(`{
  "currency": "USD",
  "as_of": "2026-09-01",
  "source": "our contract",
  "models": [
    {"provider": "openai", "model": "gpt-4o", "input": "2.50", "output": "-10.00"},
    {"provider": "openai", "model": "gpt-4o-mini", "input": "0.15"}
  ]
}`))
	fmt.Println(err)
	// Output:
	// price table: line 6: models[0].output: got "-10.00"; want a price that is not negative
	// price table: line 7: models[1].output: want a value; the key is missing or null
}

func ExampleRead() {
	file := strings.NewReader(`{
  "currency": "EUR", "as_of": "2026-09-01", "source": "our contract", "models": [], "free_resources": ["index"]
}`)
	prices, err := price.Read(file)
	fmt.Println(prices.Currency(), prices.AsOf(), err)
	// Output: EUR 2026-09-01 <nil>
}

func ExampleTable_With() {
	input, _ := pipeline.ParseMoney("1.20")
	output, _ := pipeline.ParseMoney("4.80")
	own := price.Model{Provider: "openai", Name: "gpt-4.1", Input: input, Output: output, Source: "our contract"}
	prices, err := price.Default().With(own)
	if err != nil {
		fmt.Println(err)
		return
	}
	m, _ := prices.Lookup("openai", "gpt-4.1")
	fmt.Println(m.Input, m.Output, m.Source)
	// Output: 1.20 4.80 our contract
}

func ExampleTable_WithFree() {
	prices, err := price.Default().WithFree("local_model")
	if err != nil {
		fmt.Println(err)
		return
	}
	cost, known := prices.Cost(pipeline.CallInfo{Resource: "local_model"}, "", pipeline.Usage{Calls: 1, Input: 900, Output: 80})
	fmt.Println(cost, known)
	// Output: 0.00 true
}

func ExampleTable_CheckAge() {
	now := time.Date(2027, time.January, 10, 9, 0, 0, 0, time.UTC)
	if err := price.Default().CheckAge(now, 180); err != nil {
		fmt.Fprintln(os.Stdout, "warning:", err)
	}
	// Output: warning: price table: the prices are as of 2026-04-01, 284 days ago, and should be at most 180 days old: check them
}

func ExampleParseDate() {
	_, err := price.ParseDate("2026-02-30")
	fmt.Println(err)
	// Output: "2026-02-30" is no date: want a day such as 2026-09-01
}
