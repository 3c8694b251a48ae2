package limit_test

import (
	"context"
	"fmt"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/limit"
)

// tooManyError is what comes back from a provider that refuses for the moment. An llm.Error has the same methods.
type tooManyError struct{}

func (tooManyError) Error() string                     { return "429 too many requests" }
func (tooManyError) ErrorClass() string                { return "throttled" }
func (tooManyError) RetryDelay() (time.Duration, bool) { return 20 * time.Millisecond, true }

func Example() {
	ctx := context.Background()
	// One limiter for each account, for all runs of the process.
	account, err := limit.New(
		limit.TokensPerMinute(2_000_000),
		limit.RequestsPerMinute(5_000),
		limit.Only("model"),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	retry := pipeline.Retry{Initial: time.Millisecond}
	run, err := pipeline.NewRun(pipeline.WithInFlight(200), pipeline.WithRetry(retry), pipeline.WithInterceptor(account))
	if err != nil {
		fmt.Println(err)
		return
	}
	refusals := 1
	model := pipeline.Fn(func(_ context.Context, essay string) (string, error) {
		if refusals > 0 {
			refusals--
			return "", tooManyError{}
		}
		return essay + ": well argued", nil
	})
	runner, err := pipeline.Start(ctx, run, pipeline.Tool("comment", pipeline.Call("model", model)))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(runner.Run(ctx, "ana"))
	fmt.Println("refused:", account.State().Throttled)
	// Output:
	// ana: well argued <nil>
	// refused: 1
}

func ExampleNew() {
	// Nothing is known of the quota: the number of calls in flight follows the provider's answers.
	account, err := limit.New(limit.InFlight(limit.Bounds{Start: 8, Max: 64}))
	fmt.Println(account.State().Limit, err)

	_, err = limit.New(limit.TokensPerMinute(0), limit.RequestBurst(10))
	fmt.Println(err)
	// Output:
	// 8 <nil>
	// limit: TokensPerMinute(0): the number must be positive
	// limit: RequestBurst says nothing without RequestsPerMinute
}
