package prompt_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/prompt"
)

// sheet is what the templates of the tests are filled from.
type sheet struct {
	Name     string
	Criteria []criterion
	Levels   map[string]string
	Best     *criterion
	Any      any
	hidden   string
}

type criterion struct{ Title string }

// Fail always fails.
func (criterion) Fail() (string, error) { return "", errors.New("failed") }

func filled() sheet {
	return sheet{Name: "Ana <3", Criteria: []criterion{{"thesis"}, {"evidence"}}, Levels: map[string]string{"one": "weak"}, hidden: "x"}
}

func TestTemplateRenders(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                      "",
		"Score it.":             "Score it.",
		"Score it.\n":           "Score it.",
		"Score it.\r\n":         "Score it.",
		"Score it.\n\n":         "Score it.\n",
		"Dear {{.Name}}, {{$}}": "",
		"Dear {{.Name}}!":       "Dear Ana <3!",
		"{{range $i, $c := .Criteria}}{{if $i}}, {{end}}{{$c.Title}}{{else}}none{{end}}":    "thesis, evidence",
		"{{.Levels.one}} {{index .Levels \"one\"}} {{len .Criteria}}":                       "weak weak 2",
		"{{define \"c\"}}[{{.Title}}]{{end}}{{range .Criteria}}{{template \"c\" .}}{{end}}": "[thesis][evidence]",
		"{{with .Best}}{{.Title}}{{else}}no best{{end}}{{/* a comment */}}":                 "no best",
	} {
		tmpl, err := prompt.ParseTemplate[sheet]("t", text)
		require.NoError(t, err, text)
		got, err := tmpl.Render(filled())
		require.NoError(t, err)
		if want != "" || text == "" {
			require.Equal(t, want, got)
		}
	}
}

func TestTemplateIsCheckedWhenItIsMade(t *testing.T) {
	t.Parallel()
	const has = "prompt_test.sheet has the fields Name, Criteria, Levels, Best, Any"
	for text, want := range map[string][]string{
		"Dear\n{{.Nme}}": {"score.tmpl:2:2", "Nme", has},
		"{{.hidden}}":    {"score.tmpl:1:2", "hidden", has},
		"a\nb\n{{range .Criteria}}{{.Titel}}{{end}}": {"score.tmpl:3:", "Titel", "prompt_test.criterion has the fields Title"},
		"{{.Best.Titel}}":        {"score.tmpl:1:", "prompt_test.criterion has the fields Title"},
		"{{if .Never}}x{{end}}":  {"score.tmpl:1:", "Never", has},
		"{{.Any.Field}}":         {"score.tmpl:1:", has},
		"{{range .Name}}{{end}}": {"score.tmpl:1:", "can't iterate"},
		"{{template \"other\"}}": {"score.tmpl:1:", "not defined"},
		"{{.Name":                {"score.tmpl:1", "unclosed action"},
		"{{upper .Name}}":        {"score.tmpl:1", `"upper" not defined`},
	} {
		_, err := prompt.ParseTemplate[sheet]("score.tmpl", text)
		for _, part := range want {
			require.ErrorContains(t, err, part, text)
		}
	}
	_, err := prompt.ParseTemplate[struct{}]("t", "{{.X}}")
	require.ErrorContains(t, err, "struct {} has no fields")
	_, err = prompt.ParseTemplate[string]("t", "{{.X}}")
	require.ErrorContains(t, err, "the template is filled from a string")
	_, err = prompt.ParseTemplate[*sheet]("t", "{{.X}}")
	require.ErrorContains(t, err, has)
	type list []list
	_, err = prompt.ParseTemplate[list]("t", "{{.X}}")
	require.ErrorContains(t, err, "filled from a prompt_test.list")
}

func TestTemplateErrorsAtRender(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"\n{{.Levels.two}}":                   `score.tmpl:2:9: executing "score.tmpl" at <.Levels.two>: map has no entry for key "two"`,
		"{{.Best.Title}}":                     "nil pointer",
		"{{index .Criteria 5}}":               "out of range",
		"{{range .Criteria}}{{.Fail}}{{end}}": "failed",
		`{{define "x"}}{{template "x" .}}{{end}}{{template "x" .}}`:                        "exceeded maximum template depth",
		`{{define "x"}}{{printf "%100000d" 1}}{{template "x" .}}{{end}}{{template "x" .}}`: "grows beyond 16777216 bytes",
	} {
		tmpl, err := prompt.ParseTemplate[sheet]("score.tmpl", text)
		require.NoError(t, err, text)
		got, err := tmpl.Render(filled())
		require.ErrorContains(t, err, want)
		require.Empty(t, got)
	}
	_, err := new(prompt.Template[sheet]).Render(filled())
	require.ErrorContains(t, err, "zero Template")
	_, err = (*prompt.Template[sheet])(nil).Render(filled())
	require.ErrorContains(t, err, "zero Template")
}

func TestTemplateHash(t *testing.T) {
	t.Parallel()
	hash := func(text string) string {
		tmpl, err := prompt.ParseTemplate[sheet]("any", text)
		require.NoError(t, err)
		require.Equal(t, strings.TrimSuffix(text, "\n"), tmpl.Text())
		return tmpl.Hash()
	}
	sum := sha256.Sum256([]byte("Score {{.Name}}."))
	require.Equal(t, hex.EncodeToString(sum[:]), hash("Score {{.Name}}."))
	require.Equal(t, hash("Score {{.Name}}."), hash("Score {{.Name}}.\n"), "the line end of the file is not part of the text")
	require.NotEqual(t, hash("Score {{.Name}}."), hash("Score {{.Name}}. "))
}

func TestReadTemplate(t *testing.T) {
	t.Parallel()
	shipped := fstest.MapFS{"score.tmpl": {Data: []byte("Score {{.Name}}.\n")}, "other.tmpl": {Data: []byte("Other.\n")}}
	own := fstest.MapFS{"score.tmpl": {Data: []byte("Judge {{.Name}}.\n")}, "bad.tmpl": {Data: []byte("{{.Nme}}")}}
	render := func(name string, from ...fs.FS) string {
		tmpl, err := prompt.ReadTemplate[sheet](name, from...)
		require.NoError(t, err)
		out, err := tmpl.Render(sheet{Name: "Bo"})
		require.NoError(t, err)
		return out
	}
	require.Equal(t, "Judge Bo.", render("score.tmpl", own, shipped))
	require.Equal(t, "Score Bo.", render("score.tmpl", nil, shipped, own))
	require.Equal(t, "Other.", render("other.tmpl", own, shipped))

	_, err := prompt.ReadTemplate[sheet]("none.tmpl", own, shipped)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "none.tmpl")
	_, err = prompt.ReadTemplate[sheet]("bad.tmpl", own, shipped)
	require.ErrorContains(t, err, "bad.tmpl:1:2", "a file that is wrong does not fall back to the shipped one")
	_, err = prompt.ReadTemplate[sheet](".", own)
	require.ErrorContains(t, err, "prompt: template .: ")
	_, err = prompt.ReadTemplate[sheet]("../score.tmpl", own)
	require.ErrorContains(t, err, "../score.tmpl")
}

// loops finds templates that could run for long: what a template does is up to its author.
var loops = regexp.MustCompile(`range|template|block|\d{4}`)

// FuzzTemplate makes sure that a text fails when it is parsed or renders, and that it never panics.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{
		"", "Dear {{.Name}}\n", "{{with $x := .Best}}{{$x.Title}}{{end}}", "{{if and .Name (eq 1 2)}}{{end}}", "{{index .Levels .Name}}", "{{call .Any}}",
		"{{.Name | printf \"%s %d\" 3 | len}}", "{{$x := 1}}{{$x = .Name}}", "{{slice .Criteria 1 9}}", "{{js .Any | html}}", "{{not}}", "{{nil}}", "{{. | .Name}}",
		"{{(index .Criteria 0).Title}}", "{{1.2.3}}", "{{`raw`}}{{'c'}}", "{{define \"x\"}}{{end}}", "{{-  3 -}}", "{{print 1i}}", "{{break}}", "{{else}}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if loops.MatchString(text) {
			t.Skip()
		}
		tmpl, err := prompt.ParseTemplate[sheet]("fuzz", text)
		if err != nil {
			require.ErrorContains(t, err, "prompt: ")
			return
		}
		out, err := tmpl.Render(filled())
		again, _ := tmpl.Render(filled())
		require.Equal(t, out, again)
		if err == nil && !strings.Contains(text, "{{") {
			require.Equal(t, strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r"), out)
		}
	})
}
