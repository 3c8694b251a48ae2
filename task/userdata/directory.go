package userdata

import (
	"context"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"
)

// Dir returns the class in a directory:
//
//	class.yaml          id, name, teacher, language
//	assignments.yaml    a list of [Assignment]
//	rubrics.yaml        a list of [Rubric]
//	documents.yaml      a list of [Document], each with its text, or with file: the path of a text file
//	students.yaml       a list of [Student]; or students.csv with the columns id and grade_level, any other being an attribute
//	submissions.csv     the columns id, assignment, student, draft, prior, submitted_at, file and text, as in [Table.Submissions];
//	                    or submissions.yaml, a list of [Submission], each with its text or with file
//	submissions/        the text of submission e01 in e01.txt, unless its entry has a text or names a file
//	feedback/           a file of YAML or JSON for each [Feedback]; or feedback.yaml, a list
//
// A .yaml file may as well be .json, and a list .jsonl (one object a line); a .csv file may be .tsv. Every file is optional, but one must
// be there. Paths are relative to the directory and may not leave it; the FS of an [os.Root] holds symbolic links to that too. Without a
// list of submissions, every submissions/*.txt is a submission, of the class's assignment if it has exactly one.
//
// Dir reads the names in the directory and class.yaml. Each data type is read when it is asked for, and the files of the others are not
// opened. A file whose name is nearly one of those above is a [*Problem], and so is data of one type in two files; other files are ignored.
func Dir(fsys fs.FS, opts ...Option) (*Class, error) {
	cfg, err := newFileConfig(opts)
	if err != nil {
		return nil, err
	}
	d := directory{fsys: fsys, encoding: cfg.encoding, forms: map[string]string{}, folders: map[string]bool{}}
	var r report
	if err := d.discover(&r); err != nil {
		return nil, err
	}
	var about classFile
	if name := d.forms["class"]; name != "" {
		if about, err = d.readClass(name, &r); err != nil {
			return nil, err
		}
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return &Class{ID: about.ID, Name: about.Name, Teacher: about.Teacher, Language: about.Language, sources: d.sources()}, nil
}

// classFile is what class.yaml holds.
type classFile struct {
	ID       string `json:"id,omitempty"`
	Name     string `json:"name,omitempty"`
	Teacher  string `json:"teacher,omitempty"`
	Language string `json:"language,omitempty"`
}

// readClass reads class.yaml.
func (d *directory) readClass(name string, r *report) (classFile, error) {
	doc, err := file{d.fsys, name, UTF8}.document(parserOf(name))
	if p := asProblem(err); p != nil {
		r.problems = append(r.problems, p)
		return classFile{}, nil
	}
	if err != nil || doc.list && len(doc.values) == 0 {
		return classFile{}, err
	}
	if doc.list {
		r.add(Place{name, doc.line}, "", "", "keys with their values, not a list")
		return classFile{}, nil
	}
	about, problems := decode[classFile](name, doc.values[0])
	r.problems = append(r.problems, problems...)
	return about.Value, nil
}

func (d *directory) sources() Sources {
	texts := textFiles{fsys: d.fsys, encoding: d.encoding}
	s := Sources{
		Assignments: sourceOf[Assignment](d, "assignments", nil),
		Rubrics:     sourceOf[Rubric](d, "rubrics", nil),
		Students:    sourceOf(d, "students", (*Table).students),
		Feedback:    sourceOf[Feedback](d, "feedback", nil),
	}
	if entries := sourceOf[documentEntry](d, documentsDir, nil); entries != nil {
		s.Documents = convert(entries, func(r Record[documentEntry]) (Document, error) {
			text, err := texts.text(r.at, r.Value.Text, r.Value.File, "")
			doc := r.Value.Document
			doc.Text = text
			return doc, err
		})
	}
	if d.forms[submissionsDir] == submissionsDir+folder {
		s.Submissions = d.unlisted(s.Assignments)
		return s
	}
	if entries := sourceOf(d, submissionsDir, (*Table).listedSubmissions); entries != nil {
		if d.folders[submissionsDir] {
			texts.folder = submissionsDir
		}
		s.Submissions = withTexts(entries, texts)
	}
	return s
}

// sourceOf returns the source of a data type, read from a table by fromTable; nil if the directory has no such data.
func sourceOf[T any](d *directory, stem string, fromTable func(*Table) Source[T]) Source[T] {
	name := d.forms[stem]
	switch path.Ext(name) {
	case ".yaml":
		return YAML[T](d.fsys, name)
	case ".json":
		return JSON[T](d.fsys, name)
	case ".jsonl":
		return JSONL[T](d.fsys, name)
	case ".csv", ".tsv":
		t, err := NewTable(d.fsys, name, WithEncoding(d.encoding))
		if err != nil {
			return failing[T](err)
		}
		return fromTable(t)
	}
	if name != "" {
		return Files[T](d.fsys, stem)
	}
	return nil
}

// listedSubmissions returns a source of the submissions that a class directory lists in a table. Columns that it does not know are a
// problem, since a misspelt one would be lost.
func (t *Table) listedSubmissions() Source[submissionEntry] {
	known := []string{"id", "assignment", "student", "draft", "prior", "submitted_at", "file", "text"}
	return rowSource(t, func(h *header) *Problem {
		for _, name := range h.names {
			if name != "" && !slices.Contains(known, name) {
				return &Problem{Place: h.place, Field: name, Want: "only the columns " + strings.Join(known, ", ")}
			}
		}
		return h.lacks("id")
	}, submissionOf)
}

// unlisted returns a source of the texts in the folder of submissions.
func (d *directory) unlisted(assignments Source[Assignment]) Source[Submission] {
	texts := Texts(d.fsys, submissionsDir, WithEncoding(d.encoding))
	if assignments == nil {
		return texts
	}
	return SourceFunc[Submission](func(ctx context.Context) iter.Seq2[Record[Submission], error] {
		return func(yield func(Record[Submission], error) bool) {
			var ids []string
			for r, err := range assignments.Read(ctx) {
				if err != nil && (!yield(Record[Submission]{}, err) || asProblem(err) == nil) {
					return
				}
				if err == nil {
					ids = append(ids, r.Value.ID)
				}
			}
			for r, err := range texts.Read(ctx) {
				if len(ids) == 1 {
					r.Value.Assignment = ids[0]
				}
				if !yield(r, err) {
					return
				}
			}
		}
	})
}
