package userdata

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"path"
	"strings"
)

// Texts returns a source of a directory of plain text files: every file that ends in .txt is a submission whose ID is the rest of its
// name, in the order of file names. Names that begin with a dot are skipped; anything else in the directory is a [*Problem], so
// that no submission is left out in silence.
func Texts(fsys fs.FS, dir string, opts ...Option) Source[Submission] {
	cfg, err := newFileConfig(opts)
	if err != nil {
		return failing[Submission](err)
	}
	return SourceFunc[Submission](func(ctx context.Context) iter.Seq2[Record[Submission], error] {
		return func(yield func(Record[Submission], error) bool) {
			eachFile(ctx, file{fsys, dir, cfg.encoding}, []string{textExtension}, func(f file, err error) bool {
				r := Record[Submission]{Place: Place{File: f.name}}
				if err == nil {
					r.Value.ID = strings.TrimSuffix(path.Base(f.name), textExtension)
					r.Value.Text, err = f.text()
				}
				return yield(r, err) && (err == nil || asProblem(err) != nil)
			})
		}
	})
}

const textExtension = ".txt"

// submissionEntry is a submission as a file lists it: with its text, or with the name of a file that holds the text.
type submissionEntry struct {
	Submission
	Text *string `json:"text,omitempty"`
	File string  `json:"file,omitempty"`
}

// documentEntry is a document as a file lists it.
type documentEntry struct {
	Document
	Text *string `json:"text,omitempty"`
	File string  `json:"file,omitempty"`
}

// textFiles reads the texts that entries name.
type textFiles struct {
	fsys     fs.FS
	encoding Encoding
	folder   string // holds the text of an entry that names no file; empty when there is no such folder
}

func withTexts(entries Source[submissionEntry], files textFiles) Source[Submission] {
	return convert(entries, func(r Record[submissionEntry]) (Submission, error) {
		text, err := files.text(r.at, r.Value.Text, r.Value.File, r.Value.ID)
		s := r.Value.Submission
		s.Text = text
		return s, err
	})
}

// text returns the text of an entry: its own, or that of the file it names, or that of the file in the folder that has its ID.
func (t textFiles) text(at func(field string) Place, text *string, name, id string) (string, error) {
	switch {
	case text != nil && name != "":
		return "", &Problem{Place: at("file"), Field: "file", Value: name, Want: "a file or a text, not both"}
	case text != nil:
		return *text, nil
	case name != "":
		if !fs.ValidPath(name) || strings.Contains(name, `\`) {
			return "", &Problem{Place: at("file"), Field: "file", Value: name,
				Want: "a path below the directory, with forward slashes and without . and .. between them"}
		}
		return t.read(name, &Problem{Place: at("file"), Field: "file", Value: name, Want: "a file that exists"})
	case t.folder == "" || id == "":
		return "", &Problem{Place: at("text"), Field: "text", Want: "a text, or a file that holds it"}
	}
	name = t.folder + "/" + id + textExtension
	if !fs.ValidPath(name) {
		return "", &Problem{Place: at("id"), Field: "id", Value: id, Want: "a text, a file that holds it, or an id that can be the name of one"}
	}
	return t.read(name, &Problem{Place: at("id"), Field: "id", Value: id, Want: "a text, a file that holds it, or the file " + name})
}

// read reads a text file, and returns the problem missing if there is none.
func (t textFiles) read(name string, missing *Problem) (string, error) {
	if info, err := fs.Stat(t.fsys, name); errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
		return "", missing
	}
	return file{t.fsys, name, t.encoding}.text()
}
