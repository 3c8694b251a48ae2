// Package datatest finds the real corpora that tests use and the project does not ship.
package datatest

import (
	"os"
	"path/filepath"
	"testing"
)

// Dir returns the folder of a corpus: in $GLOSS_DATA, or in shared/data beside one of the directories above the test. Where there is none
// it skips the test with a line that says so.
func Dir(tb testing.TB, name string) string {
	tb.Helper()
	for _, root := range roots(tb) {
		dir := filepath.Join(root, name)
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
	}
	tb.Skipf("the corpus %q is not here: set GLOSS_DATA to the folder that holds it", name)
	return ""
}

func roots(tb testing.TB) []string {
	tb.Helper()
	if root := os.Getenv("GLOSS_DATA"); root != "" {
		return []string{root}
	}
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	var out []string
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		out = append(out, filepath.Join(dir, "shared", "data"))
	}
	return out
}
