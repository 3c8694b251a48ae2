// Readrun reads recorded runs: what a run did, what happened to one of its items, how it differs from another run, its items as a table.
//
//	go run ./examples/readrun DIR                  totals, and what became of each item
//	go run ./examples/readrun DIR ITEM             each stage of an item with what it saw and returned, the prompt as sent, the reply
//	go run ./examples/readrun -diff DIR2 DIR       what changed from DIR to DIR2, settings first
//	go run ./examples/readrun -csv FILE DIR        a row an item, for a spreadsheet
//	go run ./examples/readrun -parquet FILE DIR    a row an item, for a data frame or a database
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/gloss-sdk/gloss/pipeline/record"
	"github.com/gloss-sdk/gloss/pipeline/record/export"
)

func main() {
	err := run(os.Args[1:], os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "readrun:", err)
		os.Exit(1)
	}
}

// arguments is what the command line asks for.
type arguments struct{ dir, item, other, csv, parquet string }

func parse(args []string, w io.Writer) (a arguments, err error) {
	flags := flag.NewFlagSet("readrun", flag.ContinueOnError)
	flags.SetOutput(w)
	flags.StringVar(&a.other, "diff", "", "compare with the run in this `directory`")
	flags.StringVar(&a.csv, "csv", "", "write the items to this new CSV `file`, formulas escaped")
	flags.StringVar(&a.parquet, "parquet", "", "write the items to this new Parquet `file`")
	flags.Usage = func() {
		fmt.Fprintln(w, "usage: readrun [-diff DIR2] [-csv FILE] [-parquet FILE] DIR [ITEM]")
		flags.PrintDefaults()
	}
	for len(args) > 0 { // flags may stand behind the directory
		if err := flags.Parse(args); err != nil {
			return a, err
		}
		if args = flags.Args(); len(args) == 0 {
			break
		}
		switch {
		case a.dir == "":
			a.dir = args[0]
		case a.item == "":
			a.item = args[0]
		default:
			return a, fmt.Errorf("%q is one argument too many; want DIR and perhaps ITEM", args[0])
		}
		args = args[1:]
	}
	switch {
	case a.dir == "":
		return a, errors.New("want the directory of a run; -h shows how")
	case a.item != "" && a.other+a.csv+a.parquet != "":
		return a, fmt.Errorf("-diff, -csv and -parquet are about all items; leave %q out", a.item)
	}
	return a, nil
}

func run(args []string, w io.Writer) (err error) {
	a, err := parse(args, w)
	if err != nil {
		return err
	}
	r, err := record.Open(a.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if a.item != "" {
		if err := r.Show(w, a.item); err != nil {
			return fmt.Errorf("%w; leave the item out to list the items", err)
		}
		return nil
	}
	if a.other == "" && a.csv == "" && a.parquet == "" {
		return overview(w, r)
	}
	if a.other != "" {
		err = diff(w, r, a.other)
	}
	if a.csv != "" {
		err = errors.Join(err, table(a.csv, func(f io.Writer) error {
			return export.CSV(f, r, export.Consumption(), export.EscapeFormulas())
		}))
	}
	if a.parquet != "" {
		err = errors.Join(err, table(a.parquet, func(f io.Writer) error { return export.Parquet(f, r, export.Consumption()) }))
	}
	return err
}

// overview says what the run did, and what became of each item.
func overview(w io.Writer, r *record.Run) error {
	m := r.Manifest()
	fmt.Fprintf(w, "%s: %s, %s\n", m.Name, m.State, m.Created.Format("2 Jan 2006 15:04"))
	for item, err := range r.Items() {
		if err != nil && !errors.Is(err, record.ErrNotRecorded) {
			return err
		}
		state := "ok"
		if err != nil {
			state = err.Error()
		} else if item.Error != "" {
			state = item.Error
		}
		fmt.Fprintf(w, "%-24s %-12s %s\n", item.Target, item.ID, state)
	}
	totals, err := r.Totals()
	if err != nil {
		return err
	}
	c := totals.Counts
	fmt.Fprintf(w, "%d items, %d failed, %d reused; %d calls, %d tokens in, %d out, cost %s\n",
		c.Items, c.Failed, c.Reused, c.Usage.Calls, c.Usage.Input, c.Usage.Output, c.Usage.Cost)
	for _, m := range totals.Models {
		fmt.Fprintf(w, "model %s: %d calls, half of them within %s, 95 %% within %s\n",
			m.Model, m.Usage.Calls, m.Latency.P50, m.Latency.P95)
	}
	return nil
}

// diff says what changed from r to the run in dir.
func diff(w io.Writer, r *record.Run, dir string) (err error) {
	other, err := record.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, other.Close()) }()
	d, err := record.Diff(r, other)
	if err != nil {
		return err
	}
	_, err = d.WriteTo(w)
	return err
}

// table writes a file that is not there yet, and leaves none behind if it cannot.
func table(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
