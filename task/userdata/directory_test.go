package userdata_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task/userdata"
)

func mapFS(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, data := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(data)}
	}
	return fsys
}

func class(t *testing.T, files map[string]string, opts ...userdata.Option) *userdata.Class {
	t.Helper()
	c, err := userdata.Dir(mapFS(files), opts...)
	require.NoError(t, err)
	return c
}

func TestDir(t *testing.T) {
	t.Parallel()
	c, err := userdata.Dir(os.DirFS("testdata/class"))
	require.NoError(t, err)
	require.NoError(t, c.Check(t.Context()))
	assert.Equal(t, []string{"9b", "English 9B", "okafor", "en"}, []string{c.ID, c.Name, c.Teacher, c.Language})

	assignments, err := c.Assignments(t.Context())
	require.NoError(t, err)
	require.Len(t, assignments, 2)
	assert.Equal(t, "Should the road be closed on Saturdays? Write a letter that argues for one decision.", assignments[0].Prompt)
	assert.Equal(t, userdata.Scale{Min: 1, Max: 6}, assignments[1].Scale)

	rubrics, err := c.Rubrics(t.Context())
	require.NoError(t, err)
	require.Len(t, rubrics, 1)
	assert.Equal(t, []userdata.Level{{Score: 1, Label: "Missing"}, {Score: 4, Label: "Sharp"}}, rubrics[0].Criteria[0].Levels)

	documents, err := c.Documents(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []userdata.Document{
		{
			ID: "article", Title: "Four quiet Saturdays", Kind: userdata.Reading, Assignment: "letter",
			Text: "# Four quiet Saturdays\n\nThe road was closed on four Saturdays.\n",
		},
		{ID: "notes", Kind: userdata.LectureNotes, Text: "Claims need reasons."},
	}, documents)

	students, err := c.Students(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []userdata.Student{
		{ID: "s1", GradeLevel: "9", Attributes: map[string]string{"home language": "fi"}}, {ID: "s2"},
	}, students)

	submissions, err := c.Submissions(t.Context())
	require.NoError(t, err)
	require.Len(t, submissions, 4)
	assert.Equal(t, "Close the road, but not to the bus.\n", submissions[1].Text)
	assert.Equal(t, "Keep the road open.\r\nPeople need it.\r\n", submissions[2].Text, "without its byte order mark, line breaks as they are")
	assert.Equal(t, "The market 🧀 was full.\n", submissions[3].Text)
	assert.Equal(t, 14, submissions[0].SubmittedAt.Hour())
}

// TestDirForms reads the same class from every form that its files may have.
func TestDirForms(t *testing.T) {
	t.Parallel()
	want := []userdata.Submission{{ID: "e1", Assignment: "letter", Text: "one"}, {ID: "e2", Assignment: "letter", Student: "s1", Text: "two"}}
	assignment := map[string]string{
		"assignments.yaml":  "- id: letter\n",
		"assignments.json":  `[{"id": "letter"}]`,
		"assignments.jsonl": `{"id": "letter"}`,
	}
	students := map[string]string{
		"students.yaml": "- id: s1\n", "students.json": `[{"id": "s1"}]`, "students.jsonl": `{"id": "s1"}`, "students.csv": "id\ns1\n", "students.tsv": "id\ns1\n",
	}
	submissions := map[string]string{
		"submissions.yaml":  "- {id: e1, assignment: letter}\n- {id: e2, assignment: letter, student: s1, text: two}\n",
		"submissions.json":  `[{"id": "e1", "assignment": "letter"}, {"id": "e2", "assignment": "letter", "student": "s1", "text": "two"}]`,
		"submissions.jsonl": "{\"id\": \"e1\", \"assignment\": \"letter\"}\n{\"id\": \"e2\", \"assignment\": \"letter\", \"student\": \"s1\", \"file\": \"more/2.md\"}",
		"submissions.csv":   "id,assignment,student,file\ne1,letter,,\ne2,letter,s1,more/2.md\n",
		"submissions.tsv":   "id\tassignment\tstudent\tfile\ne1\tletter\t\t\ne2\tletter\ts1\tmore/2.md\n",
	}
	feedback := map[string]string{
		"feedback.yaml": "- submission: e1\n", "feedback.json": `[{"submission": "e1"}]`, "feedback.jsonl": `{"submission": "e1"}`,
		"feedback/e1.yaml": "submission: e1\n", "feedback/e1.json": `{"submission": "e1"}`,
	}
	texts := map[string]string{"submissions/e1.txt": "one", "submissions/other.docx": "not listed, not read", "more/2.md": "two"}
	for a, aData := range assignment {
		for st, stData := range students {
			for su, suData := range submissions {
				for f, fData := range feedback {
					files := map[string]string{a: aData, st: stData, su: suData, f: fData}
					for name, data := range texts {
						files[name] = data
					}
					c := class(t, files)
					require.NoError(t, c.Check(t.Context()), "%s %s %s %s", a, st, su, f)
					got, err := c.Submissions(t.Context())
					require.NoError(t, err)
					require.Equal(t, want, got, su)
					past, err := c.Past(t.Context())
					require.NoError(t, err)
					require.Len(t, past, 1)
				}
			}
		}
	}
}

func TestDirUnlistedSubmissions(t *testing.T) {
	t.Parallel()
	texts := map[string]string{"submissions/e2.txt": "two", "submissions/e1.txt": "one", "submissions/.e3.txt": "three"}
	with := func(assignments string) []userdata.Submission {
		files := map[string]string{"assignments.yaml": assignments}
		for name, data := range texts {
			files[name] = data
		}
		got, err := class(t, files).Submissions(t.Context())
		require.NoError(t, err)
		return got
	}
	assert.Equal(t, []userdata.Submission{{ID: "e1", Assignment: "letter", Text: "one"}, {ID: "e2", Assignment: "letter", Text: "two"}},
		with("- id: letter\n"))
	assert.Equal(t, []userdata.Submission{{ID: "e1", Text: "one"}, {ID: "e2", Text: "two"}}, with("- id: letter\n- id: story\n"))
	got, err := class(t, texts).Submissions(t.Context())
	require.NoError(t, err)
	assert.Len(t, got, 2)
	assert.Empty(t, got[0].Assignment)

	texts["assignments.yaml"] = "- title: nameless\n- id: letter\n"
	_, err = class(t, texts).Submissions(t.Context())
	require.EqualError(t, err, "assignments.yaml:1: id: want a value; the key is missing or null")
}

func TestDirEmptySubmissionFolder(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{"submissions": {Mode: fs.ModeDir | 0o755}, "class.yaml": {Data: []byte("# to be filled in\n")}}
	c, err := userdata.Dir(fsys)
	require.NoError(t, err)
	require.NoError(t, c.Check(t.Context()))
	got, err := c.Submissions(t.Context())
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestDirEncoding(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"class.yaml":         "name: Café class\n",
		"students.csv":       "id,town\ns1,Orl\xe9ans\n",
		"documents.yaml":     "- {id: d1, title: Café, file: d1.txt}\n",
		"d1.txt":             "Caf\xe9 \x97 menu",
		"submissions/e1.txt": "At the caf\xe9",
		"submissions/e2.txt": "\xef\xbb\xbfAt the café",
	}
	c := class(t, files, userdata.WithEncoding(userdata.Windows1252))
	assert.Equal(t, "Café class", c.Name)
	students, err := c.Students(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "Orléans", students[0].Attributes["town"])
	documents, err := c.Documents(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "Café — menu", documents[0].Text)
	assert.Equal(t, "Café", documents[0].Title)
	submissions, err := c.Submissions(t.Context())
	require.NoError(t, err)
	assert.Equal(t, submissions[0].Text, submissions[1].Text)
}

// countingFS notes which files are opened.
type countingFS struct {
	fs.FS
	mu     sync.Mutex
	opened []string
}

func (c *countingFS) Open(name string) (fs.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened = append(c.opened, name)
	return c.FS.Open(name)
}

// take returns what was opened since it was last called.
func (c *countingFS) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	opened := slices.Compact(slices.Sorted(slices.Values(c.opened)))
	c.opened = nil
	return opened
}

func TestDirOpensWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	fsys := &countingFS{FS: os.DirFS("testdata/class")}
	c, err := userdata.Dir(fsys)
	require.NoError(t, err)
	assert.Equal(t, []string{".", "class.yaml"}, fsys.take())
	texts := []string{"submissions/e1-second.txt", "submissions/e1.txt", "submissions/e2.txt", "submissions/e3.txt"}
	graded := slices.Sorted(slices.Values(append([]string{
		"assignments.yaml", "rubrics.yaml", "submissions.csv", "feedback", "feedback/1.yaml", "feedback/2.json",
	}, texts...)))
	for _, tc := range []struct {
		name string
		read func(context.Context) error
		want []string
	}{
		{"assignments", readOf(c.Assignments), []string{"assignments.yaml"}},
		{"rubrics", readOf(c.Rubrics), []string{"rubrics.yaml"}},
		{"documents", readOf(c.Documents), []string{"documents.yaml", "documents/article.md"}},
		{"students", readOf(c.Students), []string{"students.csv"}},
		{"scales", readOf(c.Scales), []string{"assignments.yaml", "rubrics.yaml"}},
		{"submissions", readOf(c.Submissions), append([]string{"submissions.csv"}, texts...)},
		{"past", readOf(c.Past), graded},
		{"all", c.Check, slices.Sorted(slices.Values(append([]string{"documents.yaml", "documents/article.md", "students.csv"}, graded...)))},
	} {
		require.NoError(t, tc.read(t.Context()), tc.name)
		assert.Equal(t, tc.want, fsys.take(), tc.name)
	}
}

// readOf forgets what a method reads.
func readOf[T any](read func(context.Context) (T, error)) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := read(ctx)
		return err
	}
}

func TestDirMissingDirectory(t *testing.T) {
	t.Parallel()
	_, err := userdata.Dir(os.DirFS("testdata/no such class"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.EqualError(t, err, "userdata: read .: no such file or directory")
	_, err = userdata.Dir(nil)
	require.EqualError(t, err, "userdata: read .: no file system was given")
}

func TestDirReadErrors(t *testing.T) {
	t.Parallel()
	broken := brokenFS{os.DirFS("testdata/class")}
	_, err := userdata.Dir(broken)
	require.EqualError(t, err, "userdata: read class.yaml: disk on fire")
	c, err := userdata.Dir(brokenFS{mapFS(map[string]string{"assignments.yaml": "[]", "submissions/e1.txt": "one", "documents.yaml": "[]"})})
	require.NoError(t, err)
	for name, read := range map[string]func(context.Context) error{
		"assignments.yaml": readOf(c.Assignments), "documents.yaml": readOf(c.Documents),
	} {
		require.EqualError(t, read(t.Context()), "userdata: read "+name+": disk on fire")
	}
	for _, read := range []func(context.Context) error{readOf(c.Submissions), readOf(c.Past), readOf(c.Scales), c.Check} {
		require.EqualError(t, read(t.Context()), "userdata: read assignments.yaml: disk on fire")
	}
}

func TestDirStopsWithContext(t *testing.T) {
	t.Parallel()
	c, err := userdata.Dir(os.DirFS("testdata/class"))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, read := range []func(context.Context) error{
		readOf(c.Assignments), readOf(c.Rubrics), readOf(c.Documents), readOf(c.Students), readOf(c.Submissions), readOf(c.Scales),
		readOf(c.Past), c.Check,
	} {
		require.ErrorIs(t, read(ctx), context.Canceled)
	}
}

// TestDirConcurrentSafe reads one class from many goroutines.
func TestDirConcurrentSafe(t *testing.T) {
	t.Parallel()
	c, err := userdata.Dir(os.DirFS("testdata/class"))
	require.NoError(t, err)
	want, err := c.Past(t.Context())
	require.NoError(t, err)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			got, err := c.Past(t.Context())
			assert.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
	group.Wait()
}

func TestDirNamesOfOtherThings(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"README.md", "notes.txt", "scores.csv", "glass.yaml.bak", "class/class.yaml", "truth/e1.yaml", ".git/config", "assignments.md", "comments.yaml",
		"documents.pdf", "student-work/a.txt", "LICENSE",
	} {
		_, err := userdata.Dir(mapFS(map[string]string{"class.yaml": "id: 9b\n", name: "x"}))
		require.NoError(t, err, name)
	}
	for _, name := range []string{"submision.csv", "FEEDBACK.yaml", "Rubrics.json", "clas.yml", "students", "students/s1.yaml", "feedback.csv", "class.txt"} {
		_, err := userdata.Dir(mapFS(map[string]string{"assignments.yaml": "[]", name: "x"}))
		require.Error(t, err, name)
		top, _, _ := strings.Cut(name, "/")
		require.ErrorContains(t, err, top+": want the name ", name)
	}
}

func ExampleDir() {
	fsys := fstest.MapFS{
		"class.yaml":         {Data: []byte("id: 9b\nteacher: okafor\n")},
		"assignments.yaml":   {Data: []byte("- id: letter\n  scale: {min: 1, max: 6}\n")},
		"submissions/e1.txt": {Data: []byte("Close the road. It’s loud.\n")},
		"feedback/e1.yaml": {Data: []byte(`
submission: e1
scores:
  - value: 4
comments:
  - {kind: question, anchor: {quote: "It's loud."}, text: How loud?}
`)},
	}
	class, err := userdata.Dir(fsys)
	if err != nil {
		fmt.Println(err)
		return
	}
	past, err := class.Past(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, x := range past {
		fmt.Println(x.Submission.ID, x.Feedback.Scores[0].Value, *x.Feedback.Comments[0].Anchor)
	}
	// Output:
	// e1 4 {16 28 It’s loud.}
}
