package task

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/prompt"
	"github.com/gloss-sdk/gloss/task/userdata"
)

//go:embed templates/*.tmpl
var templateFiles embed.FS

const templateSuffix = ".tmpl"

// Templates are the words around the data of a prompt: text templates (package text/template), one file each, with the fields below.
// They are checked when they are read: a template that names a field that it does not have is refused. A template is known by its hash,
// and a prediction names the hash of those that it was made with.
//
//	essay_score, rubric_score, draft_feedback   the instructions of a kind of task: .Evidence, .Reasoning (on or off)
//	comparison                                  the instructions of a pairwise comparison: .Evidence, .Reasoning
//	assignment                                  .Title, .Prompt
//	rubric                                      .Criteria, each with .ID, .Name, .Description, .Scale, .Levels (.Score, .Label, .Descriptor)
//	documents                                   .Documents, each with .ID, .Title, .Text
//	passages                                    .Passages, each with .Document, .Text
//	prior_draft, target, anchor                 what stands in front of these texts; no fields
//	criterion                                   what narrows a question to .Criterion
//	reask                                       what is said of a bad reply: .Problems, .Truncated (on or off)
//	critique, revise                            the turns of a critique; no fields
//
// Texts of students are not part of any template: they follow in sections of their own, delimited so that they cannot end them. Templates are
// immutable and safe for concurrent use.
type Templates struct {
	instructions map[Kind]*prompt.Template[instructionFields]
	comparison   *prompt.Template[instructionFields]
	assignment   *prompt.Template[assignmentFields]
	rubric       *prompt.Template[rubricFields]
	documents    *prompt.Template[documentFields]
	passages     *prompt.Template[passageFields]
	priorDraft   *prompt.Template[struct{}]
	target       *prompt.Template[struct{}]
	anchor       *prompt.Template[struct{}]
	criterion    *prompt.Template[criterionFields]
	reask        *prompt.Template[reaskFields]
	critique     *prompt.Template[struct{}]
	revise       *prompt.Template[struct{}]
	files        []templateFile // sorted by name
}

// templateFile is one template as it was read.
type templateFile struct {
	Name string `json:"name"`
	Hash string `json:"hash"`
	Text string `json:"text"`
}

type (
	instructionFields struct{ Evidence, Reasoning bool }
	assignmentFields  struct{ Title, Prompt string }
	rubricFields      struct{ Criteria []rubricCriterion }
	documentFields    struct{ Documents []documentText }
	passageFields     struct{ Passages []passageText }
	criterionFields   struct{ Criterion string }
	reaskFields       struct {
		Problems  []string
		Truncated bool
	}

	rubricCriterion struct {
		ID, Name, Description string
		Scale                 userdata.Scale
		Levels                []userdata.Level
	}
	documentText struct{ ID, Title, Text string }
	passageText  struct{ Document, Text string }
)

// DefaultTemplates returns the templates that gloss ships.
func DefaultTemplates() (*Templates, error) { return ReadTemplates(nil) }

// ReadTemplates returns the shipped templates with those of a directory in their place: dir holds files named as in [Templates], with the
// ending ".tmpl", at its top. A file that names no template is an error, and so is a template that does not hold; every problem is
// reported at once. A nil dir replaces nothing.
func ReadTemplates(dir fs.FS) (*Templates, error) {
	shipped, err := fs.Sub(templateFiles, "templates")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	r := templateReader{from: []fs.FS{shipped}}
	if dir != nil {
		r.from = []fs.FS{dir, shipped}
	}
	t := &Templates{instructions: map[Kind]*prompt.Template[instructionFields]{}}
	for _, k := range Kinds() {
		t.instructions[k] = readTemplate[instructionFields](&r, string(k))
	}
	t.comparison = readTemplate[instructionFields](&r, "comparison")
	t.assignment = readTemplate[assignmentFields](&r, "assignment")
	t.rubric = readTemplate[rubricFields](&r, "rubric")
	t.documents = readTemplate[documentFields](&r, "documents")
	t.passages = readTemplate[passageFields](&r, "passages")
	t.priorDraft = readTemplate[struct{}](&r, "prior_draft")
	t.target = readTemplate[struct{}](&r, "target")
	t.anchor = readTemplate[struct{}](&r, "anchor")
	t.criterion = readTemplate[criterionFields](&r, "criterion")
	t.reask = readTemplate[reaskFields](&r, "reask")
	t.critique = readTemplate[struct{}](&r, "critique")
	t.revise = readTemplate[struct{}](&r, "revise")
	r.refuseUnknown(dir)
	if err := errors.Join(r.errs...); err != nil {
		return nil, err
	}
	slices.SortFunc(r.files, func(a, b templateFile) int { return strings.Compare(a.Name, b.Name) })
	t.files = r.files
	return t, nil
}

// templateReader reads templates and notes what is wrong with them.
type templateReader struct {
	from  []fs.FS
	known []string // the names of the files
	files []templateFile
	errs  []error
}

func readTemplate[D any](r *templateReader, name string) *prompt.Template[D] {
	r.known = append(r.known, name+templateSuffix)
	t, err := prompt.ReadTemplate[D](name+templateSuffix, r.from...)
	if err != nil {
		r.errs = append(r.errs, err)
		return nil
	}
	r.files = append(r.files, templateFile{Name: name, Hash: t.Hash(), Text: t.Text()})
	return t
}

// refuseUnknown finds files that replace nothing: most often a slip in a name, which would change nothing in silence.
func (r *templateReader) refuseUnknown(dir fs.FS) {
	if dir == nil {
		return
	}
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		r.errs = append(r.errs, fmt.Errorf("templates: %w", err))
		return
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), templateSuffix) && !slices.Contains(r.known, e.Name()) {
			r.errs = append(r.errs, fmt.Errorf("templates: %s replaces nothing; want one of %v", e.Name(), r.known))
		}
	}
}

// Hash identifies the templates: it changes when any of them does.
func (t *Templates) Hash() string { return t.hashOf(nil) }

// hashOf identifies the templates of these names; nil means all.
func (t *Templates) hashOf(names []string) string {
	h := sha256.New()
	for _, f := range t.files {
		if names == nil || slices.Contains(names, f.Name) {
			fmt.Fprintf(h, "%s %s\n", f.Name, f.Hash)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// Texts lists the templates for audits of what inference can read.
func (t *Templates) Texts(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, f := range t.files {
			if !yield(f.Text, nil) {
				return
			}
		}
	}
}

// MarshalJSON returns the templates as they were read, each with its name and hash.
func (t *Templates) MarshalJSON() ([]byte, error) {
	return json.Marshal(t.files) //nolint:wrapcheck // plain data
}

// templates names the templates that a spec can use.
func (s Spec) templates() []string {
	names := []string{string(s.Task)}
	for _, t := range []struct {
		on    bool
		names []string
	}{
		{s.Technique.Pairwise, []string{"comparison", "anchor"}},
		{s.Inputs.AssignmentPrompt, []string{"assignment"}},
		{s.Inputs.Rubric, []string{"rubric"}},
		{s.Inputs.ClassDocs && s.RAG == nil, []string{"documents"}},
		{s.Inputs.ClassDocs && s.RAG != nil, []string{"passages"}},
		{s.Inputs.PriorDraft, []string{"prior_draft"}},
		{s.Inputs.EssayContext, []string{"target"}},
		{s.Technique.PerCriterion, []string{"criterion"}},
		{s.Reply.Reasks > 0, []string{"reask"}},
		{s.Technique.Critiques > 0, []string{"critique", "revise"}},
	} {
		if t.on {
			names = append(names, t.names...)
		}
	}
	if s.Technique.Pairwise {
		names = names[1:] // the comparison stands in for the kind's own instructions
	}
	return names
}
