package limit_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/limit"
)

// TestNeverMoreThanTheLimit holds for calls that succeed, fail, are refused, panic, end their goroutine, or are given up.
func TestNeverMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			n := 1 + rnd.IntN(8)
			l := newLimiter(t, fixed(n), limit.RequestsPerMinute(6000))
			var mu sync.Mutex
			inFlight, most, sent := 0, 0, 0
			var calls sync.WaitGroup
			for range 300 {
				fate, takes := rnd.IntN(6), time.Duration(rnd.Int64N(int64(100*time.Millisecond)))
				patience := time.Duration(rnd.Int64N(int64(10 * time.Second)))
				calls.Go(func() {
					defer func() { recover() }()
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					defer cancel()
					_, _ = l.Intercept(ctx, model(), nil, func(ctx context.Context) (any, error) {
						mu.Lock()
						inFlight, sent = inFlight+1, sent+1
						most = max(most, inFlight)
						mu.Unlock()
						defer func() {
							mu.Lock()
							inFlight--
							mu.Unlock()
						}()
						if err := pause(ctx, takes); err != nil {
							return nil, err
						}
						switch fate {
						case 0:
							return nil, errors.New("broken")
						case 1:
							return nil, &refusal{takes}
						case 2:
							panic("broken")
						case 3:
							runtime.Goexit()
						}
						return answer{1, 1}, nil
					})
				})
			}
			calls.Wait()
			assert.LessOrEqual(t, most, n, "seed %d", seed)
			assert.Greater(t, sent, n, "seed %d", seed)
			s := l.State()
			assert.Zero(t, s.InFlight+s.Waiting, "seed %d: nothing is left behind", seed)
		})
	}
}

// TestTokensInAnyWindow: what is sent in any window is at most the burst and what the window adds, whoever gives up while waiting.
func TestTokensInAnyWindow(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			perSecond, burst := 100+rnd.IntN(1000), 500+rnd.IntN(1000)
			const output = 50
			l := newLimiter(t, limit.TokensPerMinute(60*perSecond), limit.TokenBurst(burst), limit.ExpectedOutput(output))
			type charge struct {
				at     time.Time
				tokens int
			}
			var mu sync.Mutex
			var sent []charge
			var calls sync.WaitGroup
			for range 200 {
				in := estimate{input: 1 + rnd.IntN(450)}
				patience, takes := time.Duration(rnd.Int64N(int64(time.Minute))), time.Duration(rnd.Int64N(int64(time.Second)))
				calls.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					defer cancel()
					_, _ = l.Intercept(ctx, model(), in, func(context.Context) (any, error) {
						mu.Lock()
						sent = append(sent, charge{time.Now(), in.input + output})
						mu.Unlock()
						return returning(takes, answer{in.input, output}, nil)(t.Context())
					})
				})
			}
			calls.Wait()
			require.Greater(t, len(sent), 20)
			for i := range sent {
				sum := 0.0
				for _, c := range sent[i:] {
					sum += float64(c.tokens)
					require.LessOrEqual(t, sum, float64(burst)+c.at.Sub(sent[i].at).Seconds()*float64(perSecond)+0.01, "seed %d", seed)
				}
			}
		})
	}
}
