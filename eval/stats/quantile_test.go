package stats

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTQuantileReferenceValues(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		p         float64
		df        int
		want      float64
		tolerance float64
	}{
		{.975, 1, 12.706204736432095, 1e-9},
		{.975, 2, 4.302652729911275, 1e-9},
		{.975, 3, 3.182446305284263, 1e-9},
		{.975, 9, 2.2621571627409915, 1e-9},
		{.975, 29, 2.045229642132703, 1e-9},
		// These references come from scipy 1.10, which itself is off in the ninth
		// digit here; TestTQuantileClosedForms has the exact tail.
		{.995, 9, 3.2498355440153697, 5e-9},
	} {
		assert.InDelta(t, tc.want, tQuantile(tc.p, tc.df), tc.tolerance, "p %g, df %d", tc.p, tc.df)
	}
}

func TestTQuantileClosedForms(t *testing.T) {
	t.Parallel()
	for _, p := range []float64{.6, .9, .975, .995, .9999} {
		assert.InEpsilon(t, math.Tan(math.Pi*(p-.5)), tQuantile(p, 1), 1e-12, "df 1, p %g", p)
		assert.InEpsilon(t, (2*p-1)/math.Sqrt(2*p*(1-p)), tQuantile(p, 2), 1e-12, "df 2, p %g", p)
		// The distribution function with 9 degrees of freedom is elementary.
		theta := math.Atan(tQuantile(p, 9) / 3)
		c := math.Cos(theta)
		cdf := .5 + (theta+math.Sin(theta)*(c+2./3*c*c*c+8./15*math.Pow(c, 5)+16./35*math.Pow(c, 7)))/math.Pi
		assert.InDelta(t, p, cdf, 1e-14, "df 9, p %g", p)
	}
}

func TestTApproachesNormal(t *testing.T) {
	t.Parallel()
	assert.InDelta(t, normalQuantile(.975), tQuantile(.975, 10_000_000), 1e-6)
	assert.InDelta(t, .05, tTwoSided(normalQuantile(.975), 10_000_000), 1e-6)
}
