// Readrun prints what happened to one item of a recorded run: each stage with what it saw and returned, the prompt as sent, the reply, the
// verdict.
//
//	go run ./examples/readrun runs/20260102T150405.000Z-quickstart h12
//
// Without an item it lists the items.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gloss-sdk/gloss/pipeline/record"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "readrun:", err)
		os.Exit(1)
	}
}

func run(args []string, w io.Writer) (err error) {
	if len(args) != 1 && len(args) != 2 {
		return errors.New("want the directory of a run, and perhaps the ID of an item")
	}
	r, err := record.Open(args[0])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if len(args) == 2 {
		if err := r.Show(w, args[1]); err != nil {
			return fmt.Errorf("%w; leave the item out to list the items", err)
		}
		return nil
	}
	m := r.Manifest()
	fmt.Fprintf(w, "%s: %s, %s\n", m.Name, m.State, m.Created.Format("2 Jan 2006 15:04"))
	for item, err := range r.Items() {
		if err != nil {
			return err
		}
		state := "ok"
		if item.Error != "" {
			state = item.Error
		}
		fmt.Fprintf(w, "%-24s %-12s %s\n", item.Target, item.ID, state)
	}
	return nil
}
