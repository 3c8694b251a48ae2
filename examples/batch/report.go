package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/gloss-sdk/gloss/pipeline/record"
)

// report says what the run in dir has done so far, and what this session of it did.
func report(w io.Writer, dir string) (err error) {
	r, err := record.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	m := r.Manifest()
	session := m.Sessions[len(m.Sessions)-1].Counts
	for _, part := range []struct {
		name   string
		counts record.Counts
	}{{fmt.Sprintf("session %d", len(m.Sessions)), session}, {"whole run", m.Counts}} {
		c := part.counts
		fmt.Fprintf(w, "%-10s  %d items: %d succeeded, %d of them taken over, %d failed; %d calls, %d tokens, cost %s\n",
			part.name, c.Items, c.Succeeded, c.Reused, c.Failed, c.Usage.Calls, c.Usage.Tokens(), c.Usage.Cost)
	}
	if n := m.Counts.Orphaned; n > 0 {
		fmt.Fprintf(w, "%d calls were sent and never ended: their sessions were killed\n", n)
	}
	_, err = fmt.Fprintf(w, "%s is %s: go run ./examples/readrun %s\n", dir, m.State, dir)
	return err
}
