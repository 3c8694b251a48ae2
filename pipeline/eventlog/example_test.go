package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/eventlog"
)

func ExampleNew() {
	// Times and durations are left out here, for they are never the same.
	steady := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == eventlog.KeyElapsed {
			return slog.Attr{}
		}
		return a
	}
	log, err := eventlog.New(slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: steady})))
	if err != nil {
		fmt.Println(err)
		return
	}
	run, err := pipeline.NewRun(pipeline.WithObserver(log))
	if err != nil {
		fmt.Println(err)
		return
	}
	words := pipeline.Fn(func(_ context.Context, text string) (int, error) {
		if text == "" {
			return 0, errors.New("the essay is empty")
		}
		return len(strings.Fields(text)), nil
	})
	ctx := context.Background()
	runner, err := pipeline.Start(ctx, run, pipeline.Tool("length", pipeline.Named("words", words)))
	if err != nil {
		fmt.Println(err)
		return
	}
	essays := func(yield func(pipeline.Item[string]) bool) {
		_ = yield(pipeline.Item[string]{ID: "ana", In: "My summer was fun"}) && yield(pipeline.Item[string]{ID: "ben"})
	}
	for range runner.Stream(ctx, essays) {
	}
	// Output:
	// level=INFO msg="batch started" target=length batch=1
	// level=WARN msg="item failed" target=length batch=1 index=1 stage=words error_class=unknown error_type=*errors.errorString
	// level=INFO msg="batch ended" target=length batch=1 items=2 failed=1
}

func ExampleItemIDs() {
	log, err := eventlog.New(slog.New(slog.NewTextHandler(os.Stdout, nil)), eventlog.ItemIDs())
	fmt.Println(log != nil, err)
	// Output: true <nil>
}
