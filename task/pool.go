package task

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/retrieval"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// graded is an exemplar that a kind of task can show, with what it is ordered by.
type graded struct {
	userdata.Exemplar
	id    string
	order float64
}

// pools hold the exemplars that one kind of task can show, by assignment and in the order of their scores.
type pools struct {
	byAssignment map[string][]graded
	byID         map[string]graded
	partial      map[string]bool     // assignments some of whose graded work cannot be shown
	chains       chains              // of all graded work
	copies       map[string][]string // words of a text -> the graded submissions that consist of them
}

func newPools(past []userdata.Exemplar, scales userdata.Scales, k kind) *pools {
	p := &pools{
		byAssignment: map[string][]graded{}, byID: map[string]graded{}, partial: map[string]bool{},
		chains: chains{}, copies: map[string][]string{},
	}
	for i, e := range past {
		p.chains.join(e.Submission.DraftIDs())
		text := words(e.Submission.Text)
		p.copies[text] = append(p.copies[text], e.Submission.ID)
		a := e.Submission.Assignment
		if !k.usable(e, scales.Criteria[a]) {
			p.partial[a] = true
			continue
		}
		g := graded{Exemplar: e, id: exemplarID(i), order: k.order(e)}
		p.byAssignment[a] = append(p.byAssignment[a], g)
		p.byID[g.id] = g
	}
	for _, pool := range p.byAssignment {
		slices.SortStableFunc(pool, func(a, b graded) int {
			return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.Submission.ID, b.Submission.ID))
		})
	}
	return p
}

// words is a text up to its white space: a copy that went through another program still is one.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }

// hidden returns what must not be shown for sub: itself, drafts in its chain, copies of any of them under another ID with the chains of
// those, and other work of the same student.
func (p *pools) hidden(sub userdata.Submission) func(graded) bool {
	own := map[string]bool{}
	for _, id := range sub.DraftIDs() {
		own[p.chains.of(id)] = true
	}
	for d := &sub; d != nil; d = d.PriorDraft {
		for _, id := range p.copies[words(d.Text)] {
			own[p.chains.of(id)] = true
		}
	}
	return func(g graded) bool {
		return own[p.chains.of(g.Submission.ID)] || sub.Student != "" && g.Submission.Student == sub.Student
	}
}

// of returns what may be shown for sub, in the order of scores.
func (p *pools) of(sub userdata.Submission) []graded {
	return slices.DeleteFunc(slices.Clone(p.byAssignment[sub.Assignment]), p.hidden(sub))
}

// scope is what [pools.of] returns, as a scope of the index. It names all work of the assignment that can be shown and excludes from that:
// the index keeps the statistics of what is named, which are the same for every submission.
func (p *pools) scope(sub userdata.Submission) retrieval.Scope {
	s := retrieval.Scope{Assignment: sub.Assignment}
	pool, hidden := p.byAssignment[sub.Assignment], p.hidden(sub)
	if p.partial[sub.Assignment] {
		s.Documents = []string{} // nil would name everything
		for _, g := range pool {
			s.Documents = append(s.Documents, g.id)
		}
	}
	for _, g := range pool {
		if hidden(g) {
			s.ExcludeDocuments = append(s.ExcludeDocuments, g.id)
		}
	}
	return s
}

// chains join the drafts of one piece of work, however much of its chain each draft carries: every ID leads to another one of its chain, and at
// last to the one that stands for all.
type chains map[string]string

func (c chains) of(id string) string {
	for next, ok := c[id]; ok; next, ok = c[id] {
		id = next
	}
	return id
}

func (c chains) join(ids []string) {
	for _, id := range ids[1:] {
		if a, b := c.of(ids[0]), c.of(id); a != b {
			c[b] = a
		}
	}
}
