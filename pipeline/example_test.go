package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
)

// Essay is the input of the examples.
type Essay struct{ Student, Text string }

// ItemID names results, errors and records.
func (e Essay) ItemID() string { return e.Student }

// words counts the words of an essay. A stage of one's own is a function.
func words(_ context.Context, e Essay) (int, error) {
	n := len(strings.Fields(e.Text))
	if n == 0 {
		return 0, errors.New("the essay is empty")
	}
	return n, nil
}

func grade(_ context.Context, n int) (string, error) {
	if n < 4 {
		return "too short", nil
	}
	return "long enough", nil
}

func Example() {
	ctx := context.Background()
	run, err := pipeline.NewRun(pipeline.WithInFlight(2))
	if err != nil {
		fmt.Println(err)
		return
	}
	stage := pipeline.Then(
		pipeline.Named("words", pipeline.Fn(words)),
		pipeline.Named("grade", pipeline.Fn(grade)),
	)
	runner, err := pipeline.Start(ctx, run, pipeline.Tool("length", stage))
	if err != nil {
		fmt.Println(err)
		return
	}
	items := pipeline.Items(Essay{"ana", "My summer was fun"}, Essay{"ben", ""}, Essay{"cem", "I slept"})
	for result := range runner.Stream(ctx, items) {
		if result.Err != nil {
			fmt.Println(result.Err)
			continue
		}
		fmt.Println(result.ID, result.Out)
	}
	// Output:
	// ana long enough
	// item ben: stage words: the essay is empty
	// cem too short
}

func ExampleRunner_Run() {
	ctx := context.Background()
	run, _ := pipeline.NewRun()
	runner, _ := pipeline.Start(ctx, run, pipeline.Tool("words", pipeline.Named("words", pipeline.Fn(words))))
	n, err := runner.Run(ctx, Essay{"ana", "My summer was fun"})
	fmt.Println(n, err)
	// Output: 4 <nil>
}

func ExampleThen() {
	stage := pipeline.Then(pipeline.Fn(words), pipeline.Fn(grade))
	fmt.Println(stage.Run(context.Background(), Essay{"ana", "My summer was fun"}))
	// Output: long enough <nil>
}

func ExampleChain() {
	trim := pipeline.Fn(func(_ context.Context, s string) (string, error) { return strings.TrimSpace(s), nil })
	lower := pipeline.Fn(func(_ context.Context, s string) (string, error) { return strings.ToLower(s), nil })
	fmt.Println(pipeline.Chain(trim, lower).Run(context.Background(), "  My Summer "))
	// Output: my summer <nil>
}

func ExampleNamed() {
	stage := pipeline.Named("length", pipeline.Named("words", pipeline.Fn(words)))
	_, err := stage.Run(context.Background(), Essay{"ben", ""})
	fmt.Println(err)
	// Output: stage length/words: the essay is empty
}

// longest is what an asset may hold: it is made once, of other assets.
type longest struct{ words []string }

// findLongest derives an asset from essays. Declaring the need is the only way to read it.
func findLongest(essays pipeline.Asset[[]Essay], size int) pipeline.Asset[longest] {
	return pipeline.Derive(pipeline.Meta{Name: "longest", Version: 1}, size,
		func(n *pipeline.Needs, size int) func(context.Context) (longest, error) {
			read := pipeline.Need(n, essays)
			return func(context.Context) (longest, error) {
				var all []string
				for _, e := range read() {
					all = append(all, strings.Fields(e.Text)...)
				}
				slices.SortStableFunc(all, func(a, b string) int { return len(b) - len(a) })
				return longest{all[:min(size, len(all))]}, nil
			}
		})
}

func ExampleDerive() {
	ctx := context.Background()
	essays := pipeline.Given("essays", []Essay{{"ana", "My summer was fun"}, {"cem", "I slept"}})
	run, _ := pipeline.NewRun()
	found, err := pipeline.Value(ctx, run, findLongest(essays, 2))
	fmt.Println(found.words, err)
	// Output: [summer slept] <nil>
}

func ExampleRun_With() {
	ctx := context.Background()
	essays := pipeline.Source("essays", func(context.Context) ([]Essay, error) {
		fmt.Println("reading essays")
		return []Essay{{"ana", "My summer was fun"}}, nil
	})
	target := findLongest(essays, 1)
	run, _ := pipeline.NewRun()
	before, _ := pipeline.Value(ctx, run, target)

	child := run.With(pipeline.Replace(essays, []Essay{{"cem", "I slept wonderfully"}}))
	after, _ := pipeline.Value(ctx, child, target)
	fmt.Println(before.words, after.words)
	// Output:
	// reading essays
	// [summer] [wonderfully]
}

func ExampleNewPlan() {
	essays := pipeline.Given("essays", []Essay{{"ana", "My summer was fun"}})
	plan, err := pipeline.NewPlan(findLongest(essays, 2))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(plan)

	// What an evaluation holds out cannot be reached by inference.
	held := essays.InGroup(pipeline.GroupEvaluation)
	_, err = pipeline.NewPlan(findLongest(held, 2))
	fmt.Println(err)
	// Output:
	//  1  essays   given    needed by longest
	//  2  longest  derived  selected
	// plan: asset "longest" of group "shared" needs "essays" of group "evaluation": inference must not see what an evaluation holds out
}

func ExampleSelect() {
	essays := pipeline.Given("essays", []Essay{{"ana", "My summer was fun"}})
	model := pipeline.Tool("model", "a model")
	nodes, _ := pipeline.Select("+longest and not group:evaluation", findLongest(essays, 2), model)
	plan, _ := pipeline.NewPlan(nodes...)
	fmt.Print(plan)
	// Output:
	//  1  essays   given    selected; needed by longest
	//  2  longest  derived  selected
}

func ExampleEach() {
	// Every sentence is looked at on its own, two at a time; the counts come back in order.
	split := pipeline.Fn(func(_ context.Context, e Essay) ([]string, error) { return strings.Split(e.Text, ". "), nil })
	count := pipeline.Named("count", pipeline.Fn(func(_ context.Context, sentence string) (int, error) {
		n := len(strings.Fields(sentence))
		if n == 0 {
			return 0, errors.New("the sentence is empty")
		}
		return n, nil
	}))
	stage := pipeline.Named("sentences", pipeline.Then(split, pipeline.Each(count, 2)))
	fmt.Println(stage.Run(context.Background(), Essay{"ana", "My summer was fun. I slept. I read"}))
	fmt.Println(stage.Run(context.Background(), Essay{"ben", "My summer was fun. "}))
	// Output:
	// [4 2 2] <nil>
	// [] stage sentences/count: element 1: the sentence is empty
}

// throttledError is the error of a service that asks its callers to wait. The run knows it by its method.
type throttledError struct{ wait time.Duration }

func (throttledError) Error() string { return "too many requests" }

func (e throttledError) RetryDelay() (delay time.Duration, retryable bool) { return e.wait, true }

func ExampleWithRetry() {
	ctx := context.Background()
	requests := 0
	model := pipeline.Fn(func(_ context.Context, prompt string) (string, error) {
		if requests++; requests < 3 {
			return "", throttledError{wait: 2 * time.Millisecond}
		}
		return "an answer to " + prompt, nil
	})
	observer := pipeline.ObserverFunc(func(_ context.Context, e pipeline.Event) {
		if e.Kind == pipeline.KindCall {
			fmt.Printf("attempt %d: %v\n", e.Call.Attempt, e.Err)
		}
	})
	run, err := pipeline.NewRun(
		pipeline.WithRetry(pipeline.Retry{Attempts: 4, Initial: time.Millisecond, Max: time.Second}),
		pipeline.WithCallTimeout(time.Minute),
		pipeline.WithObserver(observer),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	runner, _ := pipeline.Start(ctx, run, pipeline.Tool("task", pipeline.Call("model", model)))
	fmt.Println(runner.Run(ctx, "Score essay 1"))
	// Output:
	// attempt 1: too many requests
	// attempt 2: too many requests
	// attempt 3: <nil>
	// an answer to Score essay 1 <nil>
}

func ExampleCall() {
	ctx := context.Background()
	model := pipeline.Fn(func(_ context.Context, prompt string) (string, error) { return "an answer to " + prompt, nil })
	journal := pipeline.InterceptorFunc(
		func(ctx context.Context, call pipeline.CallInfo, in any, next func(context.Context) (any, error)) (any, error) {
			if in == "Score essay 1" {
				return "an answer from the journal", nil
			}
			fmt.Printf("call %d of %s in %s\n", call.Seq, call.Resource, call.Stage)
			return next(ctx)
		})
	run, _ := pipeline.NewRun(pipeline.WithInterceptor(journal))
	stage := pipeline.Named("score", pipeline.Call("model", model))
	runner, _ := pipeline.Start(ctx, run, pipeline.Tool("task", stage))
	for _, prompt := range []string{"Score essay 1", "Score essay 2"} {
		fmt.Println(runner.Run(ctx, prompt))
	}
	// Output:
	// an answer from the journal <nil>
	// call 1 of model in score
	// an answer to Score essay 2 <nil>
}

func ExampleObserver() {
	ctx := context.Background()
	observer := pipeline.ObserverFunc(func(_ context.Context, e pipeline.Event) {
		switch e.Kind {
		case pipeline.KindStage:
			fmt.Println(e.Item, e.Stage, e.Out)
		case pipeline.KindItem:
			fmt.Println(e.Item, "is finished")
		}
	})
	run, _ := pipeline.NewRun(pipeline.WithObserver(observer), pipeline.WithInFlight(1))
	runner, _ := pipeline.Start(ctx, run, pipeline.Tool("words", pipeline.Named("words", pipeline.Fn(words))))
	for range runner.Stream(ctx, pipeline.Items(Essay{"ana", "My summer was fun"}, Essay{"cem", "I slept"})) {
	}
	// Output:
	// ana words 4
	// ana is finished
	// cem words 2
	// cem is finished
}

func ExampleAsCompleted() {
	ctx := context.Background()
	run, _ := pipeline.NewRun()
	ready := make(chan struct{})
	stage := pipeline.Fn(func(_ context.Context, e Essay) (string, error) {
		if e.Student == "ana" {
			<-ready // the first essay takes longer than the second
		}
		return e.Text, nil
	})
	runner, _ := pipeline.Start(ctx, run, pipeline.Tool("echo", pipeline.Stage[Essay, string](stage)))
	for result := range runner.Stream(ctx, pipeline.Items(Essay{"ana", "one"}, Essay{"cem", "two"}), pipeline.AsCompleted()) {
		fmt.Println(result.Index, result.ID, result.Out)
		if result.ID == "cem" {
			close(ready)
		}
	}
	// Output:
	// 1 cem two
	// 0 ana one
}
