package llm_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/internal/essaytest"
)

func estimate(text string) int { return llm.Estimate{}.CountTokens(text) }

func TestEstimateOfShortTexts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"":                      0,
		"a":                     1,
		" ":                     0,
		"\n":                    1,
		"hello world":           2,
		"hello, world!":         4,
		"hello   world":         3, // the run of blanks but one is a token
		"It is.\n\nThen it was": 7, // rounded up: 5 words, and a stop that takes the newlines along
		"don't":                 2,
		"don’t":                 2,
		"1234567":               3, // digits go by three
		"2024-05-01":            6,
		"...":                   2,
		"!!!!!!!!":              2,
		`{"type":"string"}`:     6,
		"maxLength":             3, // rounded up from 2 and a little
		"HTTP":                  2,
		"internationalization":  4,
		"für":                   2,
		"книга":                 2,
		"我看见了":                  4,
		"ひらがな":                  4,
		"한국어":                   3,
		"😍":                     2,
		"\xff\xfe":              2,
		"𝐓𝐡𝐞":                   9,
	} {
		assert.Equal(t, want, estimate(text), "%q", text)
	}
}

// The counts of real tokenizers were recorded by the tests of module tiktokens.
func TestEstimateIsNearTheTokenizers(t *testing.T) {
	t.Parallel()
	for _, corpus := range []string{"quickstart", "argrewrite"} {
		t.Run(corpus, func(t *testing.T) {
			t.Parallel()
			recorded := essaytest.Recorded(t, "..")[corpus]
			texts := essaytest.Load(t, "..", corpus)
			require.Len(t, recorded, len(texts), "texts came or went: go test -C llm/tiktokens -run TestRecordedCounts -update")
			for name, counted := range map[string]func(essaytest.Counts) int{
				"o200k_base":  func(c essaytest.Counts) int { return c.O200k },
				"cl100k_base": func(c essaytest.Counts) int { return c.Cl100k },
			} {
				var estimated, all float64
				near := 0
				for _, text := range texts {
					n := float64(counted(recorded[text.ID]))
					require.Positive(t, n, text.ID)
					e := float64(estimate(text.Text))
					estimated, all = estimated+e, all+n
					if math.Abs(e/n-1) <= 0.15 {
						near++
					}
				}
				total := estimated/all - 1
				t.Logf("%s: %d of %d texts within 15%%, in total %+.1f%%", name, near, len(texts), 100*total)
				assert.LessOrEqual(t, math.Abs(total), 0.15, name)
				assert.GreaterOrEqual(t, float64(near), 0.95*float64(len(texts)), name)
			}
		})
	}
}

// Other languages, chat and data: rough, but never far from both encodings.
func TestEstimateOfOtherTexts(t *testing.T) {
	t.Parallel()
	recorded := essaytest.Recorded(t, "..")["samples"]
	for _, text := range essaytest.Load(t, "..", "samples") {
		c, ok := recorded[text.ID]
		require.True(t, ok, text.ID)
		e := estimate(text.Text)
		low, high := min(c.O200k, c.Cl100k), max(c.O200k, c.Cl100k)
		assert.GreaterOrEqual(t, float64(e), 0.85*float64(low), text.ID)
		assert.LessOrEqual(t, float64(e), 1.16*float64(high), text.ID)
	}
}

func TestEstimateNeedsNoMemory(t *testing.T) {
	text := essaytest.Load(t, "..", "quickstart")[0].Text + " für 我 😍\xff"
	assert.Zero(t, testing.AllocsPerRun(10, func() { estimate(text) }))
}

// parts checks what holds for every text and every place to cut it.
func parts(t *testing.T, a, b string) {
	t.Helper()
	whole, first, second := estimate(a+b), estimate(a), estimate(b)
	if whole < first {
		t.Errorf("%d tokens, %d without the end %q", whole, first, b)
	}
	if first < 0 || first > 3*utf8.RuneCountInString(a) {
		t.Errorf("%d tokens for %q", first, a)
	}
	// A cut costs or spares no more than what one piece weighs: a word of the beginning that becomes the end of a longer one.
	if slack := 3 + longestWord(b); whole > first+second+slack || whole < first+second-slack {
		t.Errorf("%d tokens in one, %d and %d in two parts", whole, first, second)
	}
}

func longestWord(text string) int {
	longest := 0
	for _, w := range strings.Fields(text) {
		longest = max(longest, utf8.RuneCountInString(w))
	}
	return longest
}

func TestEstimatesOfPartsAddUp(t *testing.T) {
	t.Parallel()
	for _, corpus := range []string{"samples", "quickstart"} {
		for _, text := range essaytest.Load(t, "..", corpus) {
			for at := 0; at < len(text.Text); at += 37 {
				if utf8.RuneStart(text.Text[at]) {
					parts(t, text.Text[:at], text.Text[at:])
				}
			}
			paragraphs := strings.SplitAfter(text.Text, "\n\n")
			sum := 0
			for _, p := range paragraphs {
				sum += estimate(p)
			}
			assert.InDelta(t, estimate(text.Text), sum, float64(2*len(paragraphs)), text.ID)
		}
	}
}

func TestTheShortcutsOfAnEstimateChangeNothing(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 3))
	letters := []rune("aaabcz  \t\n\rAZ09'’.,!é学я😀𝐀\x00")
	for range 20_000 {
		text := make([]rune, random.IntN(40))
		for i := range text {
			text[i] = letters[random.IntN(len(letters))]
		}
		require.Equal(t, llm.CountByPieces(string(text)), estimate(string(text)), "%q", string(text))
	}
	for _, essay := range essaytest.Load(t, "..", "quickstart") {
		require.Equal(t, llm.CountByPieces(essay.Text), estimate(essay.Text))
	}
}

func FuzzEstimate(f *testing.F) {
	for _, seed := range [][2]string{{"", ""}, {"hello", " world"}, {"don", "'t"}, {"12", "34"}, {"。", "我"}, {"\xf0\x9f", "\x98\x8d"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if utf8.ValidString(a) && utf8.ValidString(b) { // a cut within a rune makes other runes
			parts(t, a, b)
		}
		assert.Equal(t, llm.CountByPieces(a+b), estimate(a+b), "the shortcuts change nothing")
		if n := estimate(a + b); n < 0 || n > 3*utf8.RuneCountInString(a+b) {
			t.Errorf("%d tokens", n)
		}
	})
}

func BenchmarkEstimate(b *testing.B) {
	for _, name := range []string{"quickstart", "samples"} {
		text := essaytest.Load(b, "..", name)[1].Text
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				estimate(text)
			}
		})
	}
}
