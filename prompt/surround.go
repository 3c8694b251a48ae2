package prompt

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

const (
	// maxCandidates bounds how many JSON values are looked for in a text.
	maxCandidates = 100
	// maxRereads bounds the work on a text full of broken JSON: that many times its length is read.
	maxRereads = 32
)

var (
	thought      = regexp.MustCompile(`(?i)</(?:think|thinking|reasoning)>`)
	thinking     = regexp.MustCompile(`(?i)^\s*<(?:think|thinking|reasoning)>`)
	fenceOpening = regexp.MustCompile("(?:^|\n)[ \t]*(?:`{3,}|~{3,})[ \t]*[A-Za-z0-9_+.-]*\\s*$")
	fenceClosing = regexp.MustCompile("^\\s*(?:`{3,}|~{3,})")
)

// within finds the one JSON value in a text that fits. Thoughts come first and do not count: everything up to the last closing tag of one
// is passed over. After them the text is read from left to right; each object or list that is complete is a candidate, and what stands inside
// a candidate is none. Of the candidates exactly one may fit, or several that are equal.
func (s *Schema) within(text string, t Tolerance) (Reply, []string) {
	start := 0
	if ends := thought.FindAllStringIndex(text, -1); ends != nil {
		start = ends[len(ends)-1][1]
	} else if thinking.MatchString(text) {
		return Reply{}, []string{"not JSON: the reply ends before its thoughts do; " + wantOne}
	}
	candidates, problem := s.candidates(text, start, t)
	var found *value
	var problems []string
	for i, c := range candidates {
		if problems = s.check(c); len(problems) > 0 {
			continue
		}
		if found != nil && !reflect.DeepEqual(found.decoded, c.decoded) {
			return Reply{}, []string{"the reply holds JSON values that fit but differ; want exactly one"}
		}
		if found == nil {
			found = &candidates[i]
		}
	}
	switch {
	case found != nil:
		reply := found.reply(text)
		reply.Repairs = append(surroundings(text, *found), reply.Repairs...)
		return reply, nil
	case len(candidates) == 0:
		return Reply{}, []string{problem}
	case len(candidates) > 1:
		problems = append([]string{fmt.Sprintf("none of %d JSON values fits; of the last", len(candidates))}, problems...)
	}
	return Reply{}, problems
}

// candidates returns the complete objects and lists in text that stand in no other, from offset on. A value that does not end ends the search:
// what stands in it is a part of something else. The problem says why there are none, if there are none.
func (s *Schema) candidates(text string, offset int, t Tolerance) (out []value, problem string) {
	budget := maxRereads * len(text)
	for {
		next := strings.IndexAny(text[offset:], "{[")
		if next < 0 {
			return out, "not JSON: there is no complete JSON object or list in the reply; " + wantOne
		}
		offset += next
		v, broken := s.readValue(text, offset, t.OutOfRange)
		switch {
		case broken == "":
			offset = v.end
			out = append(out, v)
		case v.open:
			return out, broken
		default:
			budget -= v.end - offset
			offset++
		}
		if budget < 0 || len(out) > maxCandidates {
			return nil, "the reply holds too much JSON and pieces of JSON to tell which is meant; " + wantOne
		}
	}
}

// surroundings returns the repairs that taking v out of text stands for.
func surroundings(text string, v value) []Repair {
	before, after := strings.TrimSpace(text[:v.start]), strings.TrimSpace(text[v.end:])
	var repairs []Repair
	if open := fenceOpening.FindStringIndex(text[:v.start]); open != nil {
		before = strings.TrimSpace(text[:open[0]])
		if end := fenceClosing.FindStringIndex(text[v.end:]); end != nil {
			after = strings.TrimSpace(text[v.end+end[1]:])
		}
		repairs = append(repairs, Repair{Kind: Fenced})
	}
	if before != "" || after != "" {
		detail := fmt.Sprintf("%d bytes before and %d after", len(before), len(after))
		repairs = append(repairs, Repair{Kind: Surrounded, Detail: detail})
	}
	return repairs
}
