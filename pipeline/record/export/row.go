package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/gloss-sdk/gloss/pipeline/record"
	"github.com/gloss-sdk/gloss/pipeline/record/internal/jsontree"
)

// errChanged is the cause of an error about an item that the first pass did not see as it is.
var errChanged = errors.New("the items changed while they were exported; open the run again, or wait until it has ended")

// list is a cell of a list: its JSON, and its elements.
type list struct {
	json     json.RawMessage
	elements []any
}

// fill puts the value v at p into the cells of a row: nil, bool, int64, float64, string or list, as the column says.
func (p *place) fill(row []any, columns []column, v json.RawMessage) error {
	if jsontree.KindOf(v) == jsontree.Null {
		return nil
	}
	if !p.record() {
		c := columns[p.column]
		cell, err := c.cell(v)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		row[p.column] = cell
		return nil
	}
	if jsontree.KindOf(v) != jsontree.Object {
		return errChanged
	}
	for key, m := range jsontree.Members(v) {
		child := p.children[key]
		if child == nil {
			return errChanged
		}
		if err := child.fill(row, columns, m); err != nil {
			return err
		}
	}
	return nil
}

// cell returns what the column holds of v, which is not null.
func (c column) cell(v json.RawMessage) (any, error) {
	if !c.list {
		return c.holds.value(v)
	}
	if jsontree.KindOf(v) != jsontree.Array {
		return nil, errChanged
	}
	cell := list{json: v}
	for e := range jsontree.Elements(v) {
		var element any
		if jsontree.KindOf(e) != jsontree.Null {
			var err error
			if element, err = c.holds.value(e); err != nil {
				return nil, err
			}
		}
		cell.elements = append(cell.elements, element)
	}
	return cell, nil
}

// value returns v as what a column of the type holds.
func (t columnType) value(v json.RawMessage) (any, error) {
	var value any
	var err error
	switch t {
	case boolean:
		value, err = strconv.ParseBool(string(v))
	case integer:
		value, err = strconv.ParseInt(string(v), 10, 64)
	case double:
		value, err = strconv.ParseFloat(string(v), 64)
	case text:
		value = jsontree.Text(v)
		if jsontree.KindOf(v) != jsontree.String {
			err = errChanged
		}
	default:
		value = string(v)
	}
	if err != nil {
		return nil, errChanged // the cause would quote the output
	}
	return value, nil
}

// itemColumns are the columns that every table has.
func itemColumns() []column {
	return []column{
		{name: "batch", holds: integer, required: true}, {name: "target", holds: text, required: true},
		{name: "index", holds: integer, required: true}, {name: "id", holds: text, required: true},
		{name: "status", holds: text, required: true}, {name: "error", holds: text},
	}
}

// itemCells returns the cells of itemColumns; err is why the output cannot be read.
func itemCells(it record.Item, err error) []any {
	cells := []any{int64(it.Batch), it.Target, int64(it.Index), it.ID, "succeeded", nil}
	switch {
	case err != nil:
		cells[4], cells[5] = "unreadable", err.Error()
	case it.Error != "":
		cells[4], cells[5] = "failed", it.Error
	}
	return cells
}
