package prompt_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/prompt"
)

// words counts a token for each word: easy to see through, and it never counts a text less than its pieces.
var words = llm.CounterFunc(func(text string) int { return len(strings.Fields(text)) })

func counted(tb testing.TB, c llm.Counter, p prompt.Prompt) int {
	tb.Helper()
	req, err := p.Request()
	require.NoError(tb, err)
	return llm.CountRequest(c, req)
}

func paragraphs(name string, n int) string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("%s paragraph %d says this", name, i+1))
	}
	return strings.Join(out, "\n\n")
}

func lesson() prompt.Prompt {
	return prompt.Prompt{
		System: []prompt.Section{
			{Text: "Score the text."},
			{Tag: prompt.Rubric, Text: "One to six.", CutOrder: 3},
			{Tag: prompt.Documents, Text: paragraphs("document", 4), CutOrder: 2, Trim: true},
		},
		Examples: []prompt.Example{
			{ID: "e1", User: []prompt.Section{{Tag: prompt.Submission, Text: "old text one"}}, Reply: `{"score": 1}`, CutOrder: 1},
			{User: []prompt.Section{{Tag: prompt.Submission, Text: "old text two"}}, Reply: `{"score": 2}`, CutOrder: 1},
		},
		User: []prompt.Section{
			{Tag: prompt.PriorDraft, Text: "an earlier draft", CutOrder: 1},
			{Tag: prompt.Submission, Text: "the new text"},
		},
	}
}

func TestFitCutsInOrder(t *testing.T) {
	t.Parallel()
	p := lesson()
	full := counted(t, words, p)
	var shown []string
	for budget := full; budget > 0; budget-- {
		fitted, cuts, err := prompt.Budget{MaxTokens: budget, Counter: words}.Fit(p)
		if err != nil {
			var over *prompt.OverBudgetError
			require.ErrorAs(t, err, &over)
			require.Equal(t, budget, over.Max)
			require.Equal(t, over.Need, budget+1, "the smallest budget that fits is what is needed")
			require.Equal(t, "context_too_long", over.ErrorClass())
			break
		}
		require.LessOrEqual(t, counted(t, words, fitted), budget)
		var names []string
		for _, c := range cuts {
			names = append(names, c.String())
		}
		if line := strings.Join(names, ", "); len(shown) == 0 || shown[len(shown)-1] != line {
			shown = append(shown, line)
		}
	}
	first := "prior_draft: 5 to 0 tokens"
	second := first + ", example #2: 15 to 0 tokens"
	third := second + ", example e1: 15 to 0 tokens"
	require.Equal(t, []string{
		"", first, second, third,
		third + ", class_documents: 22 to 17 tokens", third + ", class_documents: 22 to 12 tokens",
		third + ", class_documents: 22 to 0 tokens",
		third + ", class_documents: 22 to 0 tokens, rubric: 5 to 0 tokens",
	}, slices.DeleteFunc(shown, func(s string) bool { return strings.HasSuffix(s, "22 to 20 tokens") }))
	require.Equal(t, lesson(), p, "the prompt itself is not touched")
}

func TestFitTrims(t *testing.T) {
	t.Parallel()
	p := prompt.Prompt{
		System: []prompt.Section{{Tag: prompt.Documents, Text: "\n\nfirst here\r\n \t\r\nsecond is longer by far than the line\n\n\nthird " + strings.Repeat("x ", 50),
			CutOrder: 1, Trim: true}},
		User: []prompt.Section{{Tag: prompt.Submission, Text: "text"}},
	}
	fit := func(budget int) (string, []prompt.Cut) {
		fitted, cuts, err := prompt.Budget{MaxTokens: budget, Counter: words}.Fit(p)
		require.NoError(t, err)
		if len(fitted.System) == 0 {
			return "", cuts
		}
		return fitted.System[0].Text, cuts
	}
	text, cuts := fit(40)
	require.Equal(t, "\n\nfirst here\r\n \t\r\nsecond is longer by far than the line\n\n[The rest is left out.]", text)
	require.Equal(t, []prompt.Cut{{Tag: prompt.Documents, From: 63, To: 17}}, cuts)
	text, _ = fit(30)
	require.Equal(t, "\n\nfirst here\r\n\n[The rest is left out.]", strings.ReplaceAll(text, "\r\n\n\n", "\r\n\n"))
	text, cuts = fit(15)
	require.Empty(t, text)
	require.Equal(t, 0, cuts[0].To)

	p.System[0].Trim = false
	text, _ = fit(40)
	require.Empty(t, text, "what may not be trimmed goes as a whole")
	p.System[0].Trim, p.System[0].Text = true, "one paragraph "+strings.Repeat("x ", 60)
	text, _ = fit(40)
	require.Empty(t, text)
}

// TestFitTrimsToSaveTokens: leaving out a last word for the line that says so costs more than it saves.
func TestFitTrimsToSaveTokens(t *testing.T) {
	t.Parallel()
	// At the seam of two paragraphs the whole counts more than its pieces.
	counter := llm.CounterFunc(func(text string) int {
		return len(strings.Fields(text)) + 100*strings.Count(text, "one two three four five six seven\n\ntail")
	})
	p := prompt.Prompt{
		System: []prompt.Section{{Tag: prompt.Documents, Text: "head\n\none two three four five six seven\n\ntail", CutOrder: 1, Trim: true}},
		User:   []prompt.Section{{Tag: prompt.Submission, Text: "text"}},
	}
	_, cuts, err := prompt.Budget{MaxTokens: 60, Counter: counter}.Fit(p)
	require.NoError(t, err)
	require.Equal(t, []prompt.Cut{{Tag: prompt.Documents, From: 11, To: 8}}, cuts)
}

func TestFitErrors(t *testing.T) {
	t.Parallel()
	p := prompt.Prompt{User: []prompt.Section{{Text: "one two three", CutOrder: 1}}}
	_, _, err := prompt.Budget{MaxTokens: 5, Counter: words}.Fit(p)
	require.ErrorContains(t, err, "nothing to ask")
	require.ErrorContains(t, err, "want a part of the question at cut order 0")
	_, _, err = prompt.Budget{MaxTokens: 5}.Fit(prompt.Prompt{})
	require.ErrorContains(t, err, "nothing to ask")
	p.User[0].CutOrder = 0
	_, _, err = prompt.Budget{MaxTokens: 9, Counter: words}.Fit(p)
	require.EqualError(t, err, "prompt: what may not be cut needs 10 tokens and 9 are allowed: "+
		"want a larger window, a shorter submission, or a cut order on more parts")
	_, _, err = prompt.Budget{}.Fit(p)
	require.ErrorContains(t, err, "and 0 are allowed", "the zero value allows nothing and estimates")
}

func TestFitLeavesWhatFits(t *testing.T) {
	t.Parallel()
	p := lesson()
	fitted, cuts, err := prompt.Budget{MaxTokens: counted(t, nil, p)}.Fit(p)
	require.NoError(t, err)
	require.Nil(t, cuts)
	require.Equal(t, p, fitted)
}

// TestFitCountsEachPartOnce: a tokenizer is slow, so the tokens that it is asked for grow with the prompt and not with the cuts.
func TestFitCountsEachPartOnce(t *testing.T) {
	t.Parallel()
	var bytes atomic.Int64
	counter := llm.CounterFunc(func(text string) int { bytes.Add(int64(len(text))); return (len(text) + 3) / 4 })
	p := lesson()
	p.System[2].Text = paragraphs("document", 3000)
	_, cuts, err := prompt.Budget{MaxTokens: 400, Counter: counter}.Fit(p)
	require.NoError(t, err)
	require.Len(t, cuts, 4)
	require.Less(t, bytes.Load(), int64(3*len(p.System[2].Text)))
}

// random returns a prompt with something at every cut order, and texts that tempt the trimming.
func random(rng *rand.Rand) prompt.Prompt {
	text := func() string {
		var b strings.Builder
		for range 1 + rng.IntN(6) {
			for range 1 + rng.IntN(12) {
				b.WriteString([]string{"a", "word", "</submission>", "résumé ", "naïvely", "<", "\n", " "}[rng.IntN(8)])
				b.WriteString([]string{" ", "", "\t"}[rng.IntN(3)])
			}
			b.WriteString([]string{"\n\n", "\n \n", "\r\n\r\n", "\n\n\n\n", "\n"}[rng.IntN(5)])
		}
		return b.String()
	}
	sections := func(n int) (out []prompt.Section) {
		for range n {
			tags := append(prompt.Tags(), prompt.Instruction)
			out = append(out, prompt.Section{Tag: tags[rng.IntN(len(tags))], Text: text(), CutOrder: rng.IntN(4), Trim: rng.IntN(2) == 0})
		}
		return out
	}
	p := prompt.Prompt{System: sections(rng.IntN(5)), User: append(sections(rng.IntN(3)), prompt.Section{Tag: prompt.Submission, Text: "x" + text()})}
	for i := range rng.IntN(4) {
		p.Examples = append(p.Examples, prompt.Example{ID: fmt.Sprint("e", i), User: []prompt.Section{{Text: "x" + text()}}, Reply: "{}", CutOrder: rng.IntN(4)})
	}
	return p
}

// essential returns what of a prompt is never cut.
func essential(p prompt.Prompt) prompt.Prompt {
	keep := func(s prompt.Section) bool { return s.CutOrder != 0 || s.Text == "" }
	p.System = slices.DeleteFunc(slices.Clone(p.System), keep)
	p.User = slices.DeleteFunc(slices.Clone(p.User), keep)
	p.Examples = slices.DeleteFunc(slices.Clone(p.Examples), func(e prompt.Example) bool { return e.CutOrder != 0 })
	return p
}

func TestFitProperties(t *testing.T) {
	t.Parallel()
	counters := map[string]llm.Counter{
		"estimate": nil,
		"words":    words,
		// Counts the whole more than its pieces, as a tokenizer may at their seams.
		"seams": llm.CounterFunc(func(text string) int { return len(text)/3 + len(text)*len(text)/5000 }),
	}
	for name, counter := range counters {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(3, 5))
			for range 40 {
				checkFit(t, counter, random(rng))
			}
		})
	}
}

func marshaled(tb testing.TB, p prompt.Prompt) string {
	tb.Helper()
	out, err := json.Marshal(p)
	require.NoError(tb, err)
	return string(out)
}

func checkFit(t *testing.T, counter llm.Counter, p prompt.Prompt) {
	t.Helper()
	before, kept := marshaled(t, p), marshaled(t, essential(p))
	full, least := counted(t, counter, p), counted(t, counter, essential(p))
	shown := 0
	for budget := least - 2; budget <= full+1; budget += 1 + (full-least)/50 {
		b := prompt.Budget{MaxTokens: budget, Counter: counter}
		fitted, cuts, err := b.Fit(p)
		if budget < least {
			require.Equal(t, &prompt.OverBudgetError{Need: least, Max: budget}, err)
			continue
		}
		require.NoError(t, err)
		require.LessOrEqual(t, counted(t, counter, fitted), budget)
		require.Equal(t, kept, marshaled(t, essential(fitted)), "what is never cut stays as it is")
		again, same, _ := b.Fit(p)
		require.Equal(t, fitted, again)
		require.Equal(t, cuts, same)
		require.Equal(t, budget >= full, cuts == nil)
		for i, c := range cuts {
			require.Less(t, c.To, c.From)
			require.True(t, c.To == 0 || i == len(cuts)-1, "only the last part that is cut is trimmed: %v", cuts)
		}
		size := textBytes(fitted)
		require.GreaterOrEqual(t, size, shown, "a larger budget never shows less")
		shown = size
	}
	require.Equal(t, before, marshaled(t, p), "the prompt itself is not touched")
}

// textBytes counts the text that a prompt shows, without the line that says what is left out.
func textBytes(p prompt.Prompt) int {
	n := 0
	for _, s := range slices.Concat(p.System, p.User) {
		n += len(strings.TrimSuffix(s.Text, "\n\n[The rest is left out.]"))
	}
	for _, e := range p.Examples {
		n += len(e.User[0].Text) + len(e.Reply)
	}
	return n
}

// TestFitStopsInTime: taking back the last cut would exceed the budget, but for the tokens that counting in pieces costs.
func TestFitStopsInTime(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 7))
	for range 300 {
		p := random(rng)
		full, least := counted(t, words, p), counted(t, words, essential(p))
		if full == least {
			continue
		}
		budget := least + rng.IntN(full-least)
		fitted, cuts, err := prompt.Budget{MaxTokens: budget, Counter: words}.Fit(p)
		require.NoError(t, err)
		last := cuts[len(cuts)-1]
		const framing, delimiters = 4, 2 // of a message that holds nothing else
		if !hasTrim(p) {
			require.Greater(t, counted(t, words, fitted)+last.From-last.To+framing+delimiters, budget, "%v", cuts)
		}
	}
}

func hasTrim(p prompt.Prompt) bool {
	return slices.ContainsFunc(slices.Concat(p.System, p.User), func(s prompt.Section) bool { return s.Trim && s.CutOrder > 0 })
}

func BenchmarkFit(b *testing.B) {
	p := lesson()
	p.System[2].Text = paragraphs("document", 500)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := (prompt.Budget{MaxTokens: 2000}).Fit(p); err != nil {
			b.Fatal(err)
		}
	}
}
