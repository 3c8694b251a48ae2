// Package essaytest reads the texts on which token counts are measured, and what real tokenizers counted for them.
package essaytest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gloss-sdk/gloss/internal/datatest"
)

// Text is one text of a corpus, with an ID that is unique there.
type Text struct{ ID, Text string }

// Corpora returns the names that [Load] knows of corpora of student writing.
func Corpora() []string { return []string{"quickstart", "argrewrite", "saf"} }

// Load returns the texts of a corpus in a fixed order; root leads to the root of the module. The essays of the quickstart and the
// samples beside this package ("samples") are always there; where another corpus is not, the test is skipped with a line that says so.
func Load(tb testing.TB, root, corpus string) []Text {
	tb.Helper()
	switch corpus {
	case "quickstart":
		return files(tb, filepath.Join(root, "examples", "quickstart"), filepath.Join("*", "submissions", "*.txt"))
	case "samples":
		return files(tb, filepath.Join(root, "llm", "testdata", "texts"), "*")
	case "argrewrite":
		return essays(tb, filepath.Join(datatest.Dir(tb, corpus), "essays.jsonl"))
	case "saf":
		return answers(tb, datatest.Dir(tb, corpus))
	default:
		tb.Fatalf("there is no corpus %q", corpus)
		return nil
	}
}

func files(tb testing.TB, dir, pattern string) []Text {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(paths) == 0 {
		tb.Fatalf("no files match %s in %s: %v", pattern, dir, err)
	}
	var out []Text
	for _, path := range paths {
		id, err := filepath.Rel(dir, path)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, Text{filepath.ToSlash(id), string(read(tb, path))})
	}
	return out
}

func essays(tb testing.TB, path string) []Text {
	tb.Helper()
	var out []Text
	for line := range bytes.Lines(read(tb, path)) {
		var essay Text
		if err := json.Unmarshal(line, &essay); err != nil {
			tb.Fatalf("%s: %v", path, err)
		}
		out = append(out, essay)
	}
	return out
}

// answers finds the answers of students by their tags: the files are not well-formed everywhere.
func answers(tb testing.TB, dir string) []Text {
	tb.Helper()
	tag := regexp.MustCompile(`(?s)<studentAnswer id="([^"]*)">\s*<response>(.*?)</response>`)
	var out []Text
	for _, file := range files(tb, dir, filepath.Join("*", "*.xml")) {
		for _, m := range tag.FindAllStringSubmatch(file.Text, -1) {
			out = append(out, Text{file.ID + "#" + m[1], strings.TrimSpace(m[2])})
		}
	}
	if len(out) == 0 {
		tb.Fatalf("no answers in %s", dir)
	}
	return out
}

func read(tb testing.TB, path string) []byte {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// Counts is what the tokenizers counted for one text. It holds no part of the text.
type Counts struct {
	Corpus string `json:"corpus"`
	ID     string `json:"id"`
	O200k  int    `json:"o200k_base"`
	Cl100k int    `json:"cl100k_base"`
}

// CountsFile is the path of the recorded counts from the root of the module.
func CountsFile() string { return filepath.Join("llm", "testdata", "counts.jsonl") }

// Recorded returns the recorded counts by corpus and ID.
func Recorded(tb testing.TB, root string) map[string]map[string]Counts {
	tb.Helper()
	out := map[string]map[string]Counts{}
	lines := bufio.NewScanner(bytes.NewReader(read(tb, filepath.Join(root, CountsFile()))))
	for lines.Scan() {
		var c Counts
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			tb.Fatalf("%s: %v", CountsFile(), err)
		}
		if out[c.Corpus] == nil {
			out[c.Corpus] = map[string]Counts{}
		}
		out[c.Corpus][c.ID] = c
	}
	return out
}
