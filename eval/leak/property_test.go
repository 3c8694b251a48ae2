package leak_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/leak"
)

// alphabets make words of several scripts; letters of the second and third have unusual cases (ß, final sigma, dotless i).
var alphabets = [][]rune{[]rune("abcdefgh0123456789"), []rune("aeioußſıéñ"), []rune("αβγδσςω"), []rune("бвгд"), []rune("学校制服的作者")}

func randomWord(r *rand.Rand) string {
	alphabet := alphabets[r.IntN(len(alphabets))]
	word := make([]rune, 1+r.IntN(7))
	for i := range word {
		word[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(word)
}

func randomWords(r *rand.Rand, n int) []string {
	words := make([]string, n)
	for i := range words {
		words[i] = randomWord(r)
	}
	return words
}

// disguise joins words with other case, spacing and punctuation than before.
func disguise(r *rand.Rand, words []string) string {
	between := []string{" ", "  ", "\n", "\t", ", ", " – ", "; ", "…", " \u00a0", "!?", "\r\n", "/", " (", "\u2028"}
	recase := []func(string) string{strings.ToUpper, strings.ToLower, strings.ToTitle, func(s string) string { return s }}
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(between[r.IntN(len(between))])
		}
		w = recase[r.IntN(len(recase))](w)
		if r.IntN(4) == 0 {
			_, size := utf8.DecodeRuneInString(w)
			w = w[:size] + "\u00ad" + w[size:]
		}
		b.WriteString(w)
	}
	return b.String()
}

// bury puts a text somewhere into nested data.
func bury(r *rand.Rand, text string, depth int) any {
	if depth == 0 {
		return text
	}
	inner := bury(r, text, depth-1)
	switch r.IntN(6) {
	case 0:
		return &inner
	case 1:
		return []any{strings.Join(randomWords(r, 3), " "), inner, 7}
	case 2:
		return map[string]any{randomWord(r): inner, "other": randomWord(r)}
	case 3:
		return node{Text: randomWord(r), inner: inner}
	case 4:
		n := &node{inner: inner}
		n.Next = n
		return n
	default:
		return struct {
			hidden [2]any
			at     time.Time
		}{[2]any{nil, inner}, time.Now()}
	}
}

func TestAPlantedCopyIsAlwaysCaught(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		var held []leak.Held
		for i := range 1 + r.IntN(5) {
			held = append(held, leak.Held{ID: fmt.Sprint(i), Text: strings.Join(randomWords(r, leak.MinWords+r.IntN(40)), " ")})
		}
		planted := held[r.IntN(len(held))]
		text := disguise(r, strings.Fields(planted.Text))
		if r.IntN(2) == 0 { // inside a longer document
			text = strings.Join(randomWords(r, r.IntN(30)), " ") + " " + text + ". " + strings.Join(randomWords(r, r.IntN(30)), " ")
		}
		_, err := leak.Check(t.Context(), given(bury(r, text, r.IntN(6))), held)
		var problem *leak.Error
		require.ErrorAs(t, err, &problem, "seed %d: %q as %q", seed, planted.Text, text)
		caught := slices.ContainsFunc(problem.Hits, func(h leak.Hit) bool { return h.Held == planted.ID })
		require.True(t, caught, "seed %d: %q as %q", seed, planted.Text, text)
		require.Empty(t, problem.Unreadable, "seed %d", seed)
	}
}

func TestUnrelatedTextsAreNeverCaught(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 2))
		// The texts share all their words, so only order tells them apart.
		vocabulary := randomWords(r, 40)
		essay := func() string {
			words := make([]string, 30)
			for i := range words {
				words[i] = vocabulary[r.IntN(len(vocabulary))]
			}
			return strings.Join(words, " ")
		}
		var held []leak.Held
		for i := range 20 {
			held = append(held, leak.Held{ID: fmt.Sprint(i), Text: essay()})
		}
		var known []string
		for range 20 {
			known = append(known, essay())
		}
		report, err := leak.Check(t.Context(), given(bury(r, strings.Join(known, "\n"), 3)), held)
		require.NoError(t, err, "seed %d", seed)
		require.Equal(t, 20, report.Held)
	}
}

// A held text of one repeated word, and a root of the same, would take minutes if every start were compared word by word.
func TestRepetitionIsCheap(t *testing.T) {
	t.Parallel()
	held := []leak.Held{{ID: "almost", Text: strings.Repeat("very ", 200_000) + "good"}}
	root := strings.Repeat("very ", 1_000_000)
	_, err := leak.Check(t.Context(), given(root), held)
	require.NoError(t, err)
	_, err = leak.Check(t.Context(), given(root+"good"), held)
	require.Error(t, err)
}

// wordsOf is the definition of a word, written down a second time and slowly, for text whose letters have simple cases.
func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

func containsWords(text, held []string) bool {
	for i := range len(text) - len(held) + 1 {
		if slices.Equal(text[i:i+len(held)], held) {
			return true
		}
	}
	return false
}

func FuzzCheckAgreesWithItsDefinition(f *testing.F) {
	f.Add(secret, secret)
	f.Add("a b a b a b a b a b a b c", "a b a b a b a b c")
	f.Add("x 1 2 3 4 5 6 7 8", "1 2 3 4 5 6 7 8")
	f.Add(`"a\u0062 c d e f g h i j"`, "ab c d e f g h i j")
	f.Add("a a a a a a a a", "A A\nA-A A_A.A A")
	f.Fuzz(func(t *testing.T, root, held string) {
		if strings.ContainsFunc(root+held, func(r rune) bool { return r >= utf8.RuneSelf }) || strings.Contains(root, `\`) {
			t.Skip("the definition here is for ASCII without escapes")
		}
		report, err := leak.Check(t.Context(), given(root), []leak.Held{{ID: "h", Text: held}})
		words := wordsOf(held)
		if len(words) < leak.MinWords {
			require.NoError(t, err)
			assert.Equal(t, 1, report.TooShort)
			return
		}
		var problem *leak.Error
		assert.Equal(t, containsWords(wordsOf(root), words), errors.As(err, &problem), "%q in %q", held, root)
	})
}

func FuzzAnyTextIsFoundInItself(f *testing.F) {
	f.Add("a\u0345 b\u0345 ͅ c d e f g h \xff i", "", "")
	f.Add("ǅ ß ſ ı İ K Å ς a\u0301 ก็ 学校 ½", "before", "after")
	f.Fuzz(func(t *testing.T, text, before, after string) {
		report, err := leak.Check(t.Context(), given([]string{before, "… " + strings.ToUpper(text) + " …", after}), []leak.Held{{ID: "h", Text: text}})
		if report.TooShort == 1 {
			require.NoError(t, err)
			return
		}
		require.Error(t, err, "%q", text)
	})
}

func BenchmarkCheck(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	english := make([]string, 5000)
	for i := range english {
		english[i] = randomWord(r)
	}
	essay := func(n int) string {
		words := make([]string, n)
		for i := range words {
			words[i] = english[r.IntN(len(english))]
		}
		return strings.Join(words, " ")
	}
	var held []leak.Held
	for i := range 200 {
		held = append(held, leak.Held{ID: fmt.Sprint(i), Text: essay(450)})
	}
	known := make([]string, 1000)
	size := 0
	for i := range known {
		known[i] = essay(450)
		size += len(known[i])
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		if _, err := leak.Check(b.Context(), given(known), held); err != nil {
			b.Fatal(err)
		}
	}
}
