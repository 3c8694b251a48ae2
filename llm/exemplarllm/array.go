package exemplarllm

import (
	"math"
	"reflect"
	"slices"
)

// fillArray fills an array by what tells its items apart: an enum, their words, or their position.
func (f *filler) fillArray(s *schema, sc scope) array {
	_, keyed := s.items.key()
	switch {
	case keyed:
		if sc.picks == nil {
			t := f.tally(s, sc.shown)
			pick([]*tally{t}, false)
			sc.picks = t.picks
		}
		return f.fillKeyed(s, sc)
	case s.items.kind == kindText:
		return f.fillTexts(s, sc)
	default:
		return f.fillPositions(s, sc)
	}
}

// itemCount returns the mean number of items that the examples show, rounded, within the bounds of the array.
func (s *schema) itemCount(arrays []shown) int {
	total, n := 0, 0
	for _, v := range arrays {
		if list, ok := v.value.([]any); ok {
			total += len(list)
			n++
		}
	}
	count := s.minItems
	if n > 0 {
		count = max(count, int(math.Round(float64(total)/float64(n))))
	}
	if s.maxItems >= 0 {
		count = min(count, s.maxItems)
	}
	return count
}

// fillKeyed fills one item for every pick, from the items of that enum value: the second item of a value from the second
// ones of the examples, where they have them.
func (f *filler) fillKeyed(s *schema, sc scope) array {
	property, _ := s.items.key()
	choices := s.items.keyChoices()
	out := array{}
	for n, c := range sc.picks {
		again := 0
		for _, earlier := range sc.picks[:n] {
			if earlier == c {
				again++
			}
		}
		from := scope{shown: s.items.raisers(sc.shown, c, again), level: math.NaN()}
		if len(from.shown) == 0 {
			from.shown = s.items.raisers(sc.shown, c, 0)
		}
		from.shown = f.likeDonor(s.items, from)
		var item any = choices[c].literal
		if property >= 0 {
			item = f.fillObject(s.items, from).with(s.items.properties[property].name, item)
		}
		out = append(out, item)
	}
	return f.dropUnquoted(s, out)
}

// likeDonor keeps the items that make the same choices as the item of the best donor: a vote on each choice by itself would put the words of a
// question under the label of praise.
func (f *filler) likeDonor(s *schema, from scope) []shown {
	donors := f.donors(from)
	if len(donors) == 0 {
		return from.shown
	}
	best, _ := donors[0].value.(map[string]any) // nil where items are no objects
	return slices.DeleteFunc(slices.Clone(from.shown), func(v shown) bool {
		o, _ := v.value.(map[string]any)
		return slices.ContainsFunc(s.properties, func(p property) bool {
			return p.schema.kind == kindChoice && !reflect.DeepEqual(o[p.name], best[p.name])
		})
	})
}

// raisers returns the items that raise choice c after having raised it a number of times before in the same array.
func (s *schema) raisers(arrays []shown, c, before int) []shown {
	var out []shown
	for _, v := range arrays {
		seen := 0
		for _, item := range items([]shown{v}) {
			if s.raised(item.value) != c {
				continue
			}
			if seen == before {
				out = append(out, item)
			}
			seen++
		}
	}
	return out
}

// with sets the value of a property that the object has.
func (o object) with(name string, value any) object {
	for i := range o {
		if o[i].name == name {
			o[i].value = value
		}
	}
	return o
}

// fillTexts takes the texts of the best donor, and of the next ones where it has too few. No text is given twice.
func (f *filler) fillTexts(s *schema, sc scope) array {
	count := s.itemCount(sc.shown)
	var texts []string
	if donors := f.donors(sc); f.quotes[s.items] {
		texts = f.quoteAll(s, donors, count)
	} else {
		for _, item := range items(donors) {
			text, ok := f.usable(s.items, item.value)
			if ok && len(texts) < count && !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
	}
	for len(texts) < s.minItems {
		texts = append(texts, f.noText(s.items))
	}
	out := array{}
	for _, text := range texts {
		out = append(out, text)
	}
	return out
}

// quoteAll returns up to count sentences of the target, each for the quotation at the same position of the best donor.
func (f *filler) quoteAll(s *schema, donors []shown, count int) []string {
	var texts []string
	for n := range count {
		text := f.fillText(s.items, scope{shown: itemsAt(donors, n), level: math.NaN()})
		if text != "" && !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// fillPositions fills every item from the items at the same position.
func (f *filler) fillPositions(s *schema, sc scope) array {
	out := array{}
	for n := range s.itemCount(sc.shown) {
		out = append(out, f.fill(s.items, scope{shown: itemsAt(sc.shown, n), level: sc.level, tolerance: sc.tolerance}))
	}
	return f.dropUnquoted(s, out)
}

// dropUnquoted removes the items whose quotation is empty, as far as the array may be shorter.
func (f *filler) dropUnquoted(s *schema, list array) array {
	spare := len(list) - s.minItems
	return slices.DeleteFunc(list, func(item any) bool {
		o, ok := item.(object)
		if !ok || spare <= 0 {
			return false
		}
		drop := slices.ContainsFunc(o, func(m member) bool {
			return m.value == "" && slices.ContainsFunc(s.items.properties, func(p property) bool {
				return p.name == m.name && f.quotes[p.schema]
			})
		})
		if drop {
			spare--
		}
		return drop
	})
}

// items returns the items of arrays, one array after the other.
func items(arrays []shown) []shown {
	var out []shown
	for _, v := range arrays {
		list, _ := v.value.([]any)
		for _, item := range list {
			out = append(out, shown{example: v.example, value: item, level: v.level})
		}
	}
	return out
}

// itemsAt returns the items at a position of arrays.
func itemsAt(arrays []shown, n int) []shown {
	var out []shown
	for _, v := range arrays {
		if list, _ := v.value.([]any); n < len(list) {
			out = append(out, shown{example: v.example, value: list[n], level: v.level})
		}
	}
	return out
}
