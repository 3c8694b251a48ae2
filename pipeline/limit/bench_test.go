package limit_test

import (
	"context"
	"testing"

	"github.com/gloss-sdk/gloss/pipeline/limit"
)

// BenchmarkIntercept is what a call costs that waits for nothing.
func BenchmarkIntercept(b *testing.B) {
	next := func(context.Context) (any, error) { return answer{200, 500}, nil }
	var in any = estimate{200, 1000}
	quota := []limit.Option{limit.TokensPerMinute(1 << 60), limit.RequestsPerMinute(1 << 60)}
	for _, c := range []struct {
		name string
		opts []limit.Option
	}{
		{"unknown", nil},
		{"quota", quota},
		{"another resource", []limit.Option{limit.Only("embedder")}},
	} {
		b.Run(c.name, func(b *testing.B) {
			l, ctx, call := newLimiter(b, c.opts...), b.Context(), model()
			b.ReportAllocs()
			for b.Loop() {
				_, _ = l.Intercept(ctx, call, in, next)
			}
		})
		b.Run(c.name+", parallel", func(b *testing.B) {
			l, call := newLimiter(b, c.opts...), model()
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					_, _ = l.Intercept(b.Context(), call, in, next)
				}
			})
		})
	}
}
