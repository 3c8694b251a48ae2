package exemplarllm

import (
	"slices"
	"strings"
)

// tally counts the enum values that the items of an array are for, such as the criteria that a teacher raises.
type tally struct {
	choices []choice
	count   int // items to fill
	least   int // items that the schema demands
	means   []float64
	repeats bool           // the examples commonly raise a value more than once
	raised  map[int][]bool // by example: the values that it raises
	picks   []int
}

// key returns the place of the property whose enum tells items of this schema apart: the one with the most values, the first of
// several. It is -1 for items that are such an enum themselves.
func (s *schema) key() (place int, ok bool) {
	if s.tellsApart() {
		return -1, true
	}
	most := 0
	for i, p := range s.properties {
		if p.schema.tellsApart() && len(p.schema.choices) > most {
			place, ok, most = i, true, len(p.schema.choices)
		}
	}
	return place, ok
}

// tellsApart reports whether s is an enum of at least two strings.
func (s *schema) tellsApart() bool {
	return s.kind == kindChoice && len(s.choices) > 1 &&
		!slices.ContainsFunc(s.choices, func(c choice) bool { return !strings.HasPrefix(c.key, `"`) })
}

// keyChoices returns the values of the enum that tells items of this schema apart.
func (s *schema) keyChoices() []choice {
	if place, _ := s.key(); place >= 0 {
		return s.properties[place].schema.choices
	}
	return s.choices
}

// raised returns the enum value that a shown item is for, or -1.
func (s *schema) raised(item any) int {
	place, _ := s.key()
	if place < 0 {
		return s.choiceOf(item)
	}
	o, _ := item.(map[string]any)
	v, ok := o[s.properties[place].name]
	if !ok {
		return -1
	}
	return s.properties[place].schema.choiceOf(v)
}

// tally counts the values that the shown arrays raise, the arrays of similar texts counting more.
func (f *filler) tally(s *schema, arrays []shown) *tally {
	choices := s.items.keyChoices()
	t := &tally{
		choices: choices,
		count:   s.itemCount(arrays),
		least:   s.minItems,
		means:   make([]float64, len(choices)),
		raised:  map[int][]bool{},
	}
	weights, plural, repeated := 0.0, 0, 0
	for _, v := range arrays {
		if _, ok := v.value.([]any); !ok {
			continue
		}
		counts := make([]int, len(choices))
		total := 0
		for _, item := range items([]shown{v}) {
			if c := s.items.raised(item.value); c >= 0 {
				counts[c]++
				total++
			}
		}
		weights += f.weights[v.example]
		if t.raised[v.example] == nil {
			t.raised[v.example] = make([]bool, len(choices))
		}
		for c, n := range counts {
			t.means[c] += f.weights[v.example] * float64(n)
			t.raised[v.example][c] = t.raised[v.example][c] || n > 0
		}
		if total > 1 {
			plural++
			if slices.Max(counts) > 1 {
				repeated++
			}
		}
	}
	t.repeats = 2*repeated > plural
	for c := range t.means {
		if t.means[c] > 0 {
			t.means[c] /= weights
		}
	}
	return t
}

// planArrays picks the values for the arrays beside each other, such as strengths and improvements, that share an enum.
func (f *filler) planArrays(s *schema, children []scope, written []bool) {
	planned := make([]*tally, len(children))
	for i, p := range s.properties {
		if p.schema.kind != kindArray || !written[i] || p.schema.null(children[i]) {
			continue
		}
		if _, keyed := p.schema.items.key(); keyed {
			planned[i] = f.tally(p.schema, children[i].shown)
		}
	}
	for i, t := range planned {
		if t == nil || t.picks != nil {
			continue
		}
		var group []*tally
		for _, other := range planned[i:] {
			if other != nil && other.sameChoices(t) {
				group = append(group, other)
			}
		}
		pick(group, exclusive(group))
	}
	for i, t := range planned {
		if t != nil {
			children[i].picks = t.picks
		}
	}
}

func (t *tally) sameChoices(other *tally) bool {
	return slices.EqualFunc(t.choices, other.choices, func(a, b choice) bool { return a.key == b.key })
}

// exclusive reports whether no example raises a value in two of the arrays.
func exclusive(group []*tally) bool {
	for i, t := range group {
		for example, mine := range t.raised {
			for _, other := range group[i+1:] {
				theirs := other.raised[example]
				for c := range theirs {
					if mine[c] && theirs[c] {
						return false
					}
				}
			}
		}
	}
	return true
}

// pick decides which values the items of some arrays are for, most frequent first: each item goes to the value that is raised
// most often beyond what it was given. Exclusive arrays share no value.
func pick(group []*tally, exclusive bool) {
	for _, t := range group {
		t.picks = []int{}
	}
	for {
		var best *tally
		choice, most := 0, 0.0
		for _, t := range group {
			for c, mean := range t.means {
				due := mean - float64(t.given(c))
				if !t.open(c) || exclusive && givenElsewhere(group, t, c) || best != nil && due <= most {
					continue
				}
				best, choice, most = t, c, due
			}
		}
		if best == nil {
			break
		}
		best.picks = append(best.picks, choice)
	}
	for _, t := range group {
		t.pad(group)
	}
}

// open reports whether the tally takes another item for choice c.
func (t *tally) open(c int) bool {
	return len(t.picks) < t.count && t.means[c] > 0 && (t.repeats || t.given(c) == 0)
}

// pad picks the least used values until there are as many items as the schema demands.
func (t *tally) pad(group []*tally) {
	for len(t.picks) < t.least {
		best, fewest := 0, -1
		for c := range t.choices {
			used := t.given(c) * len(t.choices)
			if givenElsewhere(group, t, c) {
				used++
			}
			if fewest < 0 || used < fewest {
				best, fewest = c, used
			}
		}
		t.picks = append(t.picks, best)
	}
}

func (t *tally) given(c int) int {
	n := 0
	for _, p := range t.picks {
		if p == c {
			n++
		}
	}
	return n
}

func givenElsewhere(group []*tally, t *tally, c int) bool {
	return slices.ContainsFunc(group, func(other *tally) bool { return other != t && other.given(c) > 0 })
}
