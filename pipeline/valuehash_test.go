package pipeline_test

import (
	"context"
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// fingerprintOf returns the fingerprint of an item with that input; "" if it has none.
func fingerprintOf(t *testing.T, in any) string {
	t.Helper()
	events := &recorder{}
	echo := pipeline.Fn(func(context.Context, any) (int, error) { return 1, nil })
	run := newRun(t, pipeline.WithJournal(newNotebook("")), pipeline.WithObserver(events))
	runner, err := pipeline.Start(t.Context(), run, identified(echo))
	require.NoError(t, err)
	_, err = runner.Run(t.Context(), in)
	require.NoError(t, err)
	return events.of(pipeline.KindItem)[0].Fingerprint
}

type leaf struct {
	Name  string `json:"name"`
	Score float64
	Tags  []string
}

type tree struct {
	Leaf  leaf             `json:"leaf"`
	More  []leaf           `json:"more,omitempty"`
	ByKey map[string]*leaf `json:"by_key,omitempty"`
	Any   any              `json:"any,omitempty"`
	When  time.Time        `json:"when,omitzero"`
	Raw   json.RawMessage  `json:"raw,omitempty"`
	Flag  bool             `json:"flag,omitempty"`
	Not   int              `json:"-"`
	hid   int
}

func randomTree(random *rand.Rand) tree {
	words := []string{"", "a", "b", "ab", "\x00", "é"}
	word := func() string { return words[random.IntN(len(words))] }
	one := func() leaf {
		l := leaf{Name: word(), Score: float64(random.IntN(2))}
		for range random.IntN(3) {
			l.Tags = append(l.Tags, word())
		}
		return l
	}
	t := tree{Leaf: one(), Flag: random.IntN(2) == 0}
	for range random.IntN(2) {
		t.More = append(t.More, one())
	}
	if random.IntN(3) == 0 {
		l := one()
		t.ByKey = map[string]*leaf{word(): &l, "z": nil}
		t.Any = []any{word(), 1.5, nil, true}
		t.When = time.Unix(int64(random.IntN(2)), 0).UTC()
		t.Raw = json.RawMessage(`{"a":1}`)
	}
	return t
}

// Values of one type have the same fingerprint if, and only if, they have the same JSON.
func TestFingerprintsTellApartWhatJSONDoes(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(11, 1))
	byJSON, byPrint := map[string]string{}, map[string]string{}
	for range 1500 {
		v := randomTree(random)
		text, err := json.Marshal(v)
		require.NoError(t, err)
		fingerprint := fingerprintOf(t, v)
		require.Len(t, fingerprint, 64)
		if known, ok := byJSON[string(text)]; ok {
			require.Equal(t, known, fingerprint, string(text))
		}
		if known, ok := byPrint[fingerprint]; ok {
			require.Equal(t, known, string(text))
		}
		byJSON[string(text)], byPrint[fingerprint] = fingerprint, string(text)
	}
	require.Greater(t, len(byJSON), 500)
}

func TestWhatCountsInAFingerprint(t *testing.T) {
	t.Parallel()
	base := fingerprintOf(t, tree{Leaf: leaf{Name: "x"}})
	assert.Equal(t, base, fingerprintOf(t, tree{Leaf: leaf{Name: "x"}, Not: 3, hid: 4}), "fields that JSON leaves out")
	assert.Equal(t, base, fingerprintOf(t, &tree{Leaf: leaf{Name: "x"}}), "a pointer is what it points to")
	type grown struct {
		Leaf  leaf             `json:"leaf"`
		New   string           `json:"new,omitempty"`
		Later map[string]int   `json:"later"`
		ByKey map[string]*leaf `json:"by_key,omitempty"`
	}
	assert.Equal(t, base, fingerprintOf(t, grown{Leaf: leaf{Name: "x"}}), "a field that is added, and not used, changes nothing")
	assert.NotEqual(t, base, fingerprintOf(t, grown{Leaf: leaf{Name: "x"}, New: "y"}))

	seen := map[string]any{}
	for _, v := range []any{
		nil, 0, 1, uint(1), 1.0, "1", "", true, false, []int(nil), []int{}, []int{0}, []int{0, 0}, []string{"a", "b"}, []string{"ab"},
		[]byte("a"), map[string]int{}, map[string]int(nil), map[string]int{"a": 0}, map[int]string{1: "a"}, leaf{}, leaf{Tags: []string{}},
		[]any{1, "a"}, []any{"1", "a"}, json.RawMessage(`1.0`), json.RawMessage(`"a"`), time.Unix(1, 0).UTC(), time.Unix(2, 0).UTC(),
	} {
		fingerprint := fingerprintOf(t, v)
		require.NotEmpty(t, fingerprint, "%#v", v)
		if other, ok := seen[fingerprint]; ok && !bothNothing(v, other) {
			assert.Fail(t, "two values of one fingerprint", "%#v and %#v", v, other)
		}
		seen[fingerprint] = v
	}
}

// bothNothing says that null is null, whatever its type.
func bothNothing(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == "null" && string(y) == "null"
}

type loop struct{ Next *loop }

type panicking struct{}

func (panicking) MarshalJSON() ([]byte, error) { panic("no") }

type refusing struct{}

func (refusing) MarshalText() ([]byte, error) { return nil, errBoom }

func TestValuesWithoutIdentityHaveNoFingerprint(t *testing.T) {
	t.Parallel()
	round := &loop{}
	round.Next = round
	for name, v := range map[string]any{
		"function": func() {}, "channel": make(chan int), "inside": []any{func() {}}, "hidden": silent{1}, "hidden inside": []silent{{1}},
		"a loop": round, "a panic": panicking{}, "an error": refusing{}, "a map of it": map[string]any{"a": refusing{}}, "complex": 1i,
		"keys without text":               map[[1]int]int{{1}: 2},
		"what only its pointer describes": []any{*big.NewInt(7)},
	} {
		assert.Empty(t, fingerprintOf(t, v), name)
	}
}
