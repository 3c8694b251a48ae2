package userdata_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task/userdata"
)

func yaml[T any](data string) userdata.Source[T] {
	return userdata.YAML[T](fstest.MapFS{"f.yaml": {Data: []byte(data)}}, "f.yaml")
}

func jsonList[T any](data string) userdata.Source[T] {
	return userdata.JSON[T](fstest.MapFS{"f.json": {Data: []byte(data)}}, "f.json")
}

const rubricYAML = `
# A comment.
- id: argument
  name: "Argument: a \"rubric\""
  criteria:
    - id: thesis
      description: |
        Two lines,
        kept.
      weight: 2
      scale: &four {min: 1, max: 4}
      levels:
        - {score: 1, label: Missing}
        - score: 2.5
          descriptor: >-
            Folded
            into one.
    - {id: evidence, scale: *four}
- {id: 'it''s', criteria: []}
`

const rubricJSON = `[
  {"id": "argument", "name": "Argument: a \"rubric\"", "criteria": [
    {"id": "thesis", "description": "Two lines,\nkept.\n", "weight": 2, "scale": {"min": 1, "max": 4}, "levels": [
      {"score": 1, "label": "Missing"}, {"score": 2.5, "descriptor": "Folded into one."}
    ]},
    {"id": "evidence", "scale": {"min": 1, "max": 4}}
  ]},

  {"id": "it's", "criteria": []}
]`

func TestYAMLAndJSONHoldTheSame(t *testing.T) {
	t.Parallel()
	var want []userdata.Rubric
	require.NoError(t, json.Unmarshal([]byte(rubricJSON), &want))
	for name, src := range map[string]userdata.Source[userdata.Rubric]{
		"YAML":                  yaml[userdata.Rubric](rubricYAML),
		"YAML of Windows":       yaml[userdata.Rubric](strings.ReplaceAll(rubricYAML, "\n", "\r\n")),
		"YAML after a mark":     yaml[userdata.Rubric]("\ufeff" + rubricYAML),
		"YAML with a directive": yaml[userdata.Rubric]("%YAML 1.2\n---" + rubricYAML),
		"JSON":                  jsonList[userdata.Rubric](rubricJSON),
		"JSON read as YAML":     yaml[userdata.Rubric](rubricJSON),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, want, allValues(t, src))
		})
	}
}

func TestListPlaces(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		src  userdata.Source[userdata.Rubric]
		want []int
	}{
		"YAML":             {yaml[userdata.Rubric](rubricYAML), []int{3, 19}},
		"YAML of Windows":  {yaml[userdata.Rubric](strings.ReplaceAll(rubricYAML, "\n", "\r\n")), []int{3, 19}},
		"JSON":             {jsonList[userdata.Rubric](rubricJSON), []int{2, 9}},
		"one line of JSON": {jsonList[userdata.Rubric](`[{"id":"a","criteria":[]},{"id":"b","criteria":[]}]`), []int{1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			records, errs := collect(t, tc.src)
			require.Empty(t, errs)
			var lines []int
			for _, r := range records {
				lines = append(lines, r.Place.Line)
			}
			assert.Equal(t, tc.want, lines)
		})
	}
}

func TestListsGoOnAfterAProblem(t *testing.T) {
	t.Parallel()
	records, errs := collect(t, yaml[essay](`- id: a
  text: x
  score: high
  tags:
    - name: y
      weight: 1
- id: b
  text: *unknown
- id: c
  text: fine
- id: 4
  text:
- plain
`))
	require.Len(t, records, 1)
	assert.Equal(t, "c", records[0].Value.ID)
	assert.Equal(t, []string{
		`f.yaml:3: score: got "high"; want a number; this is a string`,
		`f.yaml:6: tags[0].weight: want a known key: name`,
		`f.yaml:8: got "*unknown"; want the name of an anchor that stands before it, as &unknown`,
		`f.yaml:11: id: got "4"; want a string in quotation marks; this is a number`,
		`f.yaml:11: text: want a value; the key is missing or null`,
		`f.yaml:13: got "plain"; want an object; this is a string`,
	}, messages(errs))

	records, errs = collect(t, jsonList[essay](`[
  {"id": "a", "text": "x",
   "score": "high"},
  {"id": "b", "text": "fine"},
  7
]`))
	require.Len(t, records, 1)
	assert.Equal(t, []string{
		`f.json:3: score: got "high"; want a number; this is a string`,
		`f.json:5: got "7"; want an object; this is a number`,
	}, messages(errs))
}

func TestListsRefuse(t *testing.T) {
	t.Parallel()
	const notList = "want a list (in YAML, each value of it starts with a hyphen)"
	for in, want := range map[string]string{
		"a: b\n":                  "f.yaml:1: " + notList,
		"\n\nplain\n":             "f.yaml:3: " + notList,
		"- a\nb: c\n":             "f.yaml:2: want valid YAML (value is not allowed in this context)",
		"- 'open\n":               "f.yaml:1: want valid YAML (could not find end character of single-quoted text)",
		"- {id: a, text: b}\n---": "",
		"- a\n---\n- b\n":         "f.yaml:3: want one document (a line --- starts another)",
	} {
		_, errs := collect(t, yaml[essay](in))
		if want == "" {
			require.Empty(t, errs, in)
			continue
		}
		require.Equal(t, []string{want}, messages(errs), in)
	}
	for in, want := range map[string]string{
		"":         "f.json:1: want valid JSON (unexpected end of JSON input)",
		"\n{}\n":   "f.json:2: " + notList,
		"[\n1\n2]": "f.json:3: want valid JSON (invalid character '2' after array element)",
		"[]\n[]":   "f.json:2: want valid JSON (invalid character '[' after top-level value)",
		"[1,\n":    "f.json:1: want valid JSON (unexpected end of JSON input)",
		"[\xff]":   "f.json:1: byte 1: want UTF-8",
	} {
		_, errs := collect(t, jsonList[essay](in))
		require.Len(t, errs, 1, in)
		require.ErrorContains(t, errs[0], want, in)
	}
}

// TestYAMLTabs guards against the parser's habit of dropping tabs.
func TestYAMLTabs(t *testing.T) {
	t.Parallel()
	got := allValues(t, yaml[string]("- |\n  a\tb\n  \tc\n- 'a\tb'\n- >-\n  a\tb\n- a\t\n-\ta # not\tthis\n"))
	assert.Equal(t, []string{"a\tb\n\tc\n", "a\tb", "a\tb", "a", "a"}, got)
	_, errs := collect(t, yaml[any]("- one\ttwo\n- {a\tb: c}\n- one\n  two\tthree\n- [d\te]\n"))
	const want = "want quotation marks around a text with a tab in it"
	assert.Equal(t, []string{
		`f.yaml:1: got "one\ttwo"; ` + want, `f.yaml:2: got "a\tb"; ` + want, `f.yaml:3: got "one\n  two\tthree"; ` + want, `f.yaml:5: got "d\te"; ` + want,
	}, messages(errs))
}

func TestYAMLKeysThatAreNoStrings(t *testing.T) {
	t.Parallel()
	got := allValues(t, yaml[userdata.Student]("- id: s1\n  attributes: {2024: first, true: second, ~: third, 1.50: fourth}\n"))
	assert.Equal(t, map[string]string{"2024": "first", "true": "second", "~": "third", "1.50": "fourth"}, got[0].Attributes)
	assert.Equal(t, []any{true, false, nil, 1.5}, allValues(t, yaml[any]("- true\n- false\n- ~\n- 1.50\n")))
}

func TestEmptyLists(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "# nothing\n", "---\n", "[]\n"} {
		assert.Empty(t, allValues(t, yaml[essay](in)), in)
	}
	assert.Empty(t, allValues(t, jsonList[essay](" [ ] ")))
}

func TestYAMLAliasesCannotExplode(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("- &a0 [" + strings.Repeat("0123456789, ", 100) + "]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&b, "- &a%d [%s]\n", i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	_, errs := collect(t, yaml[any](b.String()))
	require.NotEmpty(t, errs)
	assert.ErrorContains(t, errs[0], "want a value of at most 16 MiB with its aliases filled in")
}

func TestListSequence(t *testing.T) {
	t.Parallel()
	for _, src := range []userdata.Source[userdata.Rubric]{yaml[userdata.Rubric](rubricYAML), jsonList[userdata.Rubric](rubricJSON)} {
		checkSource(t, src)
	}
	checkSource(t, yaml[userdata.Rubric]("- {}\n- {}\n"))
	stopsEarly(t, yaml[userdata.Rubric]("a: b\n"))
}

func TestFiles(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{
		"in/10.yaml":    {Data: []byte("id: c\ntext: x\n")},
		"in/9.json":     {Data: []byte("[{\"id\": \"d\", \"text\": \"x\"},\n {\"id\": \"e\", \"text\": \"x\"}]")},
		"in/08.json":    {Data: []byte("{\"id\": \"b\", \"text\": \"x\"}")},
		"in/07.yaml":    {Data: []byte("- {id: a, text: x}\n")},
		"in/11.yaml":    {Data: []byte("# nothing yet\n")},
		"in/.old.yaml":  {Data: []byte("not: read\n")},
		"other/13.yaml": {Data: []byte("not: read\n")},
	}
	src := userdata.Files[essay](fsys, "in")
	records, errs := collect(t, src)
	require.Empty(t, errs)
	var got []string
	for _, r := range records {
		got = append(got, r.Value.ID+" "+r.Place.String())
	}
	assert.Equal(t, []string{"a in/07.yaml:1", "b in/08.json:1", "c in/10.yaml:1", "d in/9.json:1", "e in/9.json:2"}, got)
	checkSource(t, src)
}

func TestFilesGoOnAfterAProblem(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{
		"a.yaml":   {Data: []byte("id: a\ntext: \"open\n")},
		"b.json":   {Data: []byte("{")},
		"c.yaml":   {Data: []byte("id: c\n")},
		"d.yaml":   {Data: []byte("id: d\ntext: x\n")},
		"e.yml":    {Data: []byte("id: e\ntext: x\n")},
		"f/g.yaml": {Data: []byte("id: g\ntext: x\n")},
	}
	records, errs := collect(t, userdata.Files[essay](fsys, "."))
	require.Len(t, records, 1)
	assert.Equal(t, "d.yaml:1", records[0].Place.String())
	assert.Equal(t, []string{
		"a.yaml:2: want valid YAML (could not find end character of double-quoted text)",
		"b.json:1: want valid JSON (unexpected end of JSON input)",
		"c.yaml:1: text: want a value; the key is missing or null",
		"e.yml: want only files that end in .yaml or .json in this directory",
		"f: want only files that end in .yaml or .json in this directory",
	}, messages(errs))
}

// FuzzYAML holds the reader to its contract: whatever the bytes, there are records and problems with places inside the file; and a list in
// JSON means the same when it is read as YAML, unless one of the two refuses it.
func FuzzYAML(f *testing.F) {
	f.Add([]byte(rubricYAML))
	f.Add([]byte(rubricJSON))
	f.Add([]byte("- &a {id: *a}\n- *a\n- <<: {}\n- !!str 1\n- ? b\n  : c\n- |\n x\n- >-\n y\n"))
	f.Add([]byte("- {a, b: , 'c': \"\\u00e9\", d: 0x1F, e: .nan, f: ~}\r\n---\n- x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		records, errs := collect(t, yaml[userdata.Rubric](string(data)))
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 2
		for _, r := range records {
			require.Positive(t, r.Place.Line)
			require.LessOrEqual(t, r.Place.Line, lines)
		}
		for _, err := range errs {
			var p *userdata.Problem
			require.ErrorAs(t, err, &p)
			require.Equal(t, "f.yaml", p.Place.File)
			if data[0] < 0xfe {
				require.LessOrEqual(t, p.Place.Line, lines)
			}
		}
	})
}
