package task

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// MaxBytes is the size of the largest submission that a task reads: about 40,000 words, beyond any school essay.
const MaxBytes = 256 << 10

// begin returns the maker of the first stage: it checks the submission and looks up what belongs to its assignment.
func (w wiring) begin(n *pipeline.Needs) maker[pipeline.Stage[userdata.Submission, Draft]] {
	scales := pipeline.Need(n, w.r.scales)
	assignments := needIf(n, w.spec.Inputs.AssignmentPrompt, w.r.assignments)
	rubrics := needIf(n, w.spec.Inputs.Rubric, w.r.rubrics)
	return func(context.Context) (pipeline.Stage[userdata.Submission, Draft], error) {
		b := beginning{spec: w.spec, scales: scales(), assignments: map[string]*userdata.Assignment{}, rubrics: map[string]*userdata.Rubric{}}
		for _, a := range assignments() {
			b.assignments[a.ID] = &a
		}
		for _, r := range rubrics() {
			b.rubrics[r.ID] = &r
		}
		return pipeline.Fn(b.run), nil
	}
}

// needIf declares a need only when an input is on; otherwise the getter gives nothing, and nothing is planned or read.
func needIf[T any](n *pipeline.Needs, on bool, a pipeline.Asset[[]T]) func() []T {
	if !on {
		return func() []T { return nil }
	}
	return pipeline.Need(n, a)
}

type beginning struct {
	spec        Spec
	scales      userdata.Scales
	assignments map[string]*userdata.Assignment
	rubrics     map[string]*userdata.Rubric
}

func (b beginning) run(_ context.Context, s userdata.Submission) (Draft, error) {
	if err := b.check(s); err != nil {
		return Draft{}, err
	}
	d := Draft{Submission: s, Assignment: b.assignments[s.Assignment]}
	d.Rubric = b.rubrics[b.scales.Rubrics[s.Assignment]]
	d.Prediction.Provenance.Task = b.spec.Name
	return d, nil
}

// check refuses what no step could work on. All problems of the submission are named at once.
func (b beginning) check(s userdata.Submission) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if strings.TrimSpace(s.Text) == "" {
		bad("text: the submission is empty; want the student's writing")
	} else if problem := unreadable(s.Text); problem != "" {
		bad("text: %s", problem)
	}
	if p := s.PriorDraft; p != nil && b.spec.Inputs.PriorDraft {
		if problem := unreadable(p.Text); problem != "" {
			bad("prior_draft: %s", problem)
		}
	}
	if problem := wrongTarget(s); problem != "" {
		bad("target: %s", problem)
	}
	if _, known := b.scales.Rubrics[s.Assignment]; !known {
		bad("assignment: %q is not one of the class; want one of %q", s.Assignment, slices.Sorted(maps.Keys(b.scales.Rubrics)))
	}
	return errors.Join(errs...)
}

// unreadable says why no model should be sent a text; empty when it can be.
func unreadable(text string) string {
	switch {
	case len(text) > MaxBytes:
		return fmt.Sprintf("%d bytes; want at most %d", len(text), MaxBytes)
	case !utf8.ValidString(text):
		return "not valid UTF-8; decode the file with the encoding that it was saved in"
	case strings.ContainsRune(text, 0):
		return "contains a NUL byte; is this a text file?"
	}
	return ""
}

// wrongTarget says why the target of a submission is not a passage of it; empty when it is, or when there is none.
func wrongTarget(s userdata.Submission) string {
	t := s.Target
	switch {
	case t == nil:
		return ""
	case !t.Located() && t.Quote != "":
		return fmt.Sprintf("%q is quoted but not located; want start and end, as userdata.Locate finds them", t.Quote)
	case t.Start < 0 || t.End > len(s.Text) || t.Start >= t.End:
		return fmt.Sprintf("bytes %d to %d are not a passage of a text of %d bytes", t.Start, t.End, len(s.Text))
	case !utf8.RuneStart(s.Text[t.Start]) || t.End < len(s.Text) && !utf8.RuneStart(s.Text[t.End]):
		return fmt.Sprintf("bytes %d to %d cut a character in two", t.Start, t.End)
	}
	passage := s.Text[t.Start:t.End]
	if strings.TrimSpace(passage) == "" {
		return fmt.Sprintf("bytes %d to %d are empty", t.Start, t.End)
	}
	if t.Quote != "" && t.Quote != passage {
		return fmt.Sprintf("bytes %d to %d read %q, not %q", t.Start, t.End, passage, t.Quote)
	}
	return ""
}

// shown returns the part of a submission that a task may see, and where it begins.
func (s Spec) shown(sub userdata.Submission) (text string, offset int) {
	if s.Inputs.EssayContext || sub.Target == nil {
		return sub.Text, 0
	}
	return sub.Text[sub.Target.Start:sub.Target.End], sub.Target.Start
}
