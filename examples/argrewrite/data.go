package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strconv"

	"github.com/gloss-sdk/gloss/task/userdata"
)

// assignmentID names the one assignment of the corpus.
const assignmentID = "self-driving-cars"

// corpus is the converted ArgRewrite corpus: drafts, two raters' scores, and an expert's feedback on first drafts.
type corpus struct {
	assignment  userdata.Assignment
	rubric      userdata.Rubric
	submissions []userdata.Submission        // writer by writer, first draft first, each with the draft before it
	scores      map[string]map[string]scores // draft -> rater -> criterion
	feedback    map[string]userdata.Feedback // first drafts only
}

type scores map[string]float64

func readCorpus(ctx context.Context, dir fs.FS) (*corpus, error) {
	c := &corpus{scores: map[string]map[string]scores{}, feedback: map[string]userdata.Feedback{}}
	err := errors.Join(c.readRubric(dir), c.readEssays(ctx, dir), c.readScores(ctx, dir), c.readFeedback(ctx, dir))
	if err != nil {
		return nil, fmt.Errorf("-data: %w", err)
	}
	return c, nil
}

func (c *corpus) readRubric(dir fs.FS) error {
	raw, err := fs.ReadFile(dir, "rubric.json")
	if err != nil {
		return err
	}
	var file struct {
		Assignment string
		Scale      userdata.Scale
		Criteria   []struct {
			ID, Name string
			Levels   map[string]string
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return fmt.Errorf("rubric.json: %w", err)
	}
	c.assignment = userdata.Assignment{
		ID: assignmentID, Prompt: file.Assignment, Rubric: "argrewrite", Genre: userdata.Argumentative,
	}
	c.rubric = userdata.Rubric{ID: "argrewrite"}
	for _, f := range file.Criteria {
		one := userdata.Criterion{ID: f.ID, Name: f.Name, Scale: file.Scale}
		for _, score := range slices.Sorted(maps.Keys(f.Levels)) {
			v, err := strconv.ParseFloat(score, 64)
			if err != nil {
				return fmt.Errorf("rubric.json: criterion %s: level %q is not a number", f.ID, score)
			}
			one.Levels = append(one.Levels, userdata.Level{Score: v, Descriptor: f.Levels[score]})
		}
		c.rubric.Criteria = append(c.rubric.Criteria, one)
	}
	return nil
}

func (c *corpus) readEssays(ctx context.Context, dir fs.FS) error {
	type essay struct {
		ID     string `json:"id"`
		Writer string `json:"writer"`
		Draft  int    `json:"draft"`
		Text   string `json:"text"`
	}
	essays, err := values(userdata.JSONL[essay](dir, "essays.jsonl").Read(ctx))
	if err != nil {
		return err
	}
	slices.SortStableFunc(essays, func(a, b essay) int { return a.Draft - b.Draft })
	latest := map[string]userdata.Submission{}
	for _, e := range essays {
		s := userdata.Submission{ID: e.ID, Assignment: assignmentID, Student: e.Writer, Draft: e.Draft, Text: e.Text}
		if prior, ok := latest[e.Writer]; ok {
			s.Prior, s.PriorDraft = prior.ID, &prior
		}
		latest[e.Writer] = s
		c.submissions = append(c.submissions, s)
	}
	return nil
}

func (c *corpus) readScores(ctx context.Context, dir fs.FS) error {
	table, err := userdata.NewTable(dir, "scores.csv")
	if err != nil {
		return err
	}
	rows, err := collect(table.Rows(ctx, "essay_id", "rater"))
	if err != nil {
		return err
	}
	for _, row := range rows {
		id, given := row.Get("essay_id"), scores{}
		for _, criterion := range c.rubric.Criteria {
			v, err := row.Number(criterion.ID)
			if err != nil {
				return err
			}
			given[criterion.ID] = v
		}
		if c.scores[id] == nil {
			c.scores[id] = map[string]scores{}
		}
		c.scores[id][row.Get("rater")] = given
	}
	return nil
}

func (c *corpus) readFeedback(ctx context.Context, dir fs.FS) error {
	type feedback struct {
		Essay        string           `json:"essay_id"`
		Writer       string           `json:"writer"`
		Strengths    []userdata.Point `json:"strengths"`
		Improvements []userdata.Point `json:"improvements"`
	}
	all, err := values(userdata.JSONL[feedback](dir, "feedback.jsonl").Read(ctx))
	if err != nil {
		return err
	}
	for _, f := range all {
		c.feedback[f.Essay] = userdata.Feedback{
			Submission: f.Essay, Author: "expert", Strengths: f.Strengths, Improvements: f.Improvements,
		}
	}
	return nil
}

// values reads a source without the places of its records.
func values[T any](seq iter.Seq2[userdata.Record[T], error]) ([]T, error) {
	records, err := collect(seq)
	out := make([]T, len(records))
	for i, r := range records {
		out[i] = r.Value
	}
	return out, err
}
