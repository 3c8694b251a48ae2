package price_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/price"
)

// small is a table with one of everything.
const small = `{
  "currency": "EUR",
  "as_of": "2026-09-01",
  "source": "a contract",
  "models": [
    {"provider": "openai", "model": "large", "aliases": ["large-2026-05-01"], "input": "2.50", "cached": "1.25", "output": "10.00"},
    {"provider": "openai", "model": "large-2025-01-01", "input": "5", "output": "15", "from": "2025-01-01"},
    {"provider": "aws.bedrock", "model": "vendor.m-v1:0", "input": "0.000001", "output": "0"}
  ],
  "rewrites": [
    {"provider": "aws.bedrock", "prefix": "arn:aws:bedrock:*:inference-profile/"},
    {"provider": "aws.bedrock", "prefix": "us."},
    {"provider": "aws.bedrock", "prefix": "eu.vendor.", "with": "vendor."}
  ],
  "free_resources": ["index"]
}`

func parse(t testing.TB, text string) *price.Table {
	t.Helper()
	table, err := price.Parse([]byte(text))
	require.NoError(t, err)
	return table
}

func TestParse(t *testing.T) {
	t.Parallel()
	table := parse(t, small)
	assert.Equal(t, "EUR", table.Currency())
	assert.Equal(t, price.Date{Year: 2026, Month: time.September, Day: 1}, table.AsOf())
	assert.Equal(t, "a contract", table.Source())
	cached := money(t, "1.25")
	require.Len(t, table.Models(), 3)
	assert.Equal(t, price.Model{
		Provider: "openai", Name: "large", Aliases: []string{"large-2026-05-01"},
		Input: money(t, "2.5"), Output: money(t, "10"), Cached: &cached,
	}, table.Models()[0])
	assert.Equal(t, price.Date{Year: 2025, Month: 1, Day: 1}, table.Models()[1].From)

	read, err := price.Read(strings.NewReader(small))
	require.NoError(t, err)
	assert.Equal(t, table, read)
	cut := errors.New("cut")
	_, err = price.Read(iotest.ErrReader(cut))
	require.ErrorIs(t, err, cut)
}

func TestParseReportsEverything(t *testing.T) {
	t.Parallel()
	_, err := price.Parse([]byte(`{
  "currency": "dollars",
  "as_of": "last May",
  "models": [
    {"provider": "openai", "model": "a", "input": "-1", "output": "0.0000001"},
    {"provider": "openai", "model": "b", "aliases": ["a", ""], "input": "two", "output": 2.5},
    {"provider": "", "model": "c", "input": "1", "output": "1", "cached": "-0.5", "prize": "1"},
    {"provider": "p", "model": "d", "model": "e", "input": "1"},
    {"provider": "p", "model": "f", "input": "1", "output": "1", "from": "2026-13-01"}
  ],
  "rewrites": [{"provider": "", "prefix": "a*b*"}, {"provider": "p", "prefix": ""}],
  "free_resources": ["index", "index", ""]
}`))
	require.EqualError(t, err, strings.Join([]string{
		`price table: line 1: source: want a value; the key is missing or null`,
		`price table: line 2: currency: got "dollars"; want a code of ISO 4217 such as USD`,
		`price table: line 3: as_of: got "last May"; want a day such as 2026-09-01`,
		`price table: line 5: models[0].input: got "-1.00"; want a price that is not negative`,
		`price table: line 5: models[0].output: got "0.0000001"; want a price for a million tokens with at most six decimals`,
		`price table: line 6: models[1].aliases[0]: got "a"; want each name once; models[0] has it already`,
		`price table: line 6: models[1].aliases[1]: want the name of a model`,
		`price table: line 6: models[1].input: got "two"; ` +
			`want a decimal number below ten million with at most twelve decimals, such as "2.50"`,
		`price table: line 6: models[1].output: got "2.5"; want a string in quotation marks; this is a number`,
		`price table: line 7: models[2].provider: want the name of the provider`,
		`price table: line 7: models[2].cached: got "-0.50"; want a price that is not negative`,
		`price table: line 7: models[2].prize: want a known key: provider, model, aliases, input, output, cached, from, source`,
		`price table: line 8: models[3].output: want a value; the key is missing or null`,
		`price table: line 8: models[3].model: want one value; the key is there twice`,
		`price table: line 9: models[4].from: got "2026-13-01"; want a day such as 2026-09-01`,
		`price table: line 11: rewrites[0].provider: want the name of the provider`,
		`price table: line 11: rewrites[0].prefix: got "a*b*"; want the begin of a name, with at most one * and that inside`,
		`price table: line 11: rewrites[1].prefix: want the begin of a name, with at most one * and that inside`,
		`price table: line 12: free_resources[1]: got "index"; want each resource once`,
		`price table: line 12: free_resources[2]: want the name of a resource`,
	}, "\n"))
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                        "price table: line 1: want valid JSON",
		"{\n\n]":                  "price table: line 3: want valid JSON",
		"[]":                      "price table: line 1: want an object; this is a list",
		small + "{}":              "want valid JSON",
		strings.ToUpper(small):    "want the key written",
		"{\"currency\":\"\xff\"}": "UTF-8",
		strings.Replace(small, "2025-01-01\"}", "2026-09-02\"}", 1): `line 7: models[1].from: got "2026-09-02"; want a day up to that`,
	} {
		_, err := price.Parse([]byte(in))
		require.ErrorContains(t, err, want)
	}
}

func TestDate(t *testing.T) {
	t.Parallel()
	d, err := price.ParseDate("2028-02-29")
	require.NoError(t, err)
	assert.Equal(t, "2028-02-29", d.String())
	assert.Empty(t, price.Date{}.String())
	for _, bad := range []string{"", "2026-02-29", "2026-2-1", "01.02.2026", "2026-02-01T00:00:00Z"} {
		_, err := price.ParseDate(bad)
		require.ErrorContains(t, err, "want a day such as", bad)
		require.Error(t, d.UnmarshalText([]byte(bad)))
	}
	assert.Equal(t, "2028-02-29", d.String(), "what cannot be read changes nothing")
	require.NoError(t, d.UnmarshalText([]byte("2026-01-02")))
	assert.Equal(t, price.Date{Year: 2026, Month: 1, Day: 2}, d)
}

func TestTableIsWrittenAsItIsRead(t *testing.T) {
	t.Parallel()
	for _, table := range []*price.Table{price.Default(), parse(t, small)} {
		data, err := json.MarshalIndent(table, "", "  ")
		require.NoError(t, err)
		assert.Equal(t, table, parse(t, string(data)))
	}
}

// FuzzParse checks that whatever is read is sound, and is read again as it is written.
func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(`{"currency":"USD","as_of":"2026-01-01","source":"s","models":[]}`))
	f.Add([]byte(`{"currency":"usd","models":[{"input":"-1","cached":null},{}],"rewrites":[{"prefix":"*"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := price.Parse(data)
		if err != nil {
			require.Nil(t, table)
			for line := range strings.SplitSeq(err.Error(), "\n") {
				require.Contains(t, line, "price table: line ")
			}
			return
		}
		require.False(t, table.AsOf().IsZero())
		require.NotEmpty(t, table.Currency())
		for _, m := range table.Models() {
			got, ok := table.Lookup(m.Provider, m.Name)
			require.True(t, ok)
			require.Equal(t, m, got)
			cost, ok := table.Cost(pipeline.CallInfo{Provider: m.Provider}, m.Name, pipeline.Usage{Input: 3, Cached: 1, Output: 2})
			require.True(t, ok)
			require.GreaterOrEqual(t, cost, pipeline.Money(0))
		}
		again, err := json.Marshal(table)
		require.NoError(t, err)
		require.Equal(t, table, parse(t, string(again)))
	})
}

func BenchmarkParse(b *testing.B) {
	data, err := json.Marshal(price.Default())
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = price.Parse(data)
	}
}
