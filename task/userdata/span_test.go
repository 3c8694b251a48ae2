package userdata_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"github.com/gloss-sdk/gloss/task/userdata"
)

func TestLocate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, quote, want string }{
		"verbatim":              {"The road is quiet.", "road is", "road is"},
		"line break as space":   {"The road\nis quiet.", "road is", "road\nis"},
		"indented paragraph":    {"quiet.\r\n\r\n\tThen", "quiet. Then", "quiet.\r\n\r\n\tThen"},
		"no-break space":        {"38\u00a0percent", "38 percent", "38\u00a0percent"},
		"spaces in the quote":   {"The road is quiet.", "  road \n is ", "road is"},
		"curly apostrophe":      {"It’s quiet", "It's quiet", "It’s quiet"},
		"straight apostrophe":   {"It's quiet", "It’s quiet", "It's quiet"},
		"curly quotes":          {"He said “no”.", `said "no"`, "said “no”"},
		"guillemets":            {"Il dit «non».", `"non"`, "«non»"},
		"em dash":               {"quiet—very quiet", "quiet-very", "quiet—very"},
		"typed dash":            {"quiet -- very", "quiet — very", "quiet -- very"},
		"decomposed text":       {"the cafe\u0301 closed", "the café closed", "the cafe\u0301 closed"},
		"decomposed quote":      {"the café closed", "the cafe\u0301", "the café"},
		"quote at the end":      {"one two", "two", "two"},
		"quote at the start":    {"one two", "one", "one"},
		"whole text":            {"one", "one", "one"},
		"letter without accent": {"the cafe\u0301 cafe", "cafe", "cafe"},
		"emoji":                 {"so 👍🏽 good", "👍🏽 good", "👍🏽 good"},
		"two apostrophes stay":  {"''a'a", "'a'a", "'a'a"},
		"letter apostrophe":     {"hawaiʼi and more", "hawai'i", "hawaiʼi"},
		"mark after a hyphen":   {"a-\u0301 b-", "b-", "b-"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := userdata.Locate(tc.text, tc.quote)
			require.True(t, ok)
			assert.Equal(t, tc.want, got.Quote)
			assert.Equal(t, got.Quote, tc.text[got.Start:got.End])
			assert.True(t, got.Located())
		})
	}
}

func TestLocateFindsTheFirstPlace(t *testing.T) {
	t.Parallel()
	got, ok := userdata.Locate("it’s here and it's there", "it's")
	require.True(t, ok)
	assert.Equal(t, userdata.Span{Start: 0, End: 6, Quote: "it’s"}, got)
}

func TestLocateNotFound(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, quote string }{
		"empty quote":         {"text", ""},
		"white space quote":   {"a b", " \n"},
		"empty text":          {"", "a"},
		"another case":        {"Road", "road"},
		"left out word":       {"the quiet road", "the road"},
		"joined words":        {"the road", "theroad"},
		"accent left out":     {"the café", "the cafe "},
		"accent added":        {"the cafe", "the café"},
		"half of a character": {"é", "\xa9"},
		"base of an accent":   {"cafe\u0301", "cafe"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := userdata.Locate(tc.text, tc.quote)
			assert.False(t, ok, "found %q", got.Quote)
			assert.Equal(t, userdata.Span{}, got)
		})
	}
}

// TestLocateRewrittenQuotes takes passages out of random texts, rewrites them as editors and models do, and finds them again.
func TestLocateRewrittenQuotes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"road", "café", "don’t", "“yes”", "—", " ", "\n\n", "über", "a", "'", "-", "1,400", "\u00a0", "naïve", "."}
	rewrite := strings.NewReplacer("’", "'", "“", `"`, "”", `"`, "—", "-", "\n\n", " ", "\u00a0", "\t ")
	for range 2000 {
		var b strings.Builder
		for range 1 + rng.IntN(30) {
			b.WriteString(pieces[rng.IntN(len(pieces))])
		}
		text := b.String()
		start, end := boundary(rng, text), boundary(rng, text)
		start, end = min(start, end), max(start, end)
		passage := text[start:end]
		quote := rewrite.Replace(norm.NFD.String(passage))
		got, ok := userdata.Locate(text, quote)
		if strings.TrimSpace(passage) == "" {
			require.False(t, ok)
			continue
		}
		require.True(t, ok, "%q in %q", quote, text)
		require.Equal(t, text[got.Start:got.End], got.Quote)
		lead := len(passage) - len(strings.TrimLeft(passage, " \n\u00a0"))
		require.LessOrEqual(t, got.Start, start+lead, "%q in %q: found a later place", quote, text)
	}
}

// boundary returns a random offset between two runes of text.
func boundary(rng *rand.Rand, text string) int {
	i := rng.IntN(len(text) + 1)
	for i < len(text) && !utf8.RuneStart(text[i]) {
		i++
	}
	return i
}

func FuzzLocate(f *testing.F) {
	f.Add("It’s “quiet”.", "It's \"quiet\"")
	f.Add("cafe\u0301", "café")
	f.Add("\xff\xfe", "\xfe")
	f.Add(strings.Repeat("a\u0301\u0301", 40), "a\u0301")
	f.Add("a -- b", "a—b")
	f.Fuzz(func(t *testing.T, text, quote string) {
		span, ok := userdata.Locate(text, quote)
		if !ok {
			require.Equal(t, userdata.Span{}, span)
			return
		}
		require.Less(t, span.Start, span.End)
		require.Equal(t, text[span.Start:span.End], span.Quote)
		require.True(t, between(text, span.Start) && between(text, span.End), "%d:%d of %q", span.Start, span.End, text)
		again, ok := userdata.Locate(text, span.Quote)
		require.True(t, ok)
		require.LessOrEqual(t, again.Start, span.Start)
	})
}

// between reports whether offset i lies between two runes of text, an invalid byte being a rune.
func between(text string, i int) bool {
	for at := range text {
		if at == i {
			return true
		}
	}
	return i == len(text)
}

func ExampleLocate() {
	text := "My mum said: “It’s quiet —\nfinally.”"
	span, ok := userdata.Locate(text, `"It's quiet - finally."`)
	fmt.Println(ok, span.Start, span.End)
	fmt.Printf("%q\n", span.Quote)
	// Output:
	// true 13 44
	// "“It’s quiet —\nfinally.”"
}

func BenchmarkLocate(b *testing.B) {
	text := strings.Repeat("It’s a sentence — of an essay.\n", 100)
	quote := "a sentence - of an essay. It's over."
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, ok := userdata.Locate(text, quote); ok {
			b.Fatal("found")
		}
	}
}
