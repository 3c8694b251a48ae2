package userdata

import "context"

// dataset is everything that a source holds.
type dataset[T any] struct {
	records  []Record[T]
	ids      []string       // of the records, in order; those that can be referred to
	index    map[string]int // of the record with an ID
	given    bool           // whether there is a source at all
	complete bool           // whether every record could be read, so that what is not here does not exist
}

func assignmentID(a Assignment) string { return a.ID }
func rubricID(b Rubric) string         { return b.ID }
func documentID(d Document) string     { return d.ID }
func studentID(s Student) string       { return s.ID }
func submissionID(s Submission) string { return s.ID }

// read reads a source, which may be nil, and notes its problems: records that cannot be read, and IDs that are missing or not unique.
// A nil id stands for values that nothing refers to. The error is one that ends the sequence.
func read[T any](ctx context.Context, src Source[T], id func(T) string, r *report) (dataset[T], error) {
	d := dataset[T]{index: map[string]int{}, given: src != nil, complete: true}
	if src == nil {
		return d, nil
	}
	for record, err := range src.Read(ctx) {
		if p := asProblem(err); p != nil {
			r.problems = append(r.problems, p)
			d.complete = false
			continue
		}
		if err != nil {
			return d, err
		}
		d.records = append(d.records, record)
		if id != nil {
			d.name(record, id(record.Value), r)
		}
	}
	return d, nil
}

// name notes the ID of the record that was read last.
func (d *dataset[T]) name(record Record[T], id string, r *report) {
	if id == "" {
		r.add(record.at("id"), "id", "", "an id")
		return
	}
	if first, ok := d.index[id]; ok {
		r.add(record.at("id"), "id", id, "an id of its own; "+d.records[first].Place.String()+" has the same")
		return
	}
	d.index[id] = len(d.records) - 1
	d.ids = append(d.ids, id)
}

// find returns the value with an ID.
func (d dataset[T]) find(id string) (value T, ok bool) {
	i, ok := d.index[id]
	if ok {
		value = d.records[i].Value
	}
	return value, ok
}

// lacks reports whether id refers to nothing, as far as that can be told.
func (d dataset[T]) lacks(id string) bool {
	_, ok := d.index[id]
	return !ok && d.given && d.complete
}

// check applies a check to each record; nil checks nothing.
func (d dataset[T]) check(each func(Record[T], *report), r *report) {
	if each == nil {
		return
	}
	for _, record := range d.records {
		each(record, r)
	}
}

// values reads the values of a source, each of which has an ID and passes check.
func values[T any](ctx context.Context, src Source[T], id func(T) string, check func(Record[T], *report)) ([]T, error) {
	var r report
	d, err := read(ctx, src, id, &r)
	if err != nil {
		return nil, err
	}
	d.check(check, &r)
	if err := r.err(); err != nil {
		return nil, err
	}
	out := make([]T, len(d.records))
	for i, record := range d.records {
		out[i] = record.Value
	}
	return out, nil
}
