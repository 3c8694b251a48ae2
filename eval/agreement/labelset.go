package agreement

import (
	"fmt"

	"github.com/gloss-sdk/gloss/eval/stats"
)

// LabelSets are the labels predicted for one item and those that are true of it,
// such as the criteria a teacher would comment on. They are sets: order and
// repetition do not count, nil is the empty set.
type LabelSets[L comparable] struct {
	Predicted []L
	Truth     []L
}

// Counts are the labels of one or more items by outcome. They add up over items,
// so that scores of any selection of items come from its sum. The zero value counts
// nothing.
type Counts struct {
	TP int `json:"tp"` // predicted and true
	FP int `json:"fp"` // predicted, not true
	FN int `json:"fn"` // true, not predicted
}

// CountLabels counts the labels of one item.
func CountLabels[L comparable](item LabelSets[L]) Counts {
	predicted, truth := set(item.Predicted), set(item.Truth)
	var c Counts
	for label := range predicted {
		if truth[label] {
			c.TP++
		}
	}
	c.FP, c.FN = len(predicted)-c.TP, len(truth)-c.TP
	return c
}

// Plus returns the sum of two counts.
func (c Counts) Plus(d Counts) Counts {
	return Counts{TP: c.TP + d.TP, FP: c.FP + d.FP, FN: c.FN + d.FN}
}

// Precision returns TP / (TP + FP), undefined if nothing was predicted.
func (c Counts) Precision() stats.Estimate {
	return share(c.TP, c.TP+c.FP, "no label was predicted")
}

// Recall returns TP / (TP + FN), undefined if no label is true.
func (c Counts) Recall() stats.Estimate {
	return share(c.TP, c.TP+c.FN, "no label is true")
}

// F1 returns 2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall. It
// is 0 if only one side is empty, and undefined if both are.
func (c Counts) F1() stats.Estimate {
	return share(2*c.TP, 2*c.TP+c.FP+c.FN, "no label was predicted and none is true")
}

// SetScore is the agreement of label sets, with the counts it rests on.
type SetScore struct {
	Counts    Counts         `json:"counts"`
	Precision stats.Estimate `json:"precision"`
	Recall    stats.Estimate `json:"recall"`
	F1        stats.Estimate `json:"f1"`
}

// SetF1 returns precision, recall and F1 over the labels of all items together
// (micro-average): an item weighs as much as it has labels, and items that are empty
// on both sides do not count.
func SetF1[L comparable](items []LabelSets[L]) SetScore {
	var c Counts
	for _, item := range items {
		c = c.Plus(CountLabels(item))
	}
	return SetScore{Counts: c, Precision: c.Precision(), Recall: c.Recall(), F1: c.F1()}
}

// ChanceSetF1 returns the F1 to expect of [SetF1] if for every item the right number
// of labels were drawn at random out of the given number of labels: with t true
// labels an item, sum t^2 / (labels * sum t). Precision and recall have the same
// expectation.
//
// It is undefined if no label is true. It is an error if an item has more true
// labels than there are.
func ChanceSetF1[L comparable](items []LabelSets[L], labels int) (stats.Estimate, error) {
	var sum, squares float64
	for i, item := range items {
		truth := len(set(item.Truth))
		if truth > labels {
			return stats.Estimate{}, fmt.Errorf("agreement: chance F1: item %d has %d true labels out of %d: want labels to be the number of all", i, truth, labels)
		}
		sum += float64(truth)
		squares += float64(truth) * float64(truth)
	}
	if sum == 0 {
		return stats.Undefined("no label is true"), nil
	}
	return stats.Of(squares / (float64(labels) * sum)), nil
}

func set[L comparable](labels []L) map[L]bool {
	s := make(map[L]bool, len(labels))
	for _, label := range labels {
		s[label] = true
	}
	return s
}

func share(part, whole int, empty string) stats.Estimate {
	if whole == 0 {
		return stats.Undefined(empty)
	}
	return stats.Of(float64(part) / float64(whole))
}
