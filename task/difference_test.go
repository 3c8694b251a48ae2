package task_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/prompt"
	"github.com/gloss-sdk/gloss/task"
)

// TestTurningAnInputOffChangesItsSectionOnly compares the prompt with an input and without it, section by section.
func TestTurningAnInputOffChangesItsSectionOnly(t *testing.T) {
	t.Parallel()
	for _, kind := range task.Kinds() {
		for _, rag := range []bool{false, true} {
			file := "off." + string(kind) + ".golden"
			base := []task.Option{task.WithExemplars(task.Exemplars{K: 2})}
			if rag {
				file = "off." + string(kind) + ".rag.golden"
				base = []task.Option{task.WithExemplars(task.Exemplars{K: 12}), task.WithRAG(task.RAG{Passages: 12})} // all of them, so that only the order can change
			}
			t.Run(file, func(t *testing.T) {
				t.Parallel()
				full := parts(t, kind, base...)
				var b strings.Builder
				for _, s := range switches() {
					opts := base
					if s.name == "past_feedback" && !rag {
						opts = nil
					} else if s.name == "past_feedback" {
						opts = []task.Option{task.WithRAG(task.RAG{Passages: 12})}
					}
					without := parts(t, kind, append(slices.Clone(opts), s.off)...)
					fmt.Fprintf(&b, "without %s\n%s\n", s.name, difference(full, without))
				}
				compareGolden(t, file, b.String())
			})
		}
	}
}

// parts lists what a prompt is made of: the place, and what stands there.
func parts(tb testing.TB, k task.Kind, opts ...task.Option) []string {
	tb.Helper()
	c := classOf(graded(6))
	d, err := until(tb, mustBuild(tb, c.using(nil), k, opts...), task.PlacePrompt, revised())
	require.NoError(tb, err)
	var out []string
	add := func(where string, sections []prompt.Section) {
		for _, s := range sections {
			out = append(out, fmt.Sprintf("%s <%s> %q", where, s.Tag, s.Text))
		}
	}
	add("system", d.Prompt.System)
	for _, e := range d.Prompt.Examples {
		add("example "+e.ID, e.User)
		out = append(out, fmt.Sprintf("example %s answers %s", e.ID, e.Reply))
	}
	add("user", d.Prompt.User)
	return append(out, "schema "+asJSON(tb, d.Prompt.Reply))
}

// difference lists what only one of two lists has.
func difference(before, after []string) string {
	var b strings.Builder
	for _, line := range before {
		if !slices.Contains(after, line) {
			b.WriteString("- " + line + "\n")
		}
	}
	for _, line := range after {
		if !slices.Contains(before, line) {
			b.WriteString("+ " + line + "\n")
		}
	}
	return b.String()
}
