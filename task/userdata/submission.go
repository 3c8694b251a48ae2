package userdata

import "time"

// Submission is one text by one student: the input of every task.
type Submission struct {
	ID string `json:"id"`
	// Assignment is the ID of the assignment that it answers.
	Assignment string `json:"assignment,omitempty"`
	// Student is the pseudonym of the writer; empty when unknown.
	Student string `json:"student,omitempty"`
	Text    string `json:"text"`
	// Draft counts the drafts of one piece of work from 1; 0 means 1.
	Draft int `json:"draft,omitempty"`
	// Prior is the ID of the draft before this one.
	Prior string `json:"prior,omitempty"`
	// PriorDraft is the draft before this one itself, so that a submission carries its chain wherever it goes. Readers of a class fill it.
	PriorDraft  *Submission `json:"prior_draft,omitempty"`
	SubmittedAt time.Time   `json:"submitted_at,omitzero"`
	// Target is the passage that feedback is asked for; nil means the whole text.
	Target *Span `json:"target,omitempty"`
}

// ItemID returns the submission's ID, which names it in results and records.
func (s Submission) ItemID() string { return s.ID }

// DraftIDs returns the IDs of s and of every earlier draft that its chain names, carried or not.
func (s Submission) DraftIDs() []string {
	var ids []string
	for d := &s; d != nil; d = d.PriorDraft {
		ids = append(ids, d.ID)
		if d.Prior != "" && (d.PriorDraft == nil || d.PriorDraft.ID != d.Prior) {
			ids = append(ids, d.Prior)
		}
	}
	return ids
}

// Span is a passage of a submission: the bytes [Start, End) of its text, which read Quote. A span whose End is 0 has been quoted but
// not located yet; see [Locate].
type Span struct {
	Start int    `json:"start,omitempty"`
	End   int    `json:"end,omitempty"`
	Quote string `json:"quote,omitempty"`
}

// Located reports whether the span has a place in a text.
func (s Span) Located() bool { return s.End > s.Start }
