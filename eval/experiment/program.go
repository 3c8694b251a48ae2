package experiment

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/gloss-sdk/gloss/eval/stats"
)

// Program is what an experiment does with its arguments.
type Program func(ctx context.Context, args []string, stdout, stderr io.Writer) error

// Main runs a program with the arguments of the process and returns its exit code: 0, or 1 after one message on standard error. An interrupt
// ends the program's context, so that what is finished is kept.
func Main(name string, p Program) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return exit(ctx, name, p, os.Args[1:], os.Stdout, os.Stderr)
}

func exit(ctx context.Context, name string, p Program, args []string, stdout, stderr io.Writer) int {
	err := p(ctx, args, stdout, stderr)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintf(stderr, "%s: %v\n", name, err)
	return 1
}

// Figure is a number for a table, to three places; "undefined" where there is none.
func Figure(e stats.Estimate) string {
	if v, ok := e.Value(); ok {
		return fmt.Sprintf("%.3f", v)
	}
	return "undefined"
}

// Bounds is an interval for a table, as in "0.603 to 0.906"; "undefined" where there is none.
func Bounds(i stats.Interval) string {
	low, high, ok := i.Bounds()
	if !ok {
		return "undefined"
	}
	return fmt.Sprintf("%.3f to %.3f", low, high)
}
