package exemplarllm

import (
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rat reads a decimal; the empty text is none.
func rat(t *testing.T, text string) *big.Rat {
	t.Helper()
	if text == "" {
		return nil
	}
	r, err := readDecimal(json.RawMessage(text))
	require.NoError(t, err)
	return r
}

func scaleOf(t *testing.T, low, high, step string) scale {
	t.Helper()
	s, err := newScale(rat(t, low), rat(t, high), rat(t, step))
	require.NoError(t, err)
	return s
}

func TestScaleNearest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		low, high, step string
		v               float64
		want            string
	}{
		{"1", "4", "1", 2.4, "2"},
		{"1", "4", "1", 2.5, "3"},
		{"1", "4", "1", -7, "1"},
		{"1", "4", "1", 7, "4"},
		{"-3", "3", "1", -1.5, "-1"},
		{"0", "1", "0.1", .29999, "0.3"},
		{"0", "1", "0.1", .34, "0.3"},
		{"0", "30", "0.5", 12.3, "12.5"},
		{"1", "10", "4", 9.9, "8"}, // the multiples of 4 are 4 and 8, wherever the minimum is
		{"1", "10", "4", 1, "4"},
		{"", "", "5", 12.6, "15"},
		{"", "", "0.25", -.3, "-0.25"},
		{"0", "1", "", .123456, "0.1235"},
		{"0", "", "", 98765.4, "98770"},
		{"", "", "", 0, "0"},
	} {
		got := scaleOf(t, test.low, test.high, test.step).nearest(test.v, -1e6, 1e6)
		assert.Equal(t, test.want, got.literal, "%+v", test)
	}
}

func TestScaleWithoutStepsStaysInTheRangeShown(t *testing.T) {
	t.Parallel()
	s := scaleOf(t, "0", "1", "")
	assert.Equal(t, number{.33333, "0.33333"}, s.nearest(.33333, .33333, .5), "rounding would leave the range")
	assert.Equal(t, number{.66666, "0.66666"}, s.nearest(.66666, .5, .66666))
	assert.Equal(t, number{1, "1"}, s.nearest(3, 0, 5), "but the bounds of the schema come first")
}

func TestScaleMiddle(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ low, high, step, want string }{
		{"0", "3", "1", "1"},
		{"1", "4", "1", "2"},
		{"1", "6", "1", "3"},
		{"-4", "-1", "1", "-3"},
		{"0", "1", "0.3", "0.3"},
		{"10", "40", "0.5", "25"},
		{"0", "1", "", "0.5"},
		{"5", "", "2", "6"},
		{"", "5", "2", "4"},
		{"", "", "1", "0"},
		{"2", "", "", "2"},
		{"", "2", "", "2"},
	} {
		assert.Equal(t, test.want, scaleOf(t, test.low, test.high, test.step).middle().literal, "%+v", test)
	}
}

func TestScaleRefusesWhatHoldsNoNumber(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ low, high, step, want string }{
		{"4", "1", "", "minimum 4 is above maximum 1"},
		{"4", "1", "1", "minimum 4 is above maximum 1"},
		{"0", "1", "0", "multipleOf is 0; it must be positive"},
		{"0", "1", "-0.5", "multipleOf is -0.5; it must be positive"},
		{"1", "2", "5", "no multiple of 5 lies between 1 and 2"},
	} {
		_, err := newScale(rat(t, test.low), rat(t, test.high), rat(t, test.step))
		assert.EqualError(t, err, test.want)
	}
}

func TestWholeStep(t *testing.T) {
	t.Parallel()
	for step, want := range map[string]string{"": "1", "1": "1", "3": "3", "0.5": "1", "1.5": "3", "0.4": "2"} {
		assert.Equal(t, want, decimal(wholeStep(rat(t, step))), step)
	}
}

func TestScaleOfListedNumbers(t *testing.T) {
	t.Parallel()
	s := newList([]number{{6, "6"}, {0, "0"}, {-1, "-1"}, {5, "5.0"}})
	assert.Equal(t, "5.0", s.nearest(4, 0, 9).literal)
	assert.Equal(t, "5.0", s.nearest(2.5, 0, 9).literal, "the higher of two")
	assert.Equal(t, "-1", s.nearest(-20, 0, 9).literal)
	assert.Equal(t, "0", s.middle().literal, "the lower of the middle two")
	assert.True(t, s.holds(2))
	assert.False(t, s.holds(7))
	assert.Equal(t, "7", newList([]number{{7, "7"}}).nearest(-3, 0, 9).literal)
}

// TestListedScaleIsTheSteppedScale: a scale gives the same number for every value, written as multiples or as a list.
func TestListedScaleIsTheSteppedScale(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(31, 32))
	for _, step := range []string{"0.1", "0.05", "0.25", "0.3", "0.5", "1", "2", "2.5", "5"} {
		for _, low := range []int64{-7, 0, 3} {
			stepped := scale{step: rat(t, step), low: multiple(big.NewInt(low), rat(t, step)), high: multiple(big.NewInt(low+20), rat(t, step))}
			var numbers []number
			for k := low; k <= low+20; k++ {
				numbers = append(numbers, stepped.at(big.NewInt(k)))
			}
			listed := newList(numbers)
			assert.Equal(t, stepped.middle(), listed.middle())
			least, most := stepped.bounds()
			for range 300 {
				v := least - 1 + rng.Float64()*(most-least+2)
				if rng.IntN(2) == 0 { // half way, as a float holds it
					v = least + float64(rng.IntN(42))*(most-least)/40
				}
				assert.Equal(t, stepped.nearest(v, v, v), listed.nearest(v, v, v), "%v by %s", v, step)
				assert.Equal(t, stepped.holds(v), listed.holds(v))
			}
		}
	}
}

func TestReadDecimal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"3": "3", "-0.50": "-0.5", "1e3": "1000", "25E-2": "0.25", "0e-99999999": "0"} {
		assert.Equal(t, want, decimal(rat(t, text)), text)
	}
	for _, text := range []string{`"3"`, "null", "1e400", "1e13", "-1e13", "1e-10", "[]", ""} {
		_, err := readDecimal(json.RawMessage(text))
		assert.Error(t, err, text)
	}
}
