package llm_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/internal/essaytest"
)

// counting returns a request that words counts as n tokens, framing included.
func counting(n int) llm.Request { return ask(strings.Repeat("word ", n-7)) }

func reporting(input int) llm.Response { return llm.Response{Usage: llm.Usage{Input: input}} }

func TestPromptCut(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		count, reported, window int
		want                    string // a part of the reason; empty where nothing is cut
	}{
		"as counted":                        {3000, 3000, 0, ""},
		"more than counted":                 {3000, 4000, 0, ""},
		"a tokenizer with fewer tokens":     {3000, 2300, 0, ""},
		"at the share":                      {3000, 1800, 0, ""},
		"below the share":                   {3000, 1799, 0, "reports 1799 prompt tokens where the prompt counts about 3000"},
		"half the prompt, window known":     {3000, 1500, 8192, "reports 1500 prompt tokens where the prompt counts about 3000"},
		"fits the window":                   {3000, 3000, 4096, ""},
		"the window is full":                {4200, 4096, 4096, "reports 4096 prompt tokens, which fill its context of 4096, and the prompt counts about 4200"},
		"more than the window":              {4200, 4300, 4096, "fill its context of 4096"},
		"full, and the count a bit less":    {3482, 4096, 4096, "fill its context"},
		"full, but the count is far less":   {3400, 4096, 4096, ""},
		"nearly full":                       {4200, 4095, 4096, ""},
		"it cannot have fit":                {5000, 3900, 4096, "counts about 5000 tokens and the context holds 4096, yet the server answered (it reports 3900)"},
		"it may have fit":                   {4700, 4000, 4096, ""},
		"no usage":                          {9000, 0, 4096, ""},
		"no usage that makes sense":         {9000, -1, 4096, ""},
		"too short to tell":                 {199, 20, 0, ""},
		"too short to tell, window known":   {199, 128, 128, ""},
		"just long enough to tell":          {200, 20, 0, "reports 20"},
		"a negative window is not known":    {3000, 3000, -1, ""},
		"the window is smaller than a page": {300, 128, 128, "cut"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := counting(test.count)
			require.Equal(t, test.count, llm.CountRequest(words(), req))
			reason, cut := llm.PromptCut(req, reporting(test.reported), words(), test.window)
			assert.Equal(t, test.want != "", cut, reason)
			if test.want != "cut" {
				assert.Contains(t, reason, test.want)
			}
			if !cut {
				assert.Empty(t, reason)
			}
		})
	}
}

func TestPromptCutTakesCachedTokensAsRead(t *testing.T) {
	t.Parallel()
	resp := llm.Response{Usage: llm.Usage{Input: 3000, Cached: 2900}}
	_, cut := llm.PromptCut(counting(3000), resp, words(), 0)
	assert.False(t, cut)
}

// Some servers turn the schema into a grammar and never count it.
func TestPromptCutLeavesTheSchemaOut(t *testing.T) {
	t.Parallel()
	req := counting(300)
	req.Reply = &llm.Schema{Name: "grade", JSON: json.RawMessage(`"` + strings.Repeat("word ", 5000) + `"`)}
	_, cut := llm.PromptCut(req, reporting(300), words(), 4096)
	assert.False(t, cut)
}

func TestPromptCutRepeatsNoText(t *testing.T) {
	t.Parallel()
	reason, cut := llm.PromptCut(ask(strings.Repeat("secret ", 500)), reporting(100), nil, 0)
	require.True(t, cut)
	assert.Regexp(t, `^the server reports 100 prompt tokens where the prompt counts about \d+$`, reason)
}

// With the estimate and what real tokenizers count, no essay is flagged whole, and every one is flagged at half.
func TestPromptCutOnEssays(t *testing.T) {
	t.Parallel()
	for _, corpus := range []string{"quickstart", "argrewrite", "samples"} {
		t.Run(corpus, func(t *testing.T) {
			t.Parallel()
			recorded := essaytest.Recorded(t, "..")[corpus]
			for _, text := range essaytest.Load(t, "..", corpus) {
				req := ask(text.Text)
				for _, n := range []int{recorded[text.ID].O200k, recorded[text.ID].Cl100k} {
					reason, cut := llm.PromptCut(req, reporting(n+7), nil, n+500)
					assert.False(t, cut, "%s: %s", text.ID, reason)
					if corpus != "samples" && n > 250 {
						_, cut = llm.PromptCut(req, reporting(n/2), nil, 0)
						assert.True(t, cut, "%s: half of %d tokens", text.ID, n)
					}
				}
			}
		})
	}
}

// TestPromptCutReadsSamples: a prompt that is plainly whole is not counted from end to end, one in doubt is.
func TestPromptCutReadsSamples(t *testing.T) {
	t.Parallel()
	read := 0
	counter := llm.CounterFunc(func(text string) int {
		read += len(text)
		return words().CountTokens(text)
	})
	req := counting(40_000) // 200 kB
	_, cut := llm.PromptCut(req, reporting(39_000), counter, 0)
	assert.False(t, cut)
	assert.Less(t, read, 6<<10)
	_, cut = llm.PromptCut(req, reporting(20_000), counter, 0)
	assert.True(t, cut)
	assert.Greater(t, read, 200<<10)
}

// TestSamplesDecideAsAWholeCountDoes: whatever the mixture of texts and whatever the server reports, reading samples first changes no verdict.
func TestSamplesDecideAsAWholeCountDoes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 2))
	kinds := []string{
		"The market was full on Saturday, and nobody came to harm. ", "Die Straße gehört am Samstag den Fußgängern. ", "路上没有汽车，孩子们可以玩。",
		`{"thesis":{"quotes":["Essay p01"],"score":3}}`, "2,100 people in 2026; 17.5 % more than 2025!\n", "Привет, как дела сегодня? ",
	}
	for range 300 {
		var req llm.Request
		for range 1 + r.IntN(12) {
			req.Messages = append(req.Messages, llm.Message{Role: llm.User, Text: strings.Repeat(kinds[r.IntN(len(kinds))], r.IntN(200))})
		}
		count := llm.CountRequest(nil, req)
		if count < 200 {
			continue
		}
		for _, share := range []int{30, 55, 59, 61, 80, 100, 140} {
			reported := count * share / 100
			_, cut := llm.PromptCut(req, reporting(reported), nil, 0)
			assert.Equal(t, reported < count*60/100, cut, "%d of %d tokens", reported, count)
			window := count*(50+r.IntN(200))/100 + 1
			_, cut = llm.PromptCut(req, reporting(reported), nil, window)
			whole := count*100/115 <= window && (reported < window || count < window*85/100) && reported >= count*60/100
			assert.Equal(t, !whole, cut, "%d of %d tokens, window %d", reported, count, window)
		}
	}
}

func BenchmarkPromptCut(b *testing.B) {
	req := ask(strings.Repeat("The market was full on Saturday, and nobody came to harm. ", 750)) // 43 kB
	resp := reporting(llm.CountRequest(nil, req))
	b.ReportAllocs()
	for b.Loop() {
		llm.PromptCut(req, resp, nil, 0)
	}
}
