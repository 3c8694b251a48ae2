package userdata_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task/userdata"
)

var update = flag.Bool("update", false, "write what the bad classes of testdata say to their golden files")

// TestBadClasses reads each class in testdata/bad, which has one kind of defect, and compares everything that is said about it with
// the file beside it.
func TestBadClasses(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("testdata/bad")
	require.NoError(t, err)
	require.NotEmpty(t, entries)
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		dir := filepath.Join("testdata/bad", entry.Name())
		t.Run(entry.Name(), func(t *testing.T) {
			t.Parallel()
			class, err := userdata.Dir(os.DirFS(dir))
			if err == nil {
				err = class.Check(t.Context())
			}
			var problems userdata.Problems
			require.ErrorAs(t, err, &problems)
			for _, p := range problems {
				assert.NotEmpty(t, p.Place.File, p.Error())
				assert.NotEmpty(t, p.Want, p.Error())
			}
			golden := dir + ".txt"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(err.Error()+"\n"), 0o600))
			}
			want, readErr := os.ReadFile(golden)
			require.NoError(t, readErr)
			assert.Equal(t, string(want), err.Error()+"\n")
		})
	}
}
