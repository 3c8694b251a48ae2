package exemplarllm

import "math"

// withLevel returns the scope of property i with the number that goes with it: that of the closest number beside it, or else,
// for a text, the mean of the numbers inside its siblings, or else what goes with the object as a whole. Numbers and what is
// inside the siblings have been filled already.
func withLevel(s *schema, i int, children []scope, values []any) scope {
	sc := children[i]
	if s.properties[i].schema.kind == kindNumber {
		return sc
	}
	if j := closestNumber(i, values); j >= 0 {
		sc.level = values[j].(number).value //nolint:errcheck // closestNumber returns the place of a number
		sc.tolerance = tolerance(s.properties[j].schema, children[j])
		sc.shown = relevel(sc.shown, func(parent map[string]any) float64 {
			if y, ok := parent[s.properties[j].name].(float64); ok {
				return y
			}
			return math.NaN()
		})
		return sc
	}
	if s.properties[i].schema.kind != kindText {
		return sc
	}
	if level := meanOf(numbersIn(nil, array(values))); !math.IsNaN(level) {
		sc.level, sc.tolerance = level, 0
		sc.shown = relevel(sc.shown, func(parent map[string]any) float64 { return meanOf(numbersAt(nil, s, parent)) })
	}
	return sc
}

// closestNumber returns the place of the number closest to property i, the earlier of two, or -1.
func closestNumber(i int, values []any) int {
	for d := 1; d < len(values); d++ {
		for _, j := range []int{i - d, i + d} {
			if j >= 0 && j < len(values) {
				if _, ok := values[j].(number); ok {
					return j
				}
			}
		}
	}
	return -1
}

// tolerance returns how far two numbers at a place may lie apart and go with the same text: not at all on a scale with steps, a
// tenth of the range shown on one without.
func tolerance(s *schema, sc scope) float64 {
	if s.scale.step != nil || len(s.scale.listed) > 0 {
		return 0
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range sc.shown {
		if y, ok := v.value.(float64); ok {
			low, high = min(low, y), max(high, y)
		}
	}
	return max(0, high-low) / 10
}

func relevel(values []shown, level func(parent map[string]any) float64) []shown {
	out := make([]shown, len(values))
	for i, v := range values {
		v.level = level(v.parent)
		out[i] = v
	}
	return out
}

// numbersIn appends the numbers in a filled value.
func numbersIn(dst []float64, v any) []float64 {
	switch v := v.(type) {
	case number:
		dst = append(dst, v.value)
	case object:
		for _, m := range v {
			dst = numbersIn(dst, m.value)
		}
	case array:
		for _, item := range v {
			dst = numbersIn(dst, item)
		}
	}
	return dst
}

// numbersAt appends the numbers in a decoded value, in the order of its schema.
func numbersAt(dst []float64, s *schema, v any) []float64 {
	switch v := v.(type) {
	case float64:
		if s.kind == kindNumber {
			dst = append(dst, v)
		}
	case map[string]any:
		for _, p := range s.properties {
			dst = numbersAt(dst, p.schema, v[p.name])
		}
	case []any:
		for _, item := range v {
			if s.items != nil {
				dst = numbersAt(dst, s.items, item)
			}
		}
	}
	return dst
}

func meanOf(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values)) // NaN of none
}
