package exemplarllm

import (
	"math"
	"slices"
)

// shown is the value that an example shows at one place of the reply.
type shown struct {
	example int
	value   any            // a decoded JSON value
	parent  map[string]any // the object that holds the value; nil where none does
	level   float64        // the example's own number that goes with the value; NaN where there is none
}

// scope is what is known about a place of the reply when it is filled.
type scope struct {
	shown     []shown
	level     float64 // the predicted number that goes with the place; NaN where there is none
	tolerance float64 // numbers no further apart than this are equal
	picks     []int   // the enum values of the items of an array, where its siblings had a say
}

// filler fills the places of one reply. It belongs to one request.
type filler struct {
	predictor Predictor
	target    document
	plain     string // the words of the target, by which copies are found
	examples  []document
	between   [][]float64 // similarity of the examples to each other
	toTarget  []float64   // similarity of the examples to the target
	weights   []float64   // say of the examples: their similarity, or the same where nothing is similar
	lexicon   lexicon
	quotes    map[*schema]bool // the texts that are quotations
	sentences []sentence       // of the target
}

// document is a shown text as the predictors and the search for copies see it.
type document struct {
	spaced   string // the text with every run of white space as one space
	features features
	terms    []term
}

func newFiller(shown conversation, p Predictor) *filler {
	f := &filler{predictor: p, lexicon: lexicon{words: map[string]int{}}, quotes: map[*schema]bool{}}
	f.target, f.plain = f.read(shown.target), plainWords(shown.target)
	texts := [][]term{f.target.terms}
	for _, e := range shown.examples {
		d := f.read(e.text)
		f.examples = append(f.examples, d)
		texts = append(texts, d.terms)
	}
	f.lexicon.weigh(texts)
	f.between = make([][]float64, len(f.examples))
	for i, d := range f.examples {
		f.toTarget = append(f.toTarget, cosine(f.target.terms, d.terms))
		f.between[i] = make([]float64, len(f.examples))
		for j, other := range f.examples[:i] {
			f.between[i][j] = cosine(d.terms, other.terms)
			f.between[j][i] = f.between[i][j]
		}
	}
	f.weights = f.toTarget
	if !slices.ContainsFunc(f.toTarget, func(w float64) bool { return w > 0 }) {
		f.weights = slices.Repeat([]float64{1}, len(f.examples))
	}
	f.sentences = splitSentences(shown.target)
	return f
}

func (f *filler) read(text string) document {
	words := splitWords(text)
	terms := f.lexicon.count(words)
	return document{spaced: singleSpaced(text), features: measure(text, words, len(terms)), terms: terms}
}

// reply returns the JSON of a whole reply, from those of the examples.
func (f *filler) reply(s *schema, replies []shown) string {
	f.findQuotes(s, replies)
	return string(appendValue(nil, f.fill(s, scope{shown: replies, level: math.NaN()})))
}

// fill returns the value for a place.
func (f *filler) fill(s *schema, sc scope) any {
	if s.null(sc) {
		return nil
	}
	if s.kind != kindChoice { // null may be one of the choices
		sc.shown = slices.DeleteFunc(slices.Clone(sc.shown), func(v shown) bool { return v.value == nil })
	}
	switch s.kind {
	case kindNumber:
		return f.predict(s, sc)
	case kindObject:
		return f.fillObject(s, sc)
	case kindArray:
		return f.fillArray(s, sc)
	case kindChoice:
		return f.vote(s, sc)
	default:
		return f.fillText(s, sc)
	}
}

// null reports whether a place is null, as it is in more than half of the examples.
func (s *schema) null(sc scope) bool {
	nulls := 0
	for _, v := range sc.shown {
		if v.value == nil {
			nulls++
		}
	}
	return s.nullable && 2*nulls > len(sc.shown)
}

// fillObject fills the numbers first, for they decide which texts fit, and then what holds numbers of its own.
func (f *filler) fillObject(s *schema, sc scope) object {
	children := make([]scope, len(s.properties))
	written := make([]bool, len(s.properties))
	for i, p := range s.properties {
		children[i], written[i] = sc.property(p)
	}
	f.planArrays(s, children, written)
	values := make([]any, len(s.properties))
	for _, i := range fillOrder(s) {
		if written[i] {
			values[i] = f.fill(s.properties[i].schema, withLevel(s, i, children, values))
		}
	}
	o := object{}
	for i, p := range s.properties {
		if written[i] {
			o = append(o, member{p.name, values[i]})
		}
	}
	return o
}

// fillOrder returns the numbers of the properties: numbers, objects and arrays, the rest.
func fillOrder(s *schema) []int {
	var order []int
	for _, kinds := range [][]kind{{kindNumber}, {kindObject, kindArray}, {kindChoice, kindText}} {
		for i, p := range s.properties {
			if slices.Contains(kinds, p.schema.kind) {
				order = append(order, i)
			}
		}
	}
	return order
}

// property returns what is known about a property of the object at sc, and whether it is written at all.
func (sc scope) property(p property) (scope, bool) {
	child := scope{level: sc.level, tolerance: sc.tolerance}
	absent := 0
	for _, v := range sc.shown {
		o, ok := v.value.(map[string]any)
		if !ok {
			continue
		}
		value, ok := o[p.name]
		if !ok {
			absent++
			continue
		}
		child.shown = append(child.shown, shown{example: v.example, value: value, parent: o, level: v.level})
	}
	return child, p.required || absent <= len(child.shown)
}

// predict returns the number for a place, from the examples that show one on its scale.
func (f *filler) predict(s *schema, sc scope) number {
	in := sample{target: f.target.features}
	var from []int
	for _, v := range sc.shown {
		if y, ok := v.value.(float64); ok && s.scale.holds(y) {
			from = append(from, v.example)
			in.scores = append(in.scores, y)
		}
	}
	if len(from) == 0 {
		return s.scale.middle()
	}
	for _, i := range from {
		in.features = append(in.features, f.examples[i].features)
		in.toTarget = append(in.toTarget, f.toTarget[i])
		row := make([]float64, len(from))
		for j, other := range from {
			row[j] = f.between[i][other]
		}
		in.between = append(in.between, row)
	}
	p := f.predictor
	if p == "" {
		p = choose(in)
	}
	_, low, high := in.center(target)
	return s.scale.nearest(p.predict(in, target), low, high)
}

// vote returns the choice with the greatest weight of examples, the first of several.
func (f *filler) vote(s *schema, sc scope) any {
	votes := make([]float64, len(s.choices))
	for _, v := range sc.shown {
		if i := s.choiceOf(v.value); i >= 0 {
			votes[i] += f.weights[v.example]
		}
	}
	best := 0
	for i := range votes {
		if votes[i] > votes[best] {
			best = i
		}
	}
	return s.choices[best].literal
}

// choiceOf returns the number of the choice that a decoded value is, or -1.
func (s *schema) choiceOf(v any) int {
	key := keyOf(v)
	return slices.IndexFunc(s.choices, func(c choice) bool { return c.key == key })
}
