package prompt_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/prompt"
)

// rubric returns a schema of n criteria, each a verdict from 1 to 6 by a step, and a reply that fits it.
func rubric(tb testing.TB, n int, step float64) (*prompt.Schema, string) {
	tb.Helper()
	one := prompt.ShapeOf[verdict]().With([]string{"score"}, prompt.Within(1, 6, step)).With([]string{"rationale"}, prompt.MaxLength(600))
	var fields []prompt.Field
	var replies []string
	for i := range n {
		name := fmt.Sprintf("criterion_%d", i+1)
		fields = append(fields, prompt.Field{Name: name, Shape: one})
		replies = append(replies, fmt.Sprintf(`%q: {"quotes": ["Harbor Road should be closed.", "The market was full."], `+
			`"rationale": "The text says \"closed\" and gives one reason; it does not answer the other side.", "score": %d}`, name, i%6+1))
	}
	s, err := prompt.Object(fields...).Schema("rubric_score")
	require.NoError(tb, err)
	return s, "{" + strings.Join(replies, ",\n") + "}\n"
}

// BenchmarkReply reads and decodes a reply of 10 criteria, and of a single one.
func BenchmarkReply(b *testing.B) {
	for _, n := range []int{1, 10} {
		s, text := rubric(b, n, 1)
		run := func(name, text string, t prompt.Tolerance) {
			b.Run(fmt.Sprintf("criteria=%d/%s", n, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					r, err := s.Read(llm.Response{Text: text}, t)
					if err != nil {
						b.Fatal(err)
					}
					if _, err = prompt.Decode[map[string]verdict](s, r); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		run("strict", text, prompt.Tolerance{})
		run("fenced", "Here it is:\n```json\n"+text+"```\n", prompt.Tolerance{Surrounded: true})
		run("clamped", strings.Replace(text, `"score": 1`, `"score": 9`, 1), prompt.Tolerance{OutOfRange: true})
	}
	for _, step := range []float64{1, 0.5} {
		s, text := rubric(b, 10, step)
		b.Run(fmt.Sprintf("read/step=%v", step), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Read(llm.Response{Text: text}, prompt.Tolerance{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestAllocations keeps a reply that fits cheap: a run reads one for each submission, and each attempt.
func TestAllocations(t *testing.T) {
	for _, step := range []float64{1, 0.5, 2.5} { // 2.5 from 1 takes 1 and 3.5
		s, text := rubric(t, 1, step)
		allocs := testing.AllocsPerRun(20, func() {
			if _, err := s.Read(llm.Response{Text: text}, prompt.Tolerance{OutOfRange: true}); err != nil {
				t.Error(err)
			}
		})
		require.LessOrEqual(t, allocs, 1.0, "step %v: the reply alone", step)
	}
	for n, most := range map[int]float64{1: 30, 10: 119} {
		s, text := rubric(t, n, 1)
		allocs := testing.AllocsPerRun(20, func() {
			r, err := s.Read(llm.Response{Text: text}, prompt.Tolerance{Surrounded: true, OutOfRange: true})
			if err == nil {
				_, err = prompt.Decode[map[string]verdict](s, r)
			}
			if err != nil {
				t.Error(err)
			}
		})
		require.LessOrEqual(t, allocs, most, "%d criteria", n)
	}
}
