package userdata

import (
	"slices"
	"strconv"
	"strings"
)

// drafts are submissions that may be drafts of one another.
type drafts struct{ dataset[Submission] }

// linkDrafts returns the submissions with their targets located and each linked to the draft before it, and notes what does not fit.
func linkDrafts(submissions dataset[Submission], r *report) []Submission {
	d := drafts{submissions}
	out := make([]Submission, len(d.records))
	for i, s := range d.records {
		out[i] = s.Value
		if t := s.Value.Target; t != nil {
			span := locate(s, "target", s.Value, *t, r)
			out[i].Target = &span
		}
		if s.Value.Draft < 0 {
			r.add(s.at("draft"), "draft", strconv.Itoa(s.Value.Draft), "the number of the draft, counted from 1")
		}
		checkPriorID(s, d, r)
	}
	circular := d.cycles(r)
	for i, s := range d.records {
		if prior, ok := d.prior(i); ok && !circular[i] {
			checkDraft(s, d.records[prior].Value, r)
			out[i].PriorDraft = &out[prior]
		}
	}
	return out
}

// prior returns the index of the draft before a record. There is none for a first draft, and for one that carries its prior draft already.
func (d drafts) prior(i int) (index int, ok bool) {
	s := d.records[i].Value
	if s.PriorDraft != nil {
		return 0, false
	}
	index, ok = d.index[s.Prior]
	return index, ok
}

// cycles notes each chain of drafts that leads back to its start, once, and returns the records in it.
func (d drafts) cycles(r *report) map[int]bool {
	circular := map[int]bool{}
	walk := make([]int, len(d.records)) // the walk that came by each record first, counted from 1
	for start := range d.records {
		var chain []int
		i, ok := start, true
		for ok && walk[i] == 0 {
			walk[i] = start + 1
			chain = append(chain, i)
			i, ok = d.prior(i)
		}
		if !ok || walk[i] != start+1 {
			continue
		}
		chain = chain[slices.Index(chain, i):]
		names := make([]string, 0, len(chain)+1)
		for _, j := range append(chain, i) {
			circular[j] = true
			names = append(names, d.records[j].Value.ID)
		}
		s := d.records[i]
		r.add(s.at("prior"), "prior", s.Value.Prior, "an earlier draft; this chain never starts: "+strings.Join(names, " after "))
	}
	return circular
}

func checkPriorID(s Record[Submission], d drafts, r *report) {
	id, carried := s.Value.Prior, s.Value.PriorDraft
	switch {
	case id != "" && carried != nil && id != carried.ID:
		r.add(s.at("prior"), "prior", id, "the id of the prior draft that the submission holds, "+carried.ID)
	case id != "" && carried == nil && d.lacks(id):
		r.add(s.at("prior"), "prior", id, "the id of a submission")
	}
}

// checkDraft notes where a draft and the one before it do not fit.
func checkDraft(s Record[Submission], prior Submission, r *report) {
	v := s.Value
	if draft, before := max(v.Draft, 1), max(prior.Draft, 1); v.Draft >= 0 && draft <= before {
		r.add(s.at("draft"), "draft", strconv.Itoa(draft), "more than "+strconv.Itoa(before)+", the draft number of "+prior.ID)
	}
	if v.Student != prior.Student && v.Student != "" && prior.Student != "" {
		r.add(s.at("student"), "student", v.Student, prior.Student+", the student of its prior draft "+prior.ID)
	}
	if v.Assignment != prior.Assignment && v.Assignment != "" && prior.Assignment != "" {
		r.add(s.at("assignment"), "assignment", v.Assignment, prior.Assignment+", the assignment of its prior draft "+prior.ID)
	}
}

// locate returns where a span of a submission is, and notes a problem of the record at if it is nowhere.
func locate[T any](at Record[T], field string, s Submission, span Span, r *report) Span {
	if span.Start == 0 && span.End == 0 {
		found, ok := Locate(s.Text, span.Quote)
		switch {
		case strings.TrimSpace(span.Quote) == "":
			r.add(at.at(field), field, "", "a quote, or start and end")
		case !ok:
			r.add(at.at(field+".quote"), field+".quote", span.Quote, "words of submission "+s.ID+" as they stand there")
		}
		return found
	}
	if span.Start < 0 || span.End <= span.Start || span.End > len(s.Text) || !runeBoundaries(s.Text, span) {
		value := strconv.Itoa(span.Start) + " to " + strconv.Itoa(span.End)
		r.add(at.at(field), field, value, "bytes between 0 and "+strconv.Itoa(len(s.Text))+", not inside a character, start before end")
		return span
	}
	words := s.Text[span.Start:span.End]
	if span.Quote != "" && span.Quote != words {
		r.add(at.at(field+".quote"), field+".quote", span.Quote, "what submission "+s.ID+" has from start to end, "+strconv.Quote(words))
	}
	span.Quote = words
	return span
}
