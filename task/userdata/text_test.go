package userdata_test

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task/userdata"
)

func TestTexts(t *testing.T) {
	t.Parallel()
	src := userdata.Texts(mapFS(map[string]string{
		"in/b.txt": "two\n", "in/a.b.txt": "one", "in/c.txt": "", "in/.d.txt": "hidden", "e.txt": "elsewhere",
	}), "in")
	assert.Equal(t, []userdata.Submission{{ID: "a.b", Text: "one"}, {ID: "b", Text: "two\n"}, {ID: "c"}}, allValues(t, src))
	records, _ := collect(t, src)
	assert.Equal(t, "in/a.b.txt", records[0].Place.String())
	checkSource(t, src)
}

func TestTextsGoOnAfterAProblem(t *testing.T) {
	t.Parallel()
	records, errs := collect(t, userdata.Texts(mapFS(map[string]string{
		"in/a.txt": "caf\xe9", "in/b.md": "two", "in/c/d.txt": "three", "in/e.txt": "four",
	}), "in"))
	require.Len(t, records, 1)
	assert.Equal(t, "e", records[0].Value.ID)
	require.Len(t, errs, 3)
	assert.ErrorContains(t, errs[0], "in/a.txt:1: byte 3: want UTF-8")
	assert.EqualError(t, errs[1], "in/b.md: want only files that end in .txt in this directory")
	assert.EqualError(t, errs[2], "in/c: want only files that end in .txt in this directory")
}

// TestUnreadableTextEndsTheSource reads a list of two submissions whose texts cannot be read.
func TestUnreadableTextEndsTheSource(t *testing.T) {
	t.Parallel()
	c, err := userdata.Dir(brokenTexts{mapFS(map[string]string{
		"submissions.csv": "id\ne1\ne2\n", "submissions/e1.txt": "one", "submissions/e2.txt": "two",
	})})
	require.NoError(t, err)
	_, err = c.Submissions(t.Context())
	require.EqualError(t, err, "userdata: read submissions/e1.txt: disk on fire")

	tab, err := userdata.NewTable(brokenTexts{mapFS(map[string]string{"e.csv": "id,file\na,a.txt\nb,b.txt\n", "a.txt": "", "b.txt": ""})}, "e.csv")
	require.NoError(t, err)
	_, errs := collect(t, tab.Submissions())
	assert.Equal(t, []string{"userdata: read a.txt: disk on fire"}, messages(errs))
}

// brokenTexts fails in the middle of each text file.
type brokenTexts struct{ fs.FS }

func (b brokenTexts) Open(name string) (fs.File, error) {
	if path.Ext(name) == ".txt" {
		return brokenFS(b).Open(name)
	}
	return b.FS.Open(name)
}

// TestPathsStayInside tries to leave the directory through every field that names a file.
func TestPathsStayInside(t *testing.T) {
	t.Parallel()
	const want = "want a path below the directory, with forward slashes and without . and .. between them"
	for _, name := range []string{
		"../secret.txt", "/secret.txt", "a/../../secret.txt", "./secret.txt", "a//b.txt", "a/", ".", "..", `a\b.txt`, `..\secret.txt`, `C:\secret.txt`,
	} {
		quoted := fmt.Sprintf("%q", name)
		for file, data := range map[string]string{
			"documents.json":    `[{"id": "d", "file": ` + quoted + `}]`,
			"submissions.jsonl": `{"id": "d", "file": ` + quoted + `}`,
			"submissions.csv":   "id,file\nd," + name + "\n",
		} {
			c := class(t, map[string]string{file: data, "secret.txt": "secret"})
			err := c.Check(t.Context())
			if name == "." {
				require.ErrorContains(t, err, `file: got "."; want a file that exists`)
				continue
			}
			require.ErrorContains(t, err, fmt.Sprintf("file: got %q; %s", name, want))
		}
	}
	for _, id := range []string{"../secret", "a/../../secret", "/secret", "a//b"} {
		c := class(t, map[string]string{"submissions.jsonl": fmt.Sprintf(`{"id": %q}`, id), "submissions/a.txt": "a", "secret.txt": "secret"})
		require.ErrorContains(t, c.Check(t.Context()), "want a text, a file that holds it, or an id that can be the name of one")
	}
}

func ExampleTexts() {
	fsys := fstest.MapFS{
		"submissions/e1.txt": {Data: []byte("Close the road.\n")},
		"submissions/e2.txt": {Data: []byte("At the caf\xe9.\n")},
	}
	for r, err := range userdata.Texts(fsys, "submissions", userdata.WithEncoding(userdata.Windows1252)).Read(context.Background()) {
		if err != nil {
			fmt.Println("problem:", err)
			continue
		}
		fmt.Printf("%s %q\n", r.Value.ID, r.Value.Text)
	}
	// Output:
	// e1 "Close the road.\n"
	// e2 "At the café.\n"
}
