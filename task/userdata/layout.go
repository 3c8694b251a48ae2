package userdata

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/internal/spelling"
)

// directory is a class directory.
type directory struct {
	fsys     fs.FS
	encoding Encoding          // of plain texts and tables
	forms    map[string]string // the file, or the folder with a slash at its end, that holds each data type
	folders  map[string]bool   // the folders of texts that are there
}

// dataType is the name of one kind of data in a class directory and the forms that it may have: extensions of a file, or a folder. The
// usual form comes first.
type dataType struct {
	name  string
	forms []string
}

const (
	folder         = "/"
	documentsDir   = "documents"
	submissionsDir = "submissions"
)

func layout() []dataType {
	list := []string{".yaml", ".json", ".jsonl"}
	table := []string{".csv", ".tsv"}
	return []dataType{
		{"class", list[:2]},
		{"assignments", list},
		{"rubrics", list},
		{documentsDir, list},
		{"students", slices.Concat(list, table)},
		{submissionsDir, slices.Concat(table, list, []string{folder})},
		{"feedback", slices.Concat([]string{folder}, list)},
	}
}

// discover finds where each data type is, by the names in the directory alone.
func (d *directory) discover(r *report) error {
	root := file{fsys: d.fsys, name: "."}
	entries, err := root.entries()
	if err != nil {
		return err
	}
	for _, entry := range entries {
		d.classify(entry, r)
	}
	switch {
	case d.folders[documentsDir] && d.forms[documentsDir] == "":
		r.add(Place{File: documentsDir}, "", "", "the file documents.yaml, which lists the documents of this folder")
	case len(d.forms) == 0 && len(r.problems) == 0:
		r.add(Place{File: root.name}, "", "", "a class directory, with a file such as class.yaml, assignments.yaml or submissions.csv")
	}
	return nil
}

// classify notes what an entry of the directory holds, or what is wrong with its name.
func (d *directory) classify(entry fs.DirEntry, r *report) {
	form := path.Ext(entry.Name())
	stem := strings.TrimSuffix(entry.Name(), form)
	if entry.IsDir() {
		stem, form = entry.Name(), folder
	}
	if form == folder && (stem == documentsDir || stem == submissionsDir) {
		d.folders[stem] = true
	}
	for _, t := range layout() {
		switch {
		case stem == t.name && slices.Contains(t.forms, form):
			d.take(t.name, stem+form, r)
			return
		case stem == documentsDir && form == folder:
			return
		case t.misnamed(stem, form):
			r.add(Place{File: entry.Name()}, "", "", "the name "+t.String())
			return
		}
	}
}

// take notes where a data type is. A list of submissions goes before the folder of their texts.
func (d *directory) take(name, where string, r *report) {
	other := d.forms[name]
	if other != "" && other != submissionsDir+folder {
		r.add(Place{File: where}, "", "", fmt.Sprintf("the %s in one place; there is %s too", name, other))
		return
	}
	d.forms[name] = where
}

// String lists the names of the data type's files.
func (t dataType) String() string {
	names := make([]string, len(t.forms))
	for i, form := range t.forms {
		names[i] = t.name + form
	}
	return oneOf(names)
}

// misnamed reports whether an entry is meant to hold the data type but will not be read: its name is nearly right, or its form is wrong.
func (t dataType) misnamed(stem, form string) bool {
	switch strings.ToLower(form) {
	case folder:
		if !slices.Contains(t.forms, folder) {
			return stem == t.name && stem != "class"
		}
	case "", ".yaml", ".yml", ".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".tab", ".txt", ".xlsx":
	default:
		return false
	}
	return near(stem, t.name)
}

// near reports whether name is meant to be stem: equal but for case, or one character off (two in a long word).
func near(name, stem string) bool {
	allowed := 1
	if len(stem) >= 8 {
		allowed = 2
	}
	return spelling.Distance(strings.ToLower(name), stem) <= allowed
}
