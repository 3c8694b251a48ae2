package tiktokens

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/internal/essaytest"
)

const root = "../.."

func newCounter(tb testing.TB, encoding string) *Counter {
	tb.Helper()
	c, err := New(encoding)
	require.NoError(tb, err)
	return c
}

func TestNewKnowsItsEncodings(t *testing.T) {
	t.Parallel()
	for _, name := range Encodings() {
		assert.Equal(t, name, newCounter(t, name).codec.GetName())
	}
	for _, name := range []string{"", "gpt-4o", "O200K_BASE", "p50k_base"} {
		_, err := New(name)
		assert.EqualError(t, err, fmt.Sprintf("tiktokens: unknown encoding %q; want one of o200k_base, cl100k_base", name))
	}
}

// The token lists are those of OpenAI's cookbook, "How to count tokens with tiktoken".
func TestPublishedEncodings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		encoding, text string
		want           []uint
	}{
		{"cl100k_base", "hello world", []uint{15339, 1917}},
		{"o200k_base", "hello world", []uint{24912, 2375}},
		{"cl100k_base", "tiktoken is great!", []uint{83, 1609, 5963, 374, 2294, 0}},
		{"o200k_base", "tiktoken is great!", []uint{83, 8251, 2488, 382, 2212, 0}},
		{"cl100k_base", "antidisestablishmentarianism", []uint{519, 85342, 34500, 479, 8997, 2191}},
		{"o200k_base", "antidisestablishmentarianism", []uint{493, 129901, 376, 160388, 21203, 2367}},
		{"cl100k_base", "2 + 2 = 4", []uint{17, 489, 220, 17, 284, 220, 19}},
		{"o200k_base", "2 + 2 = 4", []uint{17, 659, 220, 17, 314, 220, 19}},
		{"cl100k_base", "お誕生日おめでとう", []uint{33334, 45918, 243, 21990, 9080, 33334, 62004, 16556, 78699}},
		{"o200k_base", "お誕生日おめでとう", []uint{8930, 9697, 243, 128225, 8930, 17693, 4344, 48669}},
	} {
		c := newCounter(t, test.encoding)
		got, _, err := c.codec.Encode(test.text)
		require.NoError(t, err)
		assert.Equal(t, test.want, got, "%s %q", test.encoding, test.text)
		assert.Equal(t, len(test.want), c.CountTokens(test.text), "%s %q", test.encoding, test.text)
	}
}

func TestTokensDecodeToTheText(t *testing.T) {
	t.Parallel()
	for _, encoding := range Encodings() {
		codec := newCounter(t, encoding).codec
		for _, corpus := range []string{"samples", "quickstart"} {
			for _, text := range essaytest.Load(t, root, corpus) {
				ids, _, err := codec.Encode(text.Text)
				require.NoError(t, err)
				decoded, err := codec.Decode(ids)
				require.NoError(t, err)
				require.Equal(t, text.Text, decoded, "%s %s", encoding, text.ID)
			}
		}
	}
}

func TestCountsOfPartsAddUp(t *testing.T) {
	t.Parallel()
	for _, encoding := range Encodings() {
		c := newCounter(t, encoding)
		for _, text := range essaytest.Load(t, root, "quickstart") {
			whole := c.CountTokens(text.Text)
			for at, r := range text.Text {
				if r != ' ' || at%50 != 0 {
					continue
				}
				parts := c.CountTokens(text.Text[:at]) + c.CountTokens(text.Text[at:])
				require.Equal(t, whole, parts, "%s %s at %d: a token never spans a blank before a word", encoding, text.ID, at)
			}
		}
	}
}

func TestCounterIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	c := newCounter(t, "o200k_base")
	texts := essaytest.Load(t, root, "quickstart")
	want := make([]int, len(texts))
	for i, text := range texts {
		want[i] = c.CountTokens(text.Text)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i, text := range texts {
				assert.Equal(t, want[i], c.CountTokens(text.Text))
			}
		})
	}
	wg.Wait()
}

func FuzzCountTokens(f *testing.F) {
	for _, seed := range []string{"", "hello world", "<|endoftext|>", "\xff\xfe", "  \n\n\t", "été 2024 日本 👍🏽", strings.Repeat("ab ", 40)} {
		f.Add(seed)
	}
	c := newCounter(f, "o200k_base")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return
		}
		n := c.CountTokens(text)
		if n < 0 || n > max(len(text), 3*utf8.RuneCountInString(text)) || (n == 0) != (text == "") {
			t.Errorf("%d tokens for %d bytes", n, len(text))
		}
	})
}

func ExampleNew() {
	counter, err := New("o200k_base")
	if err != nil {
		fmt.Println(err)
		return
	}
	req := llm.Request{Messages: []llm.Message{{Role: llm.User, Text: "Grade this essay."}}}
	fmt.Println(counter.CountTokens("Grade this essay."), llm.CountRequest(counter, req))
	// Output: 4 11
}

func BenchmarkCountTokens(b *testing.B) {
	c := newCounter(b, "o200k_base")
	text := essaytest.Load(b, root, "quickstart")[0].Text
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		c.CountTokens(text)
	}
}

func TestIdentityIsTheEncoding(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "tiktokens/o200k_base", newCounter(t, "o200k_base").Identity())
}
