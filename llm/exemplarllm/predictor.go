package exemplarllm

// Predictor names a way to predict a number from the examples shown.
//
// A model chooses for each number: [FeatureRidge] from ten examples up and [LengthRidge] below, unless the sum of squared
// leave-one-out errors of another predictor is more than 20 % smaller.
type Predictor string

// The predictors. Both ridges standardize by the examples' own mean and standard deviation, and every prediction stays in
// the range of the scores shown.
const (
	// LengthRidge is a ridge regression on ln(1+words), with a penalty of .25 per example.
	LengthRidge Predictor = "length_ridge"
	// FeatureRidge is a ridge regression on six features, with a penalty of .3 per example: ln(1+words), ln(1+distinct words),
	// words per sentence, mean word length, share of words of seven letters and more, commas per 100 words.
	FeatureRidge Predictor = "feature_ridge"
	// Neighbors is the mean score of the examples weighted by the similarity of their texts, which is the cosine of TF-IDF
	// vectors over the texts shown.
	Neighbors Predictor = "neighbors"
)

const (
	// manyExamples is the number of examples from which the six features are worth their variance.
	manyExamples = 10
	// clearGain is what the leave-one-out error of another predictor must fall below, as a share of the error of the preferred
	// ridge. The error of a few examples is noisy, so a small gain is mostly luck, and predictions of neighbors are shrunken: they
	// win on squared error before they win on rank agreement.
	clearGain = .8
)

// sample is what a predictor sees of one field: the examples that show a score there, and the target. Every predictor takes
// the number of the held text, whose score it predicts from the other examples; [target] holds the target and uses them all.
type sample struct {
	features []features
	scores   []float64
	target   features
	toTarget []float64   // similarity to the target, by example
	between  [][]float64 // similarity of the examples to each other
}

// target is the number of the text to predict.
const target = -1

func (s sample) text(held int) features {
	if held == target {
		return s.target
	}
	return s.features[held]
}

// others returns the number of examples other than the held one.
func (s sample) others(held int) int {
	if held == target {
		return len(s.scores)
	}
	return len(s.scores) - 1
}

// center returns the mean score of the examples other than the held one, and their range.
func (s sample) center(held int) (mean, low, high float64) {
	first := true
	for i, y := range s.scores {
		if i == held {
			continue
		}
		if first {
			low, high, first = y, y, false
		}
		mean += y
		low, high = min(low, y), max(high, y)
	}
	return mean / float64(s.others(held)), low, high
}

func (p Predictor) predict(s sample, held int) float64 {
	switch p {
	case LengthRidge:
		return lengthRidge().predict(s, held)
	case Neighbors:
		return neighbors(s, held)
	default:
		return featureRidge().predict(s, held)
	}
}

// lossOf returns the sum of squared errors with which p predicts every example from the others.
func (p Predictor) lossOf(s sample) float64 {
	loss := 0.0
	for i, y := range s.scores {
		e := p.predict(s, i) - y
		loss += e * e
	}
	return loss
}

// choose returns the predictor for s: the ridge that suits the number of examples, unless another predictor is clearly better
// at predicting each example from the others.
func choose(s sample) Predictor {
	chosen, other := LengthRidge, FeatureRidge
	if len(s.scores) >= manyExamples {
		chosen, other = other, chosen
	}
	if len(s.scores) < 3 {
		return chosen // with one example left, every predictor repeats its score
	}
	loss := chosen.lossOf(s)
	for _, p := range []Predictor{other, Neighbors} {
		if l := p.lossOf(s); l < clearGain*loss {
			chosen, loss = p, l
		}
	}
	return chosen
}
