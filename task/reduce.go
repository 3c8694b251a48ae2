package task

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gloss-sdk/gloss/task/userdata"
)

// reduce makes one answer of the samples of each question. Samples that cannot be read are left out as long as more than half are left.
func reduce(readings []reading, spec Spec, scales userdata.Scales, assignment string) ([]answer, []Flag, error) {
	if spec.Technique.Samples == nil {
		answers := make([]answer, len(readings))
		for i, r := range readings {
			answers[i] = r.Answer
		}
		return answers, nil, nil
	}
	f := form{holistic: scales.Holistic[assignment], criteria: scales.Criteria[assignment]}
	var answers []answer
	var flags []Flag
	for group := range slices.Chunk(readings, spec.Technique.Samples.N) {
		var read []answer
		var lost error
		for _, r := range group {
			if r.err != nil {
				lost = cmp.Or(lost, r.err)
				continue
			}
			read = append(read, r.Answer)
		}
		if 2*len(read) <= len(group) {
			return nil, nil, fmt.Errorf("%d of %d samples cannot be read: %w", len(group)-len(read), len(group), lost)
		}
		if lost != nil {
			flags = append(flags, Flag{Kind: FlagSampleLost, Criterion: group[0].criterion(), Detail: fmt.Sprintf("%d of %d samples", len(group)-len(read), len(group))})
		}
		one, more := reduceSamples(read, spec, f)
		answers, flags = append(answers, one), append(flags, more...)
	}
	return answers, flags, nil
}

func reduceSamples(samples []answer, spec Spec, f form) (answer, []Flag) {
	if spec.Technique.Samples.Reduce == ReduceMedoid {
		return medoid(samples), nil
	}
	out := samples[0]
	var flags []Flag
	out.Feedback.Scores = slices.Clone(out.Feedback.Scores)
	for i := range out.Feedback.Scores {
		values := make([]float64, len(samples))
		for j, s := range samples {
			values[j] = s.Feedback.Scores[i].Value
		}
		score, agreeing := reduceScore(values, spec.Technique.Samples.Reduce, f.scale(out.Feedback.Scores[i].Criterion))
		out.Feedback.Scores[i] = samples[nearest(values, score)].Feedback.Scores[i]
		out.Feedback.Scores[i].Value = score
		if 2*agreeing < len(values) {
			flags = append(flags, Flag{Kind: FlagSamplesDisagree, Criterion: out.Feedback.Scores[i].Criterion,
				Detail: fmt.Sprintf("%d of %d samples gave %v", agreeing, len(values), score)})
		}
	}
	return out, flags
}

// reduceScore returns the score that values come to, and how many of them are that score.
func reduceScore(values []float64, how Reduction, scale userdata.Scale) (score float64, agreeing int) {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	middle := (sorted[(n-1)/2] + sorted[n/2]) / 2
	switch how {
	case ReduceMean:
		sum := 0.0
		for _, v := range sorted {
			sum += v
		}
		score = scale.Round(sum / float64(n))
	case ReduceMajority:
		score = mostFrequent(sorted, middle)
	default:
		score = scale.Round(middle)
	}
	for _, v := range values {
		if v == score {
			agreeing++
		}
	}
	return score, agreeing
}

// mostFrequent returns the most frequent of sorted values; of several, the one nearest to the middle, and of those the lower one.
func mostFrequent(sorted []float64, middle float64) float64 {
	best, most := sorted[0], 0
	for i := 0; i < len(sorted); {
		j := i
		for j < len(sorted) && sorted[j] == sorted[i] {
			j++
		}
		if j-i > most || j-i == most && math.Abs(sorted[i]-middle) < math.Abs(best-middle) {
			best, most = sorted[i], j-i
		}
		i = j
	}
	return best
}

// nearest returns the index of the first value that is nearest to score.
func nearest(values []float64, score float64) int {
	best := 0
	for i, v := range values {
		if math.Abs(v-score) < math.Abs(values[best]-score) {
			best = i
		}
	}
	return best
}

// medoid returns the sample whose criteria agree most with those of the others; of several, the first one.
func medoid(samples []answer) answer {
	raised := make([]map[string]bool, len(samples))
	for i, s := range samples {
		raised[i] = map[string]bool{}
		for _, p := range s.Feedback.Strengths {
			raised[i]["+"+p.Criterion] = true
		}
		for _, p := range s.Feedback.Improvements {
			raised[i]["-"+p.Criterion] = true
		}
	}
	best, most := 0, -1.0
	for i := range samples {
		sum := 0.0
		for j := range samples {
			sum += jaccard(raised[i], raised[j])
		}
		if sum > most+1e-12 {
			best, most = i, sum
		}
	}
	return samples[best]
}

// jaccard is the share of two sets that they have in common; two empty ones are alike.
func jaccard(a, b map[string]bool) float64 {
	common := 0
	for k := range a {
		if b[k] {
			common++
		}
	}
	if union := len(a) + len(b) - common; union > 0 {
		return float64(common) / float64(union)
	}
	return 1
}
