package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
	"github.com/gloss-sdk/gloss/pipeline/record/export"
)

// outcome is an output as JSON, or an error.
type outcome struct{ output, err string }

func outputs(all ...string) []outcome {
	out := make([]outcome, len(all))
	for i, o := range all {
		out[i].output = o
	}
	return out
}

// recorded returns a run of one stream whose items have these outcomes.
func recorded(t testing.TB, outcomes []outcome) *record.Run {
	t.Helper()
	w := create(t)
	tell(t, w, outcomes)
	return closed(t, w)
}

func tell(t testing.TB, w *record.Writer, outcomes []outcome) {
	t.Helper()
	for i, o := range outcomes {
		e := pipeline.Event{Kind: pipeline.KindItem, Batch: 1, Target: "score", Index: i, Item: fmt.Sprintf("e%d", i)}
		if o.err != "" {
			e.Err = errors.New(o.err)
		} else {
			e.Out = json.RawMessage(o.output)
		}
		w.Observe(t.Context(), e)
	}
}

func create(t testing.TB, opts ...record.Option) *record.Writer {
	t.Helper()
	w, err := record.Create(filepath.Join(t.TempDir(), "run"), record.Manifest{Name: "test"}, opts...)
	require.NoError(t, err)
	return w
}

func closed(t testing.TB, w *record.Writer) *record.Run {
	t.Helper()
	require.NoError(t, w.Close())
	run, err := record.Open(w.Dir())
	require.NoError(t, err)
	t.Cleanup(func() { _ = run.Close() })
	return run
}

func csvOf(t testing.TB, run *record.Run, opts ...export.Option) [][]string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, export.CSV(&b, run, opts...))
	rows, err := csv.NewReader(&b).ReadAll()
	require.NoError(t, err)
	return rows
}

// parquetOf reads a file back: the types of its columns in their order, and the rows.
func parquetOf(t testing.TB, run *record.Run, opts ...export.Option) (columns []string, rows []map[string]any) {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, export.Parquet(&b, run, opts...))
	return readParquet(t, b.Bytes())
}

func readParquet(t testing.TB, text []byte) (columns []string, rows []map[string]any) {
	t.Helper()
	file, err := parquet.OpenFile(bytes.NewReader(text), int64(len(text)))
	require.NoError(t, err)
	names := map[int]string{}
	leaf := 0
	for _, c := range file.Root().Columns() {
		var kind string
		if c.Leaf() {
			kind = c.Type().String()
		} else {
			kind = "list of " + c.Columns()[0].Columns()[0].Type().String()
		}
		if c.Required() {
			kind += ", required"
		}
		columns = append(columns, c.Name()+": "+kind)
		names[leaf] = c.Name()
		leaf++
	}
	for _, group := range file.RowGroups() {
		reader := group.Rows()
		buf := make([]parquet.Row, 10)
		for {
			n, err := reader.ReadRows(buf)
			for _, row := range buf[:n] {
				rows = append(rows, cellsOf(row, names, file.Root().Columns()))
			}
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
		}
		require.NoError(t, reader.Close())
	}
	return columns, rows
}

func cellsOf(row parquet.Row, names map[int]string, columns []*parquet.Column) map[string]any {
	cells := map[string]any{}
	row.Range(func(i int, values []parquet.Value) bool {
		if columns[i].Leaf() {
			cells[names[i]] = cellOf(values[0])
			return true
		}
		switch list := []any{}; values[0].DefinitionLevel() {
		case 0:
			cells[names[i]] = nil
		case 1:
			cells[names[i]] = list
		default:
			for _, v := range values {
				list = append(list, cellOf(v))
			}
			cells[names[i]] = list
		}
		return true
	})
	return cells
}

func cellOf(v parquet.Value) any {
	switch {
	case v.IsNull():
		return nil
	case v.Kind() == parquet.Boolean:
		return v.Boolean()
	case v.Kind() == parquet.Int64:
		return v.Int64()
	case v.Kind() == parquet.Double:
		return v.Double()
	default:
		return string(v.ByteArray())
	}
}
