package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// onShelf is what was taken out of a value.
type onShelf struct {
	kind contentKind
	json []byte
}

// shelf holds what was taken out of values, by hash.
type shelf map[Hash]onShelf

func (s shelf) put(kind contentKind, json []byte) sum {
	known := sumOf(kind, json)
	s[hashOf(known)] = onShelf{kind, bytes.Clone(json)}
	return known
}

func (s shelf) text(text string) sum { return s.put(kindText, appendQuoted(nil, text)) }

func (s shelf) get(kind contentKind, h Hash) ([]byte, error) {
	c, ok := s[h]
	if !ok || c.kind != kind {
		return nil, fmt.Errorf("%s %s: %w", kind, h, ErrNotRecorded)
	}
	return c.json, nil
}

// count returns how many contents of a kind there are.
func (s shelf) count(kind contentKind) int {
	n := 0
	for _, c := range s {
		if c.kind == kind {
			n++
		}
	}
	return n
}

// store splits src and returns what is stored, with what was taken out of it.
func store(src []byte) (stored []byte, parts shelf) {
	parts = shelf{}
	return split(src, parts), parts
}

// ref returns the reference to what is stored as json.
func ref(kind contentKind, json string) string {
	return string(appendReference(nil, kind, sumOf(kind, []byte(json))))
}

var long = strings.Repeat("0123456789", 7)

func TestSplit(t *testing.T) {
	t.Parallel()
	text := func(s string) string {
		token, err := marshal(s)
		require.NoError(t, err)
		return ref(kindText, string(token))
	}
	for name, tc := range map[string]struct{ src, want string }{
		"scalars":            {`[1.50,true,null,-0,1e400,12345678901234567890123]`, `[1.50,true,null,-0,1e400,12345678901234567890123]`},
		"short text":         {`"` + long[:63] + `"`, `"` + long[:63] + `"`},
		"long text":          {`"` + long[:64] + `"`, text(long[:64])},
		"in an object":       {`{"b":"` + long + `","a":["` + long + `"]}`, `{"b":` + text(long) + `,"a":[` + text(long) + `]}`},
		"long key":           {`{"` + long + `":1}`, `{"` + long + `":1}`},
		"quotes in a text":   {`"` + long + `\"\\"`, text(long + `"\`)},
		"key that is a mark": {`{"$text":"x"}`, `{"$$text":"x"}`},
		"escaped mark":       {`{"$$text":{"$$$text":1}}`, `{"$$$text":{"$$$$text":1}}`},
		"mark in escapes":    {`{"\u0024text":1}`, `{"$\u0024text":1}`},
		"not a mark":         {`{"text":1,"$texts":2,"a$text":3,"$":4,"$Text":5}`, `{"text":1,"$texts":2,"a$text":3,"$":4,"$Text":5}`},
		"mark as a text":     {`["$text","{\"$text\":\"x\"}"]`, `["$text","{\"$text\":\"x\"}"]`},
		"forged reference":   {`{"$text":"` + long[:64] + `"}`, `{"$$text":` + text(long[:64]) + `}`},
		"value key":          {`{"$value":"x","$$value":2}`, `{"$$value":"x","$$$value":2}`},
		"value in escapes":   {`{"\u0024v\u0061lue":1}`, `{"$\u0024v\u0061lue":1}`},
		"not a value key":    {`{"value":1,"$values":2,"$val":3,"$opaque":4}`, `{"value":1,"$values":2,"$val":3,"$opaque":4}`},
		"forged value":       {`[{"$value":"` + long[:64] + `"}]`, `[{"$$value":` + text(long[:64]) + `}]`},
		"empty":              {`{"":""}`, `{"":""}`},
		"other JSON of text": {`["` + long + `\/"]`, `[` + ref(kindValue, `"`+long+`\/"`) + `]`},
		"half a character":   {`["` + long + `\ud800"]`, `[` + ref(kindValue, `"`+long+`\ud800"`) + `]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stored, parts := store([]byte(tc.src))
			assert.Equal(t, tc.want, string(stored))
			assert.True(t, json.Valid(stored))
			back, err := join(nil, stored, parts.get)
			require.NoError(t, err)
			assert.Equal(t, tc.src, string(back))
		})
	}
}

// array returns an array of numbers whose JSON has n bytes; n must be odd.
func array(n int) string { return `[` + strings.Repeat("1,", (n-3)/2) + `1]` }

func TestSplitStoresPartsFromTheThresholdOn(t *testing.T) {
	t.Parallel()
	object := func(n int) string { return `{"k":"","a":` + array(n-len(`{"k":"","a":}`)) + `}` }
	big := array(minValue + 1)
	for name, tc := range map[string]struct {
		src, want string
		values    int
	}{
		"one byte too small":    {`[` + array(minValue-1) + `]`, `[` + array(minValue-1) + `]`, 0},
		"as large as it takes":  {`[` + object(minValue) + `]`, `[` + ref(kindValue, object(minValue)) + `]`, 1},
		"one byte larger":       {`{"a":` + big + `}`, `{"a":` + ref(kindValue, big) + `}`, 1},
		"never itself":          {big, big, 0},
		"measured as stored":    {`[["` + strings.Repeat(long, 9) + `"]]`, `[[` + ref(kindText, `"`+strings.Repeat(long, 9)+`"`) + `]]`, 0},
		"inside of another":     {`[[` + big + `,` + big + `]]`, `[[` + ref(kindValue, big) + `,` + ref(kindValue, big) + `]]`, 1},
		"inside of a large one": {`[[` + big + `,0` + strings.Repeat(",0", 99) + `]]`, `[` + ref(kindValue, `[`+ref(kindValue, big)+`,0`+strings.Repeat(",0", 99)+`]`) + `]`, 2},
		"brackets in a string":  {`["]}[{","` + long + `]"]`, `["]}[{",` + ref(kindText, `"`+long+`]"`) + `]`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stored, parts := store([]byte(tc.src))
			assert.Equal(t, tc.want, string(stored))
			assert.Equal(t, tc.values, parts.count(kindValue))
			back, err := join(nil, stored, parts.get)
			require.NoError(t, err)
			assert.Equal(t, tc.src, string(back))
		})
	}
}

func TestPartsOfADeepValueAreShallow(t *testing.T) {
	t.Parallel()
	const depth = 100_000
	src := strings.Repeat("[", depth) + strings.Repeat("]", depth)
	stored, parts := store([]byte(src))
	require.Greater(t, len(parts), depth/minValue)
	for _, c := range parts {
		require.Less(t, len(c.json), minValue+2)
	}
	back, err := join(nil, stored, parts.get)
	require.NoError(t, err)
	require.Equal(t, src, string(back))
}

func TestAChangeOfALeafStoresItsPathAgain(t *testing.T) {
	t.Parallel()
	var leaves [8]string
	tree := func() []byte {
		branch := func(leaves []string) string { return `{"leaves":[` + strings.Join(leaves, ",") + `]}` }
		return []byte(`{"a":` + branch(leaves[:4]) + `,"b":` + branch(leaves[4:]) + `}`)
	}
	for i := range leaves {
		leaves[i] = fmt.Sprintf(`{"n":%d,"a":%s}`, i, array(minValue-1))
	}
	parts := shelf{}
	before := split(tree(), parts)
	require.Len(t, parts, 8+2, "the leaves and the arrays of them")
	leaves[5] = `{"n":500,"a":` + array(minValue-1) + `}`
	after := split(tree(), parts)
	require.Len(t, parts, 8+2+2, "the leaf and the array around it")
	require.Less(t, len(after), 2*minValue)
	same, _, _ := bytes.Cut(after, []byte(`,"b":`))
	require.True(t, bytes.HasPrefix(before, same))
}

// randomValue returns a value with everything that splitting must get right.
func randomValue(r *rand.Rand, depth int) any {
	text := func() string {
		alphabet := []string{"a", `"`, `\`, "\n", "<", "&", "\u2028", "😀", "é", "$text", "\x00", "\xff", "{", ":", ","}
		var b strings.Builder
		for range r.IntN(60) {
			b.WriteString(alphabet[r.IntN(len(alphabet))])
		}
		if r.IntN(4) > 0 {
			return strings.ToValidUTF8(b.String(), "")
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
			key := []string{text(), "$text", "$$text", "$value", "$$$value", "a"}[r.IntN(6)]
			object[key] = randomValue(r, depth-1)
		}
		return object
	}
}

func TestJoinUndoesSplit(t *testing.T) {
	t.Parallel()
	texts, values := 0, 0
	for seed := range uint64(3000) {
		v := randomValue(rand.New(rand.NewPCG(seed, 7)), 6)
		src, err := marshal(v)
		require.NoError(t, err)
		require.True(t, utf8.Valid(src))
		stored, parts := store(src)
		requireStored(t, stored, parts)
		back, err := join(nil, stored, parts.get)
		require.NoError(t, err)
		require.Equal(t, string(src), string(back), "seed %d", seed)
		texts += parts.count(kindText)
		values += parts.count(kindValue)
	}
	require.Greater(t, texts, 1000, "the values hold long texts")
	require.Greater(t, values, 500, "and large parts")
}

// requireStored checks that everything is valid JSON and that exactly what is large enough was taken out.
func requireStored(t *testing.T, stored []byte, parts shelf) {
	t.Helper()
	require.True(t, json.Valid(stored), "%s", stored)
	requireSmallParts(t, stored)
	for _, c := range parts {
		require.True(t, json.Valid(c.json), "%s", c.json)
		if c.kind == kindText {
			require.GreaterOrEqual(t, len(c.json), minText+2)
			continue
		}
		if c.json[0] == '"' { // what is no JSON of a text as a rule
			require.GreaterOrEqual(t, len(c.json), minText+2)
			continue
		}
		require.GreaterOrEqual(t, len(c.json), minValue)
		requireSmallParts(t, c.json)
	}
}

// requireSmallParts checks that nothing inside of an object or array should have been taken out.
func requireSmallParts(t *testing.T, stored []byte) {
	t.Helper()
	var parts []json.RawMessage
	switch stored[0] {
	case '{':
		var object map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(stored, &object))
		parts = slices.Collect(maps.Values(object))
		if object["$text"] != nil || object["$value"] != nil {
			require.Len(t, object, 1, "a reference")
			return
		}
	case '[':
		require.NoError(t, json.Unmarshal(stored, &parts))
	}
	for _, p := range parts {
		if p[0] == '"' {
			require.Less(t, len(p), minText+2)
		}
		require.Less(t, len(p), minValue)
		requireSmallParts(t, p)
	}
}

func TestJoinReportsWhatIsMissing(t *testing.T) {
	t.Parallel()
	inner := `["` + long + `",` + array(minValue+1) + `,` + array(minValue-1) + `]`
	stored, parts := store([]byte(`{"a":` + inner + `}`))
	require.Len(t, parts, 3)
	for h := range parts {
		rest := maps.Clone(parts)
		delete(rest, h)
		_, err := join(nil, stored, rest.get)
		require.ErrorIs(t, err, ErrNotRecorded)
		require.ErrorContains(t, err, string(h))
	}
	for _, open := range []string{`{"$text":"abc`, `[{"$value":"abc"`} {
		_, err := join(nil, []byte(open), parts.get)
		require.ErrorContains(t, err, "not closed")
	}
	cause := errors.New("disk")
	_, err := join(nil, stored, func(contentKind, Hash) ([]byte, error) { return nil, cause })
	require.ErrorIs(t, err, cause)
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte(`{"$text":"` + long + `","$$text":[1.10,"` + long + `"],"\u0024text":"\ud800\/ ` + long + `"}`))
	f.Add([]byte(`{"$value":"` + long + `","$$value":[` + array(minValue+1) + `],"\u0024value":{"$text":` + array(minValue-1) + `}}`))
	f.Add([]byte(strings.Repeat(`{"a":[`, 300) + strings.Repeat(`]}`, 300)))
	f.Add([]byte(`"<&>` + long + `"`))
	f.Add([]byte("\"\xff" + long + `"`))
	f.Add([]byte(` { "a" : "b" } `))
	f.Fuzz(func(t *testing.T, src []byte) {
		if !json.Valid(src) {
			return
		}
		got, err := marshal(json.RawMessage(src))
		require.NoError(t, err)
		stored, parts := store(got)
		requireStored(t, stored, parts)
		back, err := join(nil, stored, parts.get)
		require.NoError(t, err)
		require.True(t, bytes.Equal(got, back), "%s\n%s", got, back)
	})
}

func FuzzJoin(f *testing.F) {
	f.Add([]byte(`{"$text":"x"}`))
	f.Add([]byte(`{"$$text":"`))
	f.Add([]byte(`[{"$value":"x"},{"$value":"y"}]`))
	f.Add([]byte(`"`))
	f.Add([]byte(`{"$text":"x`))
	f.Fuzz(func(t *testing.T, stored []byte) {
		out, err := join(nil, stored, func(contentKind, Hash) ([]byte, error) { return []byte(`"t"`), nil })
		if err == nil && json.Valid(stored) && !bytes.Contains(stored, []byte(`\`)) {
			require.True(t, json.Valid(out), "%s", out)
		}
	})
}
