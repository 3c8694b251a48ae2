package progress_test

import (
	"context"
	"fmt"
	"os"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/progress"
)

func ExampleNew() {
	line, err := progress.New(os.Stdout, progress.Total(3), progress.Extra(func() string { return "limit 16" }))
	if err != nil {
		fmt.Println(err)
		return
	}
	run, err := pipeline.NewRun(pipeline.WithObserver(line))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(run.Usage().Calls, "calls so far")
	if err := line.Close(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 0 calls so far
	// 0/3 items (0%), limit 16
}

func ExampleLine_Observe() {
	line, _ := progress.New(os.Stdout)
	// A run tells its observer what happens; a program may count work of its own in the same way.
	line.Observe(context.Background(), pipeline.Event{Kind: pipeline.KindItem, Origin: "cache"})
	line.Observe(context.Background(), pipeline.Event{Kind: pipeline.KindItem, Origin: "cache"})
	_ = line.Close()
	// Output: 2 items, 2 reused
}
