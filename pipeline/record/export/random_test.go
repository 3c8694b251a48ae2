package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline/record/export"
)

// randomOutcomes returns outputs of mixed shapes, some of them failures.
func randomOutcomes(n int, seed uint64) []outcome {
	r := rand.New(rand.NewPCG(seed, 7))
	all := make([]outcome, n)
	for i := range all {
		if r.IntN(8) == 0 {
			all[i].err = fmt.Sprintf("failure %d", i)
			continue
		}
		b, _ := json.Marshal(randomValue(r, 3)) // of plain data
		all[i].output = string(b)
	}
	return all
}

func randomValue(r *rand.Rand, depth int) any {
	kinds := 5
	if depth > 0 {
		kinds = 12 // mostly objects and arrays
	}
	switch k := r.IntN(kinds); {
	case k == 0:
		return nil
	case k == 1:
		return r.IntN(2) == 0
	case k == 2:
		return r.IntN(100) - 50
	case k == 3:
		return r.NormFloat64()
	case k == 4:
		return []string{"", "a", "=b", "c,\"d\"\ne", "é\u2028", " x "}[r.IntN(6)]
	case k < 7:
		list := make([]any, r.IntN(4))
		for i := range list {
			list[i] = randomValue(r, depth-1)
		}
		return list
	default:
		object := map[string]any{}
		for range r.IntN(4) {
			object[[]string{"a", "b", "a.b", "", "c d"}[r.IntN(5)]] = randomValue(r, depth-1)
		}
		return object
	}
}

// leaves returns the scalars and arrays of a decoded value by their paths, as export names them; what is null is left out.
func leaves(path string, v any, into map[string]any) {
	object, ok := v.(map[string]any)
	if !ok {
		if v != nil {
			into[path] = v
		}
		return
	}
	for key, m := range object {
		name := path + "." + key
		if key == "" || key == "a.b" || key == "c d" {
			name = path + "[" + strconv.Quote(key) + "]"
		}
		leaves(name, m, into)
	}
}

// Whatever the outputs are, each of their leaves is found in its column, or inside of the JSON of what it belongs to, and no cell holds
// anything else.
func TestRandomOutputsComeBack(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		outcomes := randomOutcomes(1+int(seed%12), seed)
		run := recorded(t, outcomes)
		_, rows := parquetOf(t, run)
		lines := csvOf(t, run)
		require.Len(t, rows, len(outcomes))
		require.Len(t, lines, len(outcomes)+1)
		for i, o := range outcomes {
			checkRow(t, o, rows[i], lines[0], lines[i+1])
		}
	}
}

func checkRow(t *testing.T, o outcome, row map[string]any, header, line []string) {
	t.Helper()
	want := map[string]any{}
	if o.err == "" {
		var v any
		require.NoError(t, json.Unmarshal([]byte(o.output), &v))
		leaves("output", v, want)
	}
	found := map[string]any{}
	for i, name := range header[6:] {
		cell := row[name]
		if cell == nil {
			require.Empty(t, line[6+i], name)
			continue
		}
		require.Equal(t, textOf(t, cell, line[6+i]), line[6+i], name)
		value := plain(cell)
		if text, ok := cell.(string); ok && want[name] != text { // then it is JSON
			require.NoError(t, json.Unmarshal([]byte(text), &value), "%s of %s", name, o.output)
		}
		leaves(name, value, found)
	}
	require.Equal(t, want, found, "%s", o.output)
}

// plain returns a cell as encoding/json decodes it.
func plain(cell any) any {
	switch v := cell.(type) {
	case int64:
		return float64(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plain(v[i])
		}
		return list
	default:
		return v
	}
}

// textOf returns what CSV has for a cell of Parquet. A list is the same list, however it is written.
func textOf(t *testing.T, cell any, text string) string {
	t.Helper()
	if _, list := cell.([]any); list {
		var back any
		require.NoError(t, json.Unmarshal([]byte(text), &back))
		require.True(t, reflect.DeepEqual(plain(cell), back), "%v in Parquet, %s in CSV", cell, text)
		return text
	}
	return fmt.Sprint(cell)
}

// No output makes an export fail or panic, and CSV has a row for it.
func FuzzFlatten(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"a":{"b":[1,"x"]},"a.b":2}`, `{"a":1}`}, {`[]`, `{}`}, {`{"a":1,"a":"x"}`, `null`}, {`-0`, `1e400`}, {`"\r\n"`, `"\ud800"`},
		{`{"":{"":{"":1}}}`, `{"":[[[]]]}`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if !json.Valid([]byte(a)) || !json.Valid([]byte(b)) || !utf8.ValidString(a+b) {
			return // a record holds nothing else
		}
		run := recorded(t, append(outputs(a, b), outcome{err: "no"}))
		columns, rows := parquetOf(t, run)
		require.Len(t, rows, 3)
		var text bytes.Buffer
		require.NoError(t, export.CSV(&text, run))
		lines, err := csv.NewReader(&text).ReadAll()
		require.NoError(t, err)
		require.Len(t, lines, 4)
		require.Len(t, lines[0], len(columns))
		names := map[string]bool{}
		for _, name := range lines[0] {
			require.False(t, names[name], "two columns are named %s", name)
			names[name] = true
		}
	})
}
