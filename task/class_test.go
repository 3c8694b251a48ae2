package task_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

const assignment = "harbor"

func assignments() []userdata.Assignment {
	return []userdata.Assignment{{
		ID: assignment, Title: "Harbor Road", Prompt: "Should Harbor Road be closed?", Rubric: "argument",
		Documents: []string{"article"}, Scale: userdata.Scale{Min: 1, Max: 6},
	}}
}

func rubrics() []userdata.Rubric {
	return []userdata.Rubric{{ID: "argument", Criteria: []userdata.Criterion{
		{ID: "thesis", Name: "Thesis", Scale: userdata.Scale{Min: 1, Max: 4}, Levels: []userdata.Level{
			{Score: 1, Label: "Missing", Descriptor: "No position."}, {Score: 4, Label: "Sharp", Descriptor: "A clear position."},
		}},
		{ID: "evidence", Description: "Facts and examples.", Scale: userdata.Scale{Min: 1, Max: 4}},
	}}}
}

func documents() []userdata.Document {
	return []userdata.Document{
		{ID: "article", Title: "Four quiet Saturdays", Kind: userdata.Reading, Assignment: assignment, Text: "The market had never been so full."},
		{ID: "notes", Title: "Arguments", Kind: userdata.LectureNotes, Text: "A fact does not speak."},
		{ID: "other", Title: "Elsewhere", Assignment: "another", Text: "Not for this assignment."},
	}
}

// graded returns n graded submissions of students s1 … sn; the i-th has score 1 + i mod 6 and words that its neighbours share.
func graded(n int) ([]userdata.Submission, []userdata.Feedback) {
	var subs []userdata.Submission
	var fs []userdata.Feedback
	for i := range n {
		id := fmt.Sprintf("p%02d", i+1)
		text := fmt.Sprintf("Essay %s says that harbor topic%d matters.%s", id, i%3, strings.Repeat(" More words follow here.", 1+i%6))
		subs = append(subs, userdata.Submission{ID: id, Assignment: assignment, Student: fmt.Sprintf("s%d", i+1), Text: text})
		score := float64(1 + i%6)
		fs = append(fs, userdata.Feedback{
			ID: "f-" + id, Submission: id, Author: "okafor",
			Scores: []userdata.Score{
				{Value: score, Rationale: "holistic " + id},
				{Criterion: "thesis", Value: 1 + float64(i%4), Rationale: "thesis " + id, Evidence: []userdata.Span{{Quote: "Essay " + id}}},
				{Criterion: "evidence", Value: 4 - float64(i%4), Rationale: "evidence " + id},
			},
			Summary:      "summary " + id,
			Strengths:    []userdata.Point{{Criterion: "thesis", Text: "strong " + id}},
			Improvements: []userdata.Point{{Criterion: "evidence", Text: "improve " + id}},
			NextSteps:    []string{"Do " + id + "."},
			Comments:     []userdata.Comment{{Kind: userdata.Question, Criterion: "evidence", Anchor: &userdata.Span{Quote: "Essay " + id}, Text: "Why " + id + "?"}},
		})
	}
	return subs, fs
}

// sources are the parts of a class, each of which counts how often it is read.
type sources struct {
	userdata.Sources
	reads map[string]*atomic.Int64
}

func counted[T any](reads map[string]*atomic.Int64, name string, values ...T) userdata.Source[T] {
	n := new(atomic.Int64)
	reads[name] = n
	src := userdata.Values(name, values...)
	return userdata.SourceFunc[T](func(ctx context.Context) iter.Seq2[userdata.Record[T], error] {
		n.Add(1)
		return src.Read(ctx)
	})
}

func classOf(subs []userdata.Submission, fs []userdata.Feedback) sources {
	reads := map[string]*atomic.Int64{}
	return sources{userdata.Sources{
		Assignments: counted(reads, "assignments", assignments()...),
		Rubrics:     counted(reads, "rubrics", rubrics()...),
		Documents:   counted(reads, "documents", documents()...),
		Submissions: counted(reads, "submissions", subs...),
		Feedback:    counted(reads, "feedback", fs...),
	}, reads}
}

func smallClass() sources { return classOf(graded(12)) }

func (s sources) using(m llm.Model) task.Resources {
	return task.Using(userdata.NewClass("9b", "okafor", s.Sources), m)
}

// answers is a model that gives a known text, one that fits the kind of task unless told otherwise, and remembers the last request.
type answers struct {
	text string
	last atomic.Pointer[llm.Request]
}

func (a *answers) Generate(_ context.Context, req llm.Request) (llm.Response, error) {
	a.last.Store(&req)
	text := a.text
	if text == "" {
		text = replyTo(task.Kind(req.Reply.Name))
	}
	return llm.Response{Text: text, Finish: llm.FinishStop, Model: "answers-1", Usage: llm.Usage{Input: 5000, Output: 2}}, nil
}

// replyTo is a reply to a task of a kind about [target].
func replyTo(k task.Kind) string {
	switch k {
	case task.KindEssayScore:
		return `{"rationale":"clear","score":4}`
	case task.KindRubricScore:
		return `{"thesis":{"quotes":["Harbor Road should be closed."],"rationale":"a position","score":3},` +
			`"evidence":{"quotes":[],"rationale":"no facts","score":1}}`
	default:
		return `{"strengths":[{"criterion":"thesis","text":"You take a side."}],"improvements":[{"criterion":"evidence","text":"Add a fact."}],` +
			`"next_steps":["Find a number."],` +
			`"comments":[{"quote":"The market was full","kind":"question","criterion":"evidence","text":"How full?"}]}`
	}
}

func target() userdata.Submission {
	return userdata.Submission{ID: "t1", Assignment: assignment, Student: "new", Text: "Harbor Road should be closed. The market was full on Saturday."}
}

// build builds a task from options.
func build(tb testing.TB, r task.Resources, k task.Kind, opts ...task.Option) (*task.Task, error) {
	tb.Helper()
	switch k {
	case task.KindEssayScore:
		return task.EssayScore(r, opts...)
	case task.KindRubricScore:
		return task.RubricScore(r, opts...)
	default:
		return task.DraftFeedback(r, opts...)
	}
}

func mustBuild(tb testing.TB, r task.Resources, k task.Kind, opts ...task.Option) *task.Task {
	tb.Helper()
	tk, err := build(tb, r, k, opts...)
	require.NoError(tb, err)
	return tk
}

// planned is the plan of an asset.
func planned(tb testing.TB, n pipeline.Node) *pipeline.Plan {
	tb.Helper()
	p, err := pipeline.NewPlan(n)
	require.NoError(tb, err)
	return p
}

// predict runs one submission through a task.
func predict(tb testing.TB, tk *task.Task, s userdata.Submission, opts ...pipeline.RunOption) (task.Prediction, error) {
	tb.Helper()
	run, err := pipeline.NewRun(append(opts, pipeline.WithInputChecks())...)
	require.NoError(tb, err)
	runner, err := pipeline.Start(tb.Context(), run, tk)
	if err != nil {
		return task.Prediction{}, err
	}
	return runner.Run(tb.Context(), s)
}

// until runs one submission through a task up to a place.
func until(tb testing.TB, tk *task.Task, p task.Place, s userdata.Submission, overrides ...pipeline.Override) (task.Draft, error) {
	tb.Helper()
	run, err := pipeline.NewRun(pipeline.WithInputChecks())
	require.NoError(tb, err)
	runner, err := pipeline.Start(tb.Context(), run.With(overrides...), tk.Until(p))
	if err != nil {
		return task.Draft{}, err
	}
	return runner.Run(tb.Context(), s)
}

// request is what a task tells the model about a submission.
func request(tb testing.TB, c sources, k task.Kind, s userdata.Submission, opts ...task.Option) llm.Request {
	tb.Helper()
	model := &answers{}
	_, err := predict(tb, mustBuild(tb, c.using(model), k, opts...), s)
	require.NoError(tb, err)
	return *model.last.Load()
}

var errUnread = errors.New("this source must not be read")

// forbidden is a source that fails when it is read.
func forbidden[T any]() userdata.Source[T] {
	return userdata.SourceFunc[T](func(context.Context) iter.Seq2[userdata.Record[T], error] {
		return func(yield func(userdata.Record[T], error) bool) { yield(userdata.Record[T]{}, errUnread) }
	})
}
