package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/internal/essaygen"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// essay is one row: a text and what raters gave it.
type essay struct {
	submission userdata.Submission
	truth      truth
}

// truth is what raters gave an essay. It is known to the evaluation only, until a fold makes it known data for other essays.
type truth struct {
	score  float64
	raters [2]float64
}

// corpus is a file of essays in groups, each group with its scale.
type corpus struct {
	name      string
	groups    []string // in the order of the file
	essays    map[string][]essay
	scale     map[string]userdata.Scale
	rater     map[string]userdata.Scale
	twoRaters bool
	best      float64 // the highest agreement that is possible; 0 when nobody knows
}

// readCorpus reads the file that o names. Every problem of the file is in the error.
func readCorpus(ctx context.Context, o options) (*corpus, error) {
	columns, err := userdata.ParseColumns(o.columns)
	if err != nil {
		return nil, err
	}
	encoding, err := userdata.ParseEncoding(o.encoding)
	if err != nil {
		return nil, err
	}
	dir, name := filepath.Split(o.data)
	if dir == "" {
		dir = "."
	}
	table, err := userdata.NewTable(os.DirFS(dir), name, userdata.WithColumns(columns), userdata.WithEncoding(encoding))
	if err != nil {
		return nil, err
	}
	r := reader{options: o, columns: columns, corpus: newCorpus(o.data), seen: map[string]userdata.Place{}}
	if err := r.checkColumns(); err != nil {
		return nil, err
	}
	for row, err := range table.Rows(ctx, "id", "text", "score") {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("-data: there is no file %s", o.data)
		}
		if err := r.add(row, err); err != nil {
			return nil, err
		}
	}
	return r.finish()
}

func newCorpus(name string) *corpus {
	return &corpus{
		name: name, essays: map[string][]essay{},
		scale: map[string]userdata.Scale{}, rater: map[string]userdata.Scale{},
	}
}

type reader struct {
	options
	columns  userdata.Columns
	corpus   *corpus
	seen     map[string]userdata.Place
	problems userdata.Problems
}

func (r *reader) has(key string) bool {
	return slices.ContainsFunc(r.columns, func(c userdata.Column) bool { return c.Key == key })
}

// checkColumns refuses one rater alone: agreement is between two.
func (r *reader) checkColumns() error {
	one, two := r.has("rater1"), r.has("rater2")
	if one != two {
		return errors.New("-columns: names one rater alone; name rater1 and rater2, or neither: agreement is between two")
	}
	r.corpus.twoRaters = one
	return nil
}

// add reads one row. Its error is one that ends the reading; problems of the data are collected.
func (r *reader) add(row userdata.Row, err error) error {
	if err != nil {
		var p *userdata.Problem
		if !errors.As(err, &p) {
			return err
		}
		r.problems = append(r.problems, p)
		return nil
	}
	group := "all"
	if r.has("group") {
		group = strings.TrimSpace(row.Get("group"))
	}
	r.register(group, row.Place)
	if r.limit > 0 && len(r.corpus.essays[group]) >= r.limit {
		return nil
	}
	e := essay{submission: userdata.Submission{ID: strings.TrimSpace(row.Get("id")), Assignment: group, Text: row.Get("text")}}
	if r.has("student") {
		e.submission.Student = strings.TrimSpace(row.Get("student"))
	}
	r.identify(e.submission.ID, row.Place)
	e.truth.score = r.rating(row, "score", r.corpus.scale[group])
	if r.corpus.twoRaters {
		e.truth.raters = [2]float64{r.rating(row, "rater1", r.corpus.rater[group]), r.rating(row, "rater2", r.corpus.rater[group])}
	}
	r.corpus.essays[group] = append(r.corpus.essays[group], e)
	return nil
}

// register notes a group when its first essay comes.
func (r *reader) register(group string, at userdata.Place) {
	if slices.Contains(r.corpus.groups, group) {
		return
	}
	r.corpus.groups = append(r.corpus.groups, group)
	var ok bool
	if r.corpus.scale[group], ok = r.scale.of(group); !ok {
		r.bad(at, "group", group, "a group that -scale names")
	}
	if r.corpus.rater[group], ok = r.raterScale.of(group); !ok {
		r.corpus.rater[group] = r.corpus.scale[group]
	}
}

func (r *reader) identify(id string, at userdata.Place) {
	if first, twice := r.seen[id]; twice {
		r.bad(at, "id", id, fmt.Sprintf("an ID of its own; %s has it too", first))
	} else if id == "" {
		r.bad(at, "id", "", "an ID")
	}
	r.seen[id] = at
}

// rating reads a score and holds it to its scale.
func (r *reader) rating(row userdata.Row, key string, scale userdata.Scale) float64 {
	v, err := row.Number(key)
	if err != nil {
		var p *userdata.Problem
		if errors.As(err, &p) {
			r.problems = append(r.problems, p)
		}
		return 0
	}
	if scale.Declared() && !scale.Contains(v) {
		r.bad(row.Place, key, row.Get(key), "a score of the scale "+scale.String())
	}
	return v
}

func (r *reader) bad(at userdata.Place, field, value, want string) {
	r.problems = append(r.problems, &userdata.Problem{Place: at, Field: field, Value: value, Want: want})
}

func (r *reader) finish() (*corpus, error) {
	var errs []error
	if len(r.problems) > 0 {
		errs = append(errs, r.problems)
	}
	if len(r.corpus.groups) == 0 && len(r.problems) == 0 {
		errs = append(errs, fmt.Errorf("%s: no essay below the header", r.data))
	}
	for flag, s := range map[string]scales{"scale": r.scale, "rater-scale": r.raterScale} {
		if extra := s.unused(r.corpus.groups); len(extra) > 0 && len(r.problems) == 0 {
			errs = append(errs, fmt.Errorf("-%s: no essay is in group %s; the groups are %s",
				flag, strings.Join(extra, ", "), strings.Join(r.corpus.groups, ", ")))
		}
	}
	for _, g := range r.corpus.groups {
		if n := len(r.corpus.essays[g]); n < r.folds {
			errs = append(errs, fmt.Errorf("group %s: %d essays cannot make %d folds", g, n, r.folds))
		}
	}
	return r.corpus, errors.Join(errs...)
}

// demoCorpus is generated: the best possible agreement on it is known.
func demoCorpus(o options) *corpus {
	config := essaygen.Default()
	config.Seed = o.seed
	if o.limit > 0 {
		config.PerGroup = o.limit
	}
	c := newCorpus(fmt.Sprintf("generated, seed %d", config.Seed))
	c.twoRaters, c.best = true, config.Best()
	for _, e := range essaygen.Generate(config) {
		if len(c.essays[e.Group]) == 0 {
			c.groups = append(c.groups, e.Group)
			c.scale[e.Group] = userdata.Scale{Min: float64(config.Min), Max: float64(config.Max)}
			c.rater[e.Group] = c.scale[e.Group]
		}
		c.essays[e.Group] = append(c.essays[e.Group], essay{
			submission: userdata.Submission{ID: e.ID, Assignment: e.Group, Text: e.Text},
			truth:      truth{score: float64(e.Score), raters: [2]float64{float64(e.Rater1), float64(e.Rater2)}},
		})
	}
	return c
}
