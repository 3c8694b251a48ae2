package userdata

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Table is a CSV or TSV file whose first row names the columns. A field with a comma, a line break or a quotation mark is written in
// quotation marks, and a quotation mark in it twice (RFC 4180). In a TSV file, for which there is no such rule, a quotation mark may also stand for
// itself in a field that does not begin with one. A table is read row by row, from the start each time.
//
// A Table is immutable and safe for concurrent use if its file system is.
type Table struct {
	file    file
	comma   rune
	columns Columns
}

// NewTable returns the table in a file, or every error of the options. The file is not opened before the table is read.
func NewTable(fsys fs.FS, name string, opts ...TableOption) (*Table, error) {
	cfg, err := newTableConfig(name, opts)
	if err != nil {
		return nil, err
	}
	return &Table{file{fsys, name, cfg.encoding}, cfg.comma, slices.Clone(cfg.columns)}, nil
}

// Row is one record of a table.
type Row struct {
	// Place is the line on which the record starts; a field in quotation marks may span several.
	Place  Place
	cells  []string
	header *header
}

// header is the first row of a table.
type header struct {
	place   Place
	columns Columns
	names   []string
}

// find returns the index of a column, or -1.
func (h *header) find(column string) int { return slices.Index(h.names, h.columns.name(column)) }

// Get returns the field of a column as it is written. The column is a key of [Columns] or else the name of a column; a column
// that the table has not got is empty.
func (r Row) Get(column string) string {
	if i := r.header.find(column); i >= 0 {
		return r.cells[i]
	}
	return ""
}

// Has reports whether the table has the column, as in [Row.Get].
func (r Row) Has(column string) bool { return r.header.find(column) >= 0 }

// Number returns the number in a column, as in [Row.Get], or a [*Problem].
func (r Row) Number(column string) (float64, error) {
	cell := strings.TrimSpace(r.Get(column))
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, r.problem(column, cell, "a number such as 3 or 2.5")
	}
	return v, nil
}

// problem returns what is wrong with a column.
func (r Row) problem(column, value, want string) *Problem {
	return &Problem{Place: r.Place, Field: r.header.columns.name(column), Value: value, Want: want}
}

// Rows reads the rows below the header; rows without any content are skipped. Each column of [WithColumns] and each of required must be
// there, or a [*Problem] that lists the columns of the table ends the sequence. A row with more or fewer fields than the header
// and a quotation mark out of place are a [*Problem], and reading goes on unless what follows cannot be told apart. Any other error ends
// the sequence.
func (t *Table) Rows(ctx context.Context, required ...string) iter.Seq2[Row, error] {
	return t.rows(ctx, func(h *header) *Problem { return h.lacks(required...) })
}

// rows reads the rows below a header that passes check.
func (t *Table) rows(ctx context.Context, check func(*header) *Problem) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		text, err := t.file.open()
		if err != nil {
			yield(Row{}, err)
			return
		}
		defer text.Close() //nolint:errcheck // nothing was written
		r := rowReader{file: t.file, csv: csv.NewReader(text), header: &header{columns: t.columns}}
		r.csv.Comma = t.comma
		r.csv.LazyQuotes = t.comma == '\t'
		if err := r.readHeader(check); err != nil {
			yield(Row{}, err)
			return
		}
		for !r.ended {
			if ctx.Err() != nil {
				yield(Row{}, context.Cause(ctx))
				return
			}
			row, err := r.next()
			if errors.Is(err, io.EOF) || !yield(row, err) {
				return
			}
		}
	}
}

// rowReader reads one table once.
type rowReader struct {
	file   file
	csv    *csv.Reader
	header *header
	ended  bool // nothing that follows can be read
}

// readHeader reads the first row.
func (r *rowReader) readHeader(check func(*header) *Problem) error {
	names, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return &Problem{Place: Place{r.file.name, 1}, Want: "a first row that names the columns; the file is empty"}
	}
	if err != nil {
		return r.failed(err)
	}
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if names[i] != "" && slices.Contains(names[:i], names[i]) {
			return &Problem{Place: r.place(), Field: names[i], Want: "one column of this name"}
		}
	}
	r.header.place, r.header.names = r.place(), names
	for _, column := range r.header.columns {
		if p := r.header.lacks(column.Key); p != nil {
			return p
		}
	}
	if p := check(r.header); p != nil {
		return p
	}
	return nil
}

// lacks returns the problem of a table that has no column for one of the keys, or nil.
func (h *header) lacks(keys ...string) *Problem {
	for _, key := range keys {
		if h.find(key) >= 0 {
			continue
		}
		name, want := h.columns.name(key), "a column of this name"
		if name != key {
			want += ", which was named for " + key
		}
		return &Problem{Place: h.place, Field: name, Want: want + "; the columns are " + strings.Join(h.names, ", ")}
	}
	return nil
}

// next reads a row that has content.
func (r *rowReader) next() (Row, error) {
	for {
		cells, err := r.csv.Read()
		blank := !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" })
		switch {
		case blank && (err == nil || errors.Is(err, csv.ErrFieldCount)):
			continue
		case errors.Is(err, csv.ErrFieldCount):
			want := fmt.Sprintf("%d, as the first row has", len(r.header.names))
			return Row{}, &Problem{Place: r.place(), Field: "number of fields", Value: strconv.Itoa(len(cells)), Want: want}
		case err != nil:
			return Row{}, r.failed(err)
		}
		return Row{r.place(), cells, r.header}, nil
	}
}

// place is where the record that was read last starts.
func (r *rowReader) place() Place {
	line, _ := r.csv.FieldPos(0)
	return Place{r.file.name, line}
}

// failed turns an error of the CSV reader into a problem with a place.
func (r *rowReader) failed(err error) error {
	syntax, ok := errors.AsType[*csv.ParseError](err)
	r.ended = !ok
	switch {
	case errors.Is(err, io.EOF):
		return err
	case !ok:
		return r.file.failed(err)
	case errors.Is(err, csv.ErrBareQuote):
		return &Problem{
			Place: Place{r.file.name, syntax.Line},
			Want:  "quotation marks around the whole field, and each quotation mark inside it twice",
		}
	}
	r.ended = true
	return &Problem{
		Place: Place{r.file.name, syntax.StartLine},
		Want:  "a quotation mark at the end of the field, and each one inside it twice; the rows after this one were not read",
	}
}
