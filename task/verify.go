package task

import (
	"context"
	"fmt"
	"slices"

	"github.com/gloss-sdk/gloss/task/userdata"
)

// verify locates every quotation of the prediction in what was shown of the submission. One that is not there stays, without a place, and
// is flagged: a reader must see that the model made it up.
func (w wiring) verify(_ context.Context, d Draft) (Draft, error) {
	v := verifier{spec: w.spec, draft: d}
	f := d.Prediction.Feedback
	f.Scores = slices.Clone(f.Scores)
	for i := range f.Scores {
		f.Scores[i].Evidence = slices.Clone(f.Scores[i].Evidence)
		for j := range f.Scores[i].Evidence {
			v.locate(&f.Scores[i].Evidence[j], f.Scores[i].Criterion)
		}
	}
	f.Comments = slices.Clone(f.Comments)
	for i := range f.Comments {
		if a := f.Comments[i].Anchor; a != nil {
			anchor := *a
			v.locate(&anchor, f.Comments[i].Criterion)
			f.Comments[i].Anchor = &anchor
		}
	}
	v.draft.Prediction.Feedback = f
	return v.draft, nil
}

type verifier struct {
	spec  Spec
	draft Draft
}

func (v *verifier) locate(span *userdata.Span, criterion string) {
	text, offset := v.spec.shown(v.draft.Submission)
	found, ok := userdata.Locate(text, span.Quote)
	if !ok {
		v.draft = v.draft.flag(FlagUngroundedQuote, criterion, fmt.Sprintf("%q is not in the submission", span.Quote))
		*span = userdata.Span{Quote: span.Quote}
		return
	}
	*span = userdata.Span{Start: found.Start + offset, End: found.End + offset, Quote: found.Quote}
}
