package export

import (
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/parquet-go/parquet-go"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
)

const (
	// rowGroupSize is how many bytes of cells, not yet compressed, make a row group. A group is in memory until it is written.
	rowGroupSize = 16 << 20
	// rowsAtOnce is how many rows are handed over at once.
	rowsAtOnce = 64
)

// Parquet writes the run to w as an Apache Parquet file, a row an item in input order. Columns are flat: the dots in their names are part
// of the name. All but the first five are optional. A cost is DECIMAL(18, 12). After an error what was written is of no use.
//
// The run is read twice, three times with [Consumption], and about 16 MB of rows are in memory.
func Parquet(w io.Writer, run *record.Run, opts ...Option) error {
	t, err := newTable(run, opts)
	if err != nil {
		return err
	}
	if t.escape {
		return errors.New("export: EscapeFormulas is for CSV; Parquet needs no escapes, leave it out")
	}
	out := parquetWriter{
		columns: t.columns,
		to:      parquet.NewGenericWriter[any](w, parquet.NewSchema("item", newGroup(t.columns)), parquet.Compression(&parquet.Snappy)),
	}
	for row, err := range t.rows() {
		if err != nil {
			return err
		}
		if err := out.add(row); err != nil {
			return err
		}
	}
	if err := out.hand(); err != nil {
		return err
	}
	if err := out.to.Close(); err != nil {
		return fmt.Errorf("export: write: %w", err)
	}
	return nil
}

// group is a schema whose columns keep their order, where a [parquet.Group] sorts them by name.
type group struct {
	parquet.Group

	columns []column
}

func newGroup(columns []column) group {
	g := group{parquet.Group{}, columns}
	for _, c := range columns {
		g.Group[c.name] = c.node()
	}
	return g
}

// Fields returns the columns in their order.
func (g group) Fields() []parquet.Field {
	by := map[string]parquet.Field{}
	for _, f := range g.Group.Fields() {
		by[f.Name()] = f
	}
	fields := make([]parquet.Field, len(g.columns))
	for i, c := range g.columns {
		fields[i] = by[c.name]
	}
	return fields
}

// GoType returns a type for what no struct has fields for: names of columns are not names of Go.
func (g group) GoType() reflect.Type { return reflect.TypeFor[map[string]any]() }

func (c column) node() parquet.Node {
	leaf := c.holds.leaf()
	switch {
	case c.required:
		return leaf
	case c.list:
		return parquet.Optional(parquet.List(parquet.Optional(leaf)))
	default:
		return parquet.Optional(leaf)
	}
}

func (t columnType) leaf() parquet.Node {
	const precision, scale = 18, 12 // a Money counts units of 1e-12
	switch t {
	case boolean:
		return parquet.Leaf(parquet.BooleanType)
	case integer:
		return parquet.Int(64)
	case double:
		return parquet.Leaf(parquet.DoubleType)
	case money:
		return parquet.Decimal(scale, precision, parquet.Int64Type)
	default:
		return parquet.String()
	}
}

// parquetWriter hands rows over in groups.
type parquetWriter struct {
	columns []column
	to      *parquet.GenericWriter[any]
	rows    []parquet.Row
	size    int // of the cells since the last row group
}

func (p *parquetWriter) add(cells []any) error {
	var row parquet.Row
	for i, cell := range cells {
		row = p.appendCell(row, i, cell)
	}
	p.rows = append(p.rows, row)
	if len(p.rows) < rowsAtOnce && p.size < rowGroupSize {
		return nil
	}
	if err := p.hand(); err != nil {
		return err
	}
	if p.size < rowGroupSize {
		return nil
	}
	p.size = 0
	if err := p.to.Flush(); err != nil {
		return fmt.Errorf("export: write: %w", err)
	}
	return nil
}

func (p *parquetWriter) hand() error {
	if _, err := p.to.WriteRows(p.rows); err != nil {
		return fmt.Errorf("export: write: %w", err)
	}
	p.rows = p.rows[:0]
	return nil
}

// appendCell appends the values of column i. Their definition level counts the optional and repeated nodes that are there: of a list the
// list itself, an entry of it, and its element.
func (p *parquetWriter) appendCell(row parquet.Row, i int, cell any) parquet.Row {
	l, isList := cell.(list)
	switch {
	case p.columns[i].required:
		return append(row, p.value(cell).Level(0, 0, i))
	case cell == nil:
		return append(row, parquet.NullValue().Level(0, 0, i))
	case !isList:
		return append(row, p.value(cell).Level(0, 1, i))
	case len(l.elements) == 0:
		return append(row, parquet.NullValue().Level(0, 1, i))
	}
	for k, e := range l.elements {
		repetition := min(k, 1) // 0 begins a list
		if e == nil {
			row = append(row, parquet.NullValue().Level(repetition, 2, i))
		} else {
			row = append(row, p.value(e).Level(repetition, 3, i))
		}
	}
	return row
}

func (p *parquetWriter) value(cell any) parquet.Value {
	const fixed = 8
	p.size += fixed
	switch v := cell.(type) {
	case bool:
		return parquet.BooleanValue(v)
	case int64:
		return parquet.Int64Value(v)
	case float64:
		return parquet.DoubleValue(v)
	case pipeline.Money:
		return parquet.Int64Value(int64(v))
	case string:
		p.size += len(v)
		return parquet.ByteArrayValue([]byte(v))
	default:
		return parquet.NullValue()
	}
}
