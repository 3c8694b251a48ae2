package task

import "slices"

// Technique says how the model is asked. The parts combine: samples of each criterion, each of them criticized and revised. Without any,
// the model is asked once and answers at once, with the graded exemplars as worked examples (few-shot) or, with past feedback off, without
// (zero-shot).
type Technique struct {
	// Evidence says what a score rests on before it is given: with [EvidenceQuotes] the model first copies passages of the submission.
	// The default of a rubric score is EvidenceQuotes, of an essay score [EvidenceNone]. Draft feedback quotes in its comments and takes
	// nothing else.
	Evidence Evidence `json:"evidence"`
	// Reasoning lets the model think step by step before it answers. What it thinks stands in the record of its call and nowhere else.
	Reasoning bool `json:"reasoning"`
	// PerCriterion asks for each criterion of the rubric on its own, at the same time, and puts the answers together. Rubric scores only.
	PerCriterion bool `json:"per_criterion"`
	// Pairwise compares the submission with each exemplar, whose score the model is not told, and places it among them by who won.
	// Essay scores only; it needs past feedback, and takes no samples.
	Pairwise bool `json:"pairwise"`
	// Samples asks the same several times and reduces the answers to one; nil asks once.
	Samples *Samples `json:"samples,omitempty"`
	// Critiques is how often the model criticizes its answer and writes it anew; 0 never does, and a critique that finds nothing is the last.
	Critiques int `json:"critiques"`
}

// Evidence is what a score rests on.
type Evidence string

// The kinds of evidence.
const (
	EvidenceQuotes Evidence = "quotes" // passages copied from the submission
	EvidenceNone   Evidence = "none"   // a rationale only
)

// Samples asks the same question several times (self-consistency: Wang et al. 2023, arXiv 2203.11171).
type Samples struct {
	// N is how many answers are asked for; 0 means 5. If the task's generation has a seed, each sample has the next one.
	N int `json:"n"`
	// Reduce makes one of them; empty means [ReduceMedian] for scores and [ReduceMedoid] for draft feedback.
	Reduce Reduction `json:"reduce"`
}

// Reduction makes one answer of several. Words are never mixed: rationale and quotations of a score are those of the first sample whose
// score is nearest to the result.
type Reduction string

// The reductions.
const (
	// ReduceMedian takes the middle score; between two middle ones, the score of the scale nearest to their mean.
	ReduceMedian Reduction = "median"
	// ReduceMean takes the score of the scale that is nearest to the mean.
	ReduceMean Reduction = "mean"
	// ReduceMajority takes the most frequent score; among several of them, the one nearest to the median.
	ReduceMajority Reduction = "majority"
	// ReduceMedoid takes the feedback that agrees most with the others about the criteria that it raises.
	ReduceMedoid Reduction = "medoid"
)

// DefaultSamples is how many answers self-consistency asks for.
const DefaultSamples = 5

// maxCalls bounds what one setting can multiply the calls of a submission by, so that a slip of the keyboard is not paid for.
const maxCalls = 100

func (t Technique) clone() Technique {
	if t.Samples != nil {
		t.Samples = filled(t.Samples)
	}
	return t
}

func (t *Technique) fill(kind Kind) {
	if t.Evidence == "" {
		t.Evidence = EvidenceQuotes
		if kind == KindEssayScore {
			t.Evidence = EvidenceNone
		}
	}
	if t.Samples != nil {
		t.Samples = filled(t.Samples)
		orDefault(&t.Samples.N, DefaultSamples)
		if t.Samples.Reduce == "" {
			t.Samples.Reduce = reductions(kind)[0]
		}
	}
}

// reductions are those that fit a kind, its default first.
func reductions(kind Kind) []Reduction {
	if kind == KindDraftFeedback {
		return []Reduction{ReduceMedoid}
	}
	return []Reduction{ReduceMedian, ReduceMean, ReduceMajority}
}

func (s Spec) validateTechnique(bad complain) {
	t := s.Technique
	switch {
	case t.Evidence != EvidenceQuotes && t.Evidence != EvidenceNone:
		bad("technique.evidence is %q; want %q or %q", t.Evidence, EvidenceQuotes, EvidenceNone)
	case t.Evidence == EvidenceNone && s.Task == KindDraftFeedback:
		bad("technique.evidence is %q, but the comments of draft feedback quote; want %q", t.Evidence, EvidenceQuotes)
	}
	if t.PerCriterion && s.Task != KindRubricScore {
		bad("technique.per_criterion is on, but only %s has a score for each criterion", KindRubricScore)
	}
	if t.Critiques < 0 || t.Critiques > maxCalls {
		bad("technique.critiques is %d; want 0 (none) to %d", t.Critiques, maxCalls)
	}
	s.validatePairwise(bad)
	s.validateSamples(bad)
}

func (s Spec) validatePairwise(bad complain) {
	t := s.Technique
	if !t.Pairwise {
		return
	}
	if s.Task != KindEssayScore {
		bad("technique.pairwise is on, but only %s is placed among graded work", KindEssayScore)
	}
	if !s.Inputs.PastFeedback {
		bad("technique.pairwise is on although past feedback, which it compares with, is off")
	}
	if t.Samples != nil {
		bad("technique.samples is set, but technique.pairwise asks once for each exemplar; raise exemplars.k instead")
	}
	if t.Evidence == EvidenceQuotes {
		bad("technique.evidence is %q, but technique.pairwise compares and quotes nothing", t.Evidence)
	}
}

func (s Spec) validateSamples(bad complain) {
	samples := s.Technique.Samples
	if samples == nil {
		return
	}
	if samples.N < 2 || samples.N > maxCalls {
		bad("technique.samples.n is %d; want 2 to %d, or no samples", samples.N, maxCalls)
	}
	if fit := reductions(s.Task); !slices.Contains(fit, samples.Reduce) {
		bad("technique.samples.reduce is %q; want one of %q", samples.Reduce, fit)
	}
	if t := s.Generation.Temperature; t != nil && *t == 0 {
		bad("technique.samples is set, but at generation.temperature 0 all samples are alike")
	}
}

// Techniques names variants of a spec by prompting technique, for a table that compares them: "zero_shot", "few_shot", "quote_then_score",
// "per_criterion", "chain_of_thought", "self_consistency", "draft_critique_revise" and "pairwise". Each has one technique and the rest of
// the spec; those that a kind of task does not have, or the spec has no inputs for, are left out. The order is fixed.
func Techniques(s Spec) []Variant {
	plain := Technique{Evidence: EvidenceNone}
	if s.Task == KindDraftFeedback {
		plain.Evidence = EvidenceQuotes
	}
	with := func(f func(*Technique)) []Option {
		t := plain
		f(&t)
		return []Option{WithTechnique(t)}
	}
	var out []Variant
	for _, v := range []struct {
		name string
		opts []Option
		skip bool
	}{
		{"zero_shot", []Option{WithTechnique(plain), WithoutPastFeedback()}, false},
		{"few_shot", []Option{WithTechnique(plain)}, !s.Inputs.PastFeedback},
		{"quote_then_score", with(func(t *Technique) { t.Evidence = EvidenceQuotes }), s.Task == KindDraftFeedback},
		{"per_criterion", with(func(t *Technique) { t.PerCriterion = true }), false},
		{"chain_of_thought", with(func(t *Technique) { t.Reasoning = true }), false},
		{"self_consistency", with(func(t *Technique) { t.Samples = &Samples{} }), false},
		{"draft_critique_revise", with(func(t *Technique) { t.Critiques = 1 }), false},
		{"pairwise", with(func(t *Technique) { t.Pairwise = true }), false},
	} {
		d := draftSpec{Spec: s.clone()}
		if v.skip || applyOptions(&d, v.opts) != nil {
			continue
		}
		out = append(out, Variant{v.name, d.Spec})
	}
	return out
}
