package experiment

import (
	"flag"
	"fmt"
	"strings"
)

// Flags are the flags of an experiment program.
type Flags struct {
	// Set are assignments "path=value" that win over the configuration file; the flag -set may be given more than once.
	Set []string
	// JSON asks for one JSON summary on standard output and nothing else there.
	JSON bool
	// PrintConfig asks for the complete effective configuration instead of a run, Plan for what would run and why.
	PrintConfig, Plan bool
	// Runs is the directory that run directories are made in.
	Runs string
	// InFlight is how many items are worked on at once; 0 leaves it to the configuration.
	InFlight int
}

// Register adds the flags to a flag set.
func (f *Flags) Register(fs *flag.FlagSet) {
	fs.Func("set", "set one value of the configuration, `path=value`; may be repeated", func(s string) error {
		if path, _, ok := strings.Cut(s, "="); !ok || path == "" {
			return fmt.Errorf("want path=value")
		}
		f.Set = append(f.Set, s)
		return nil
	})
	fs.BoolVar(&f.JSON, "json", false, "print one JSON summary on standard output and nothing else there")
	fs.BoolVar(&f.PrintConfig, "print-config", false, "print the complete effective configuration with the level of each value, and stop")
	fs.BoolVar(&f.Plan, "plan", false, "print what would run and why, and stop")
	fs.StringVar(&f.Runs, "runs", "runs", "make run directories in `DIR`")
	fs.IntVar(&f.InFlight, "in-flight", 0, "work on `N` items at once; 0 leaves it to the configuration")
}
