package tiktokens

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/internal/essaytest"
)

// wholeText is the number of words from which on the error of a single text is asserted.
const wholeText = 100

// TestEstimateOnEssays measures llm.Estimate; with -v it prints what the estimate's documentation quotes.
func TestEstimateOnEssays(t *testing.T) {
	t.Parallel()
	for _, corpus := range essaytest.Corpora() {
		t.Run(corpus, func(t *testing.T) {
			t.Parallel()
			texts := essaytest.Load(t, root, corpus)
			for _, encoding := range Encodings() {
				measure(t, newCounter(t, encoding), texts)
			}
		})
	}
}

func measure(t *testing.T, exact *Counter, texts []essaytest.Text) {
	t.Helper()
	var estimated, counted, sum, low, high float64
	whole, within := 0, 0
	for _, text := range texts {
		e, n := float64(llm.Estimate{}.CountTokens(text.Text)), float64(exact.CountTokens(text.Text))
		estimated, counted = estimated+e, counted+n
		if len(strings.Fields(text.Text)) < wholeText {
			continue
		}
		whole++
		miss := e/n - 1
		sum += math.Abs(miss)
		low, high = min(low, miss), max(high, miss)
		if math.Abs(miss) <= 0.15 {
			within++
		}
	}
	total := estimated/counted - 1
	t.Logf("%s: %d texts of %.0f tokens: total %+.1f%%; %d texts of %d words and more: mean error %.1f%%, from %+.1f%% to %+.1f%%, %d within 15%%",
		exact.codec.GetName(), len(texts), counted, 100*total, whole, wholeText, 100*sum/float64(whole), 100*low, 100*high, within)
	assert.LessOrEqual(t, math.Abs(total), 0.15)
	assert.GreaterOrEqual(t, float64(within), 0.95*float64(whole))
}

// TestEstimateOnSamples measures other languages and what is no prose, where the estimate is rough.
func TestEstimateOnSamples(t *testing.T) {
	t.Parallel()
	for _, text := range essaytest.Load(t, root, "samples") {
		e := float64(llm.Estimate{}.CountTokens(text.Text))
		misses := make([]float64, 0, len(Encodings()))
		for _, encoding := range Encodings() {
			misses = append(misses, e/float64(newCounter(t, encoding).CountTokens(text.Text))-1)
			assert.LessOrEqual(t, math.Abs(misses[len(misses)-1]), 0.35, "%s %s", encoding, text.ID)
		}
		t.Logf("%s: %+.0f%%", text.ID, []float64{100 * misses[0], 100 * misses[1]})
	}
}

// The counts are recorded for the tests of package llm, which does not link a tokenizer. To record them again:
//
//	go test -C llm/tiktokens -run TestRecordedCounts -update
var update = flag.Bool("update", false, "record the counts")

func TestRecordedCounts(t *testing.T) {
	t.Parallel()
	corpora := []string{"samples", "quickstart", "argrewrite"}
	o200k, cl100k := newCounter(t, "o200k_base"), newCounter(t, "cl100k_base")
	count := func(t *testing.T, corpus string) (counts []essaytest.Counts) {
		t.Helper()
		for _, text := range essaytest.Load(t, root, corpus) {
			counts = append(counts, essaytest.Counts{
				Corpus: corpus, ID: text.ID, O200k: o200k.CountTokens(text.Text), Cl100k: cl100k.CountTokens(text.Text),
			})
		}
		return counts
	}
	if *update {
		var lines bytes.Buffer
		for _, corpus := range corpora {
			for _, c := range count(t, corpus) {
				line, err := json.Marshal(c)
				require.NoError(t, err)
				lines.Write(append(line, '\n'))
			}
		}
		require.NoError(t, os.WriteFile(filepath.Join(root, essaytest.CountsFile()), lines.Bytes(), 0o644))
	}
	recorded := essaytest.Recorded(t, root)
	require.Len(t, recorded, len(corpora))
	for _, corpus := range corpora {
		t.Run(corpus, func(t *testing.T) {
			t.Parallel()
			counts := count(t, corpus)
			require.Len(t, recorded[corpus], len(counts), "texts came or went: record their counts again, see above")
			for _, c := range counts {
				assert.Equal(t, c, recorded[corpus][c.ID], "the text changed: record its count again, see above")
			}
		})
	}
}
