package retrieval_test

import (
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/retrieval"
)

func newSplitter(tb testing.TB, opts ...retrieval.SplitterOption) *retrieval.Splitter {
	tb.Helper()
	s, err := retrieval.NewSplitter(opts...)
	require.NoError(tb, err)
	return s
}

func textsOf(passages []retrieval.Passage) []string {
	var out []string
	for _, p := range passages {
		out = append(out, p.Text)
	}
	return out
}

func TestSplitCutsAtTheCoarsestBoundary(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, text string
		tokens     int // of four bytes
		want       []string
	}{
		{"nothing", "", 5, nil},
		{"white space", " \n\t\n\u00a0\u2028", 5, nil},
		{"a short text", "  One two.\n", 5, []string{"One two."}},
		{"paragraphs that fit together", "One.\n\nTwo.\n\nThree.", 5, []string{"One.\n\nTwo.\n\nThree."}},
		{"a paragraph too many", "One one.\n\nTwo two.\n\nThree three.", 5, []string{"One one.\n\nTwo two.", "Three three."}},
		{"a paragraph stays whole", "One one.\n\nTwo two two. Two.", 5, []string{"One one.", "Two two two. Two."}},
		{"sentences of a long paragraph", "One one one. Two two. Three three three.", 5, []string{"One one one.", "Two two.", "Three three three."}},
		{"sentences fill up", "One. Two. Three. Four four. Five.", 5, []string{"One. Two. Three.", "Four four. Five."}},
		{"words of a long sentence", "one two three four five six", 3, []string{"one two", "three four", "five six"}},
		{"characters of a long word", "abcdefghij", 1, []string{"abcd", "efgh", "ij"}},
		{"characters stay whole", "ééé𐐀é", 1, []string{"éé", "é", "𐐀", "é"}},
		{"bytes that are no characters", "\xff\xfe\xfd\xfc\xfb", 1, []string{"\xff\xfe\xfd\xfc", "\xfb"}},
		{"blank lines with white space", "One one.\r\n \t\r\nTwo two two.", 4, []string{"One one.", "Two two two."}},
		{"a heading stays with its paragraph", "Text.\n\n# Head\n\nOne one. Two two.\n\nThree.", 5,
			[]string{"Text.", "# Head\n\nOne one.", "Two two.\n\nThree."}},
		{"exactly full", "One one. Two two two.", 2, []string{"One one.", "Two two", "two."}},
	} {
		got := newSplitter(t, retrieval.WithTokens(row.tokens)).Split("d", row.text)
		assert.Equal(t, row.want, textsOf(got), row.name)
	}
}

func TestSplitFollowsHeadings(t *testing.T) {
	t.Parallel()
	text := strings.Join([]string{
		"Before any heading.",
		"# Plants ##",
		"",
		"## Light",
		"About light.",
		"",
		"More about light.",
		"#### Deep #hash",
		"Deep text.",
		"## Water",
		"#hashtag is text",
		"    # indented code is text",
		"```",
		"# a comment in code",
		"```",
		"   # Animals",
		"About animals.",
		"#",
		"Untitled.",
	}, "\n")
	type passage struct {
		headings []string
		text     string
	}
	var got []passage
	for _, p := range newSplitter(t).Split("d", text) {
		got = append(got, passage{p.Headings, p.Text})
	}
	assert.Equal(t, []passage{
		{nil, "Before any heading."},
		{[]string{"Plants", "Light"}, "# Plants ##\n\n## Light\nAbout light.\n\nMore about light."},
		{[]string{"Plants", "Light", "Deep #hash"}, "#### Deep #hash\nDeep text."},
		{[]string{"Plants", "Water"}, "## Water\n#hashtag is text\n    # indented code is text\n```\n# a comment in code\n```"},
		{[]string{"Animals"}, "# Animals\nAbout animals."},
		{[]string{}, "#\nUntitled."},
	}, got)
}

func TestHeadingLines(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		"# One":           {"One"},
		"###### Six ":     {"Six"},
		"####### Seven":   nil,
		"#One":            nil,
		"#\tTab":          {"Tab"},
		"# One #":         {"One"},
		"# One ## two ##": {"One ## two"},
		"# C#":            {"C#"},
		"# ##":            {},
		"##":              {},
		"   # One":        {"One"},
		"    # One":       nil,
		"text # One":      nil,
		"#\u00a0One":      nil,
	} {
		passages := newSplitter(t).Split("d", line+"\r\ntext")
		require.Len(t, passages, 1, line)
		assert.Equal(t, want, passages[0].Headings, "%q", line)
	}
}

func TestPassagesNameTheirPlace(t *testing.T) {
	t.Parallel()
	passages := newSplitter(t, retrieval.WithTokens(3)).Split("reading", "  One one.\n\nTwo two.\n")
	assert.Equal(t, []retrieval.Passage{
		{ID: "reading#0001", Document: "reading", Start: 2, End: 10, Text: "One one."},
		{ID: "reading#0002", Document: "reading", Start: 12, End: 20, Text: "Two two."},
	}, passages)
}

func TestPassageRecords(t *testing.T) {
	t.Parallel()
	passages := newSplitter(t, retrieval.WithTokens(3)).Split("reading", "One one.\n\nTwo two.")
	keys := retrieval.Keys{Class: "7a", Teacher: "okafor", Document: "ignored"}
	records := retrieval.PassageRecords(passages, keys)
	keys.Document = "reading"
	assert.Equal(t, []retrieval.Record{
		{ID: "reading#0001", Text: "One one.", Keys: keys},
		{ID: "reading#0002", Text: "Two two.", Keys: keys},
	}, records)
	assert.Empty(t, retrieval.PassageRecords(nil, keys))
}

func TestNewSplitterReportsEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := retrieval.NewSplitter(retrieval.WithTokens(0), retrieval.WithTokens(-7), retrieval.WithTokens(math.MaxInt))
	for _, tokens := range []int{0, -7, math.MaxInt} {
		assert.ErrorContains(t, err, fmt.Sprintf("a passage of %d tokens; the size must be from 1", tokens))
	}
}

func TestTheZeroSplitterHasTheDefaults(t *testing.T) {
	t.Parallel()
	var zero retrieval.Splitter
	text := strings.Repeat("The leaf is green and the light is white. ", 100)
	passages := zero.Split("d", text)
	assert.Equal(t, newSplitter(t).Split("d", text), passages)
	assert.Equal(t, newSplitter(t, retrieval.WithTokens(200)).Split("d", text), passages)
	assert.Len(t, passages, 6, "19 sentences of 42 bytes in 800")
}

// checkPassages requires what holds for every document and size.
func checkPassages(t *testing.T, text string, tokens int) {
	t.Helper()
	s := newSplitter(t, retrieval.WithTokens(tokens))
	passages := s.Split("d", text)
	require.Equal(t, passages, s.Split("d", text), "equal arguments give equal passages")
	end := 0
	for i, p := range passages {
		require.Equal(t, fmt.Sprintf("d#%04d", i+1), p.ID)
		require.LessOrEqual(t, end, p.Start, "passages are in order and do not overlap")
		require.Less(t, p.Start, p.End)
		require.Equal(t, text[p.Start:p.End], p.Text)
		require.Equal(t, strings.TrimSpace(p.Text), p.Text)
		require.LessOrEqual(t, len(p.Text), 4*tokens, "no passage is larger than its limit")
		require.Empty(t, strings.TrimSpace(text[end:p.Start]), "only white space lies between passages")
		if utf8.ValidString(text) {
			require.True(t, utf8.ValidString(p.Text), "no character is cut")
		}
		end = p.End
	}
	require.Empty(t, strings.TrimSpace(text[end:]), "only white space follows the last passage")
}

func TestSplitInvariants(t *testing.T) {
	t.Parallel()
	pieces := []string{
		"leaf", "Light is sugar. ", "a", " ", "\n", "\n\n", "# ", "## Water\n", "```\n", "Mr. ", "é", "光合", "!?", "\r\n", "\u2029",
		"\xff", "𐐀", "3.14 ",
	}
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 5))
		var b strings.Builder
		for range r.IntN(80) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		checkPassages(t, b.String(), 1+r.IntN(30))
		if t.Failed() {
			t.Logf("seed %d: %q", seed, b.String())
			return
		}
	}
}

// TestSplitPacks requires that no two neighbours of one section would have fitted into one passage.
func TestSplitPacks(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 6))
		var b strings.Builder
		for range 40 {
			b.WriteString(strings.Repeat("word ", 1+r.IntN(12)) + [...]string{". ", ".\n", ".\n\n"}[r.IntN(3)])
		}
		limit := 4 * (10 + r.IntN(30))
		passages := newSplitter(t, retrieval.WithTokens(limit/4)).Split("d", b.String())
		for i := 1; i < len(passages); i++ {
			require.Greater(t, passages[i].End-passages[i-1].Start, limit, "seed %d, passage %d", seed, i)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("# Title\n\nOne. Two.\n\n```\n# code\n```\n## Next\n", 3)
	f.Add("\xff\xfe \u0085\u2028x", 1)
	f.Add(strings.Repeat("a", 50), 2)
	f.Fuzz(func(t *testing.T, text string, tokens int) {
		checkPassages(t, text, 1+int(uint(tokens)%500))
		for _, r := range text {
			if unicode.IsSpace(r) || r == '#' {
				return
			}
		}
		for _, p := range newSplitter(t).Split("d", text) {
			require.Nil(t, p.Headings, "a text without marks has no headings")
		}
	})
}

func ExampleNewSplitter() {
	splitter, err := retrieval.NewSplitter(retrieval.WithTokens(16))
	if err != nil {
		log.Fatal(err)
	}
	reading := "# Plants\n\n## Light\n\nA leaf catches light. It stores the energy as sugar.\n\n## Water\n\nRoots drink."
	passages := splitter.Split("reading", reading)
	for _, p := range passages {
		fmt.Printf("%s %d-%d %s: %q\n", p.ID, p.Start, p.End, strings.Join(p.Headings, " > "), p.Text)
	}
	records := retrieval.PassageRecords(passages, retrieval.Keys{Class: "7a"})
	fmt.Println(records[2].ID, records[2].Keys.Class, records[2].Keys.Document)
	// Output:
	// reading#0001 0-41 Plants > Light: "# Plants\n\n## Light\n\nA leaf catches light."
	// reading#0002 42-72 Plants > Light: "It stores the energy as sugar."
	// reading#0003 74-96 Plants > Water: "## Water\n\nRoots drink."
	// reading#0003 7a reading
}
