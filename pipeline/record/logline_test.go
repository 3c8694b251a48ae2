package record

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// fillAtRandom sets about half of the fields of v.
func fillAtRandom(random *rand.Rand, v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		if random.IntN(2) == 0 {
			continue
		}
		switch f.Kind() {
		case reflect.String:
			f.SetString([]string{"a", "<&> “x”\n\u2028", "\xff", `"\`}[random.IntN(4)])
		case reflect.Int, reflect.Int64:
			f.SetInt(random.Int64() - 1<<62)
		case reflect.Struct:
			if f.Type() == reflect.TypeFor[time.Time]() {
				f.Set(reflect.ValueOf(time.Unix(random.Int64N(1<<33), random.Int64N(3)*500).UTC()))
			} else {
				fillAtRandom(random, f)
			}
		}
	}
}

func TestAppendEventIsWhatJSONIs(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 1))
	for range 5000 {
		var e Event
		fillAtRandom(random, reflect.ValueOf(&e).Elem())
		e.Usage.Cost = 0
		if random.IntN(10) == 0 {
			e.Asset, e.Assets, e.Usage.Cost = &pipeline.Entry{Name: "a"}, []pipeline.Print{{Name: "b"}}, 5
		}
		want, err := marshal(e)
		require.NoError(t, err)
		got, err := appendEvent([]byte("x"), &e)
		require.NoError(t, err)
		require.Equal(t, "x"+string(want), string(got))
	}
	_, err := appendEvent(nil, &Event{Time: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)})
	require.Error(t, err)
}

func TestAppendResultIsWhatJSONIs(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(2, 1))
	for range 2000 {
		var it Item
		fillAtRandom(random, reflect.ValueOf(&it).Elem())
		it.Opaque = random.IntN(3) == 0
		if random.IntN(2) == 0 {
			it.Output = encode(randomShaped(random, 1)).json
		}
		want, err := marshal(resultLine{kindResult, it})
		require.NoError(t, err)
		require.Equal(t, "x"+string(want), string(appendResult([]byte("x"), &it)))
	}
}
