package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// store splits src and returns what is stored with the texts by hash.
func store(src []byte) (stored []byte, texts map[Hash][]byte) {
	texts = map[Hash][]byte{}
	stored = split(src, func(token []byte) Hash {
		h := content{sum: sumOf(kindText, token)}.hash()
		texts[h] = token
		return h
	})
	return stored, texts
}

func restore(stored []byte, texts map[Hash][]byte) ([]byte, error) {
	return join(stored, func(h Hash) ([]byte, error) {
		token, ok := texts[h]
		if !ok {
			return nil, fmt.Errorf("%s: %w", h, ErrNotRecorded)
		}
		return token, nil
	})
}

var long = strings.Repeat("0123456789", 7)

func TestSplit(t *testing.T) {
	t.Parallel()
	ref := func(s string) string {
		token, err := marshal(s)
		require.NoError(t, err)
		return `{"$text":"` + string(content{sum: sumOf(kindText, token)}.hash()) + `"}`
	}
	for name, tc := range map[string]struct{ src, want string }{
		"scalars":            {`[1.50,true,null,-0,1e400,12345678901234567890123]`, `[1.50,true,null,-0,1e400,12345678901234567890123]`},
		"short text":         {`"` + long[:63] + `"`, `"` + long[:63] + `"`},
		"long text":          {`"` + long[:64] + `"`, ref(long[:64])},
		"in an object":       {`{"b":"` + long + `","a":["` + long + `"]}`, `{"b":` + ref(long) + `,"a":[` + ref(long) + `]}`},
		"long key":           {`{"` + long + `":1}`, `{"` + long + `":1}`},
		"quotes in a text":   {`"` + long + `\"\\"`, ref(long + `"\`)},
		"key that is a mark": {`{"$text":"x"}`, `{"$$text":"x"}`},
		"escaped mark":       {`{"$$text":{"$$$text":1}}`, `{"$$$text":{"$$$$text":1}}`},
		"mark in escapes":    {`{"\u0024text":1}`, `{"$\u0024text":1}`},
		"not a mark":         {`{"text":1,"$texts":2,"a$text":3,"$":4,"$Text":5}`, `{"text":1,"$texts":2,"a$text":3,"$":4,"$Text":5}`},
		"mark as a text":     {`["$text","{\"$text\":\"x\"}"]`, `["$text","{\"$text\":\"x\"}"]`},
		"forged reference":   {`{"$text":"` + long[:64] + `"}`, `{"$$text":` + ref(long[:64]) + `}`},
		"empty":              {`{"":""}`, `{"":""}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stored, texts := store([]byte(tc.src))
			assert.Equal(t, tc.want, string(stored))
			assert.True(t, json.Valid(stored))
			back, err := restore(stored, texts)
			require.NoError(t, err)
			assert.Equal(t, tc.src, string(back))
		})
	}
}

// randomValue returns a value with everything that splitting must get right.
func randomValue(r *rand.Rand, depth int) any {
	text := func() string {
		alphabet := []string{"a", `"`, `\`, "\n", "<", "&", "\u2028", "😀", "é", "$text", "\x00", "\xff", "{", ":", ","}
		var b strings.Builder
		for range r.IntN(60) {
			b.WriteString(alphabet[r.IntN(len(alphabet))])
		}
		return b.String()
	}
	switch n := r.IntN(9); {
	case n == 0:
		return nil
	case n == 1:
		return r.IntN(2) == 0
	case n == 2:
		return json.Number(fmt.Sprintf("-%d.%d0e%d", r.Uint64(), r.Uint64(), r.IntN(999)))
	case n <= 4 || depth == 0:
		return text()
	case n <= 6:
		list := make([]any, r.IntN(5))
		for i := range list {
			list[i] = randomValue(r, depth-1)
		}
		return list
	default:
		object := map[string]any{}
		for range r.IntN(5) {
			key := []string{text(), "$text", "$$text", "a"}[r.IntN(4)]
			object[key] = randomValue(r, depth-1)
		}
		return object
	}
}

func TestJoinUndoesSplit(t *testing.T) {
	t.Parallel()
	split := 0
	for seed := range uint64(3000) {
		v := randomValue(rand.New(rand.NewPCG(seed, 7)), 5)
		src, err := marshal(v)
		require.NoError(t, err)
		require.True(t, utf8.Valid(src))
		stored, texts := store(src)
		require.True(t, json.Valid(stored), "seed %d: %s", seed, stored)
		for _, token := range texts {
			require.GreaterOrEqual(t, len(token), minText+2)
		}
		back, err := restore(stored, texts)
		require.NoError(t, err)
		require.Equal(t, string(src), string(back), "seed %d", seed)
		split += len(texts)
	}
	require.Greater(t, split, 1000, "the values hold long texts")
}

func TestJoinReportsWhatIsMissing(t *testing.T) {
	t.Parallel()
	stored, _ := store([]byte(`{"a":"` + long + `"}`))
	_, err := restore(stored, nil)
	require.ErrorIs(t, err, ErrNotRecorded)
	_, err = restore([]byte(`{"$text":"abc`), nil)
	require.ErrorContains(t, err, "not closed")
	cause := errors.New("disk")
	_, err = join(stored, func(Hash) ([]byte, error) { return nil, cause })
	require.ErrorIs(t, err, cause)
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte(`{"$text":"` + long + `","$$text":[1.10,"` + long + `"],"\u0024text":"\ud800\/ ` + long + `"}`))
	f.Add([]byte(`"<&>` + long + `"`))
	f.Add([]byte("\"\xff" + long + `"`))
	f.Add([]byte(` { "a" : "b" } `))
	f.Fuzz(func(t *testing.T, src []byte) {
		if !json.Valid(src) {
			return
		}
		got, err := marshal(json.RawMessage(src))
		require.NoError(t, err)
		stored, texts := store(got)
		require.True(t, json.Valid(stored), "%s", stored)
		back, err := restore(stored, texts)
		require.NoError(t, err)
		require.True(t, bytes.Equal(got, back), "%s\n%s", got, back)
	})
}

func FuzzJoin(f *testing.F) {
	f.Add([]byte(`{"$text":"x"}`))
	f.Add([]byte(`{"$$text":"`))
	f.Add([]byte(`"`))
	f.Add([]byte(`{"$text":"x`))
	f.Fuzz(func(t *testing.T, stored []byte) {
		out, err := join(stored, func(Hash) ([]byte, error) { return []byte(`"t"`), nil })
		if err == nil && json.Valid(stored) && !bytes.Contains(stored, []byte(`\`)) {
			require.True(t, json.Valid(out), "%s", out)
		}
	})
}
