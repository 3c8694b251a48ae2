package agreement

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/gloss-sdk/gloss/eval/stats"
)

// Population is the mean and standard deviation by which scores are standardized.
type Population struct {
	Mean float64
	SD   float64 // n-1; 0 if there is no spread to divide by
}

// PopulationOf returns the moments of scores. The SD of fewer than two scores, and
// of equal ones, is 0.
func PopulationOf(scores []float64) Population {
	if len(scores) == 0 {
		return Population{}
	}
	if constant(scores) {
		return Population{Mean: scores[0]}
	}
	mean, sd := stat.MeanStdDev(scores, nil)
	return Population{Mean: mean, SD: sd}
}

func (p Population) check(name string) error {
	if math.IsNaN(p.Mean+p.SD) || math.IsInf(p.Mean+p.SD, 0) || p.SD < 0 {
		return fmt.Errorf("population of %s scores has mean %g and SD %g: want finite numbers, SD not below 0", name, p.Mean, p.SD)
	}
	return nil
}

// SMD returns the standardized mean difference, (mean machine - mean human) / SD
// human with n-1: by how many human standard deviations the machine scores too
// high.
//
// It is undefined for fewer than two pairs and where the divisor is 0. It is an
// error if the series differ in length or a score is not finite.
func SMD(human, machine []float64) (stats.Estimate, error) {
	return compare("standardized mean difference", human, machine, func(h, m Population) stats.Estimate {
		return perSD(m.Mean-h.Mean, h.SD, "the human scores")
	})
}

// PooledSMD is [SMD] with the divisor sqrt((SD human^2 + SD machine^2) / 2).
func PooledSMD(human, machine []float64) (stats.Estimate, error) {
	return compare("pooled standardized mean difference", human, machine, func(h, m Population) stats.Estimate {
		return perSD(m.Mean-h.Mean, math.Hypot(h.SD, m.SD)/math.Sqrt2, "the scores of both")
	})
}

// SDRatio returns SD machine / SD human: below 1 where the machine shies away from
// the ends of the scale. Undefined values and errors are those of [SMD].
func SDRatio(human, machine []float64) (stats.Estimate, error) {
	return compare("ratio of standard deviations", human, machine, func(h, m Population) stats.Estimate {
		return perSD(m.SD, h.SD, "the human scores")
	})
}

// DSM returns the difference of standardized means of a subgroup: the mean of its
// machine scores, standardized by all machine scores, less the mean of its human
// scores, standardized by all human scores. Unlike [SMD] it does not blame the
// subgroup for what the machine does to everyone. (RSMTool, after Williamson, Xi and
// Breyer, 2012.)
//
// It is undefined for an empty subgroup and where a population has no spread. It is
// an error if the series differ in length or a number is not finite.
func DSM(human, machine []float64, allHuman, allMachine Population) (stats.Estimate, error) {
	err := errors.Join(check("human", "machine", human, machine), allHuman.check("human"), allMachine.check("machine"))
	if err != nil {
		return stats.Estimate{}, fmt.Errorf("agreement: difference of standardized means: %w", err)
	}
	if len(human) == 0 {
		return stats.Undefined("no scores"), nil
	}
	h := perSD(stat.Mean(human, nil)-allHuman.Mean, allHuman.SD, "all human scores")
	m := perSD(stat.Mean(machine, nil)-allMachine.Mean, allMachine.SD, "all machine scores")
	zh, ok := h.Value()
	if !ok {
		return h, nil
	}
	zm, ok := m.Value()
	if !ok {
		return m, nil
	}
	return stats.Of(zm - zh), nil
}

func compare(name string, human, machine []float64, measure func(h, m Population) stats.Estimate) (stats.Estimate, error) {
	if err := check("human", "machine", human, machine); err != nil {
		return stats.Estimate{}, fmt.Errorf("agreement: %s: %w", name, err)
	}
	if len(human) < 2 {
		return stats.Undefined(fmt.Sprintf("a standard deviation needs at least 2 pairs, not %d", len(human))), nil
	}
	return measure(PopulationOf(human), PopulationOf(machine)), nil
}

func perSD(v, sd float64, whose string) stats.Estimate {
	if sd == 0 {
		return stats.Undefined(whose + " have no spread")
	}
	return stats.Of(v / sd)
}
