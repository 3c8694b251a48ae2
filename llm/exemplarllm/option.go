package exemplarllm

import "fmt"

// Option configures a [Model].
type Option interface {
	apply(m *Model) error
}

type optionFunc func(*Model) error

func (f optionFunc) apply(m *Model) error { return f(m) }

// WithPredictor predicts every number with p. The default chooses for each number by the leave-one-out error on the examples
// shown. A later WithPredictor replaces an earlier one. A name that is no [Predictor] is an error.
func WithPredictor(p Predictor) Option {
	return optionFunc(func(m *Model) error {
		switch p {
		case LengthRidge, FeatureRidge, Neighbors:
			m.predictor = p
			return nil
		default:
			return fmt.Errorf("exemplarllm: %q is no predictor; want %s, %s or %s", p, LengthRidge, FeatureRidge, Neighbors)
		}
	})
}
