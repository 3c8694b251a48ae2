package price_test

import (
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/price"
)

func money(t testing.TB, s string) pipeline.Money {
	t.Helper()
	m, err := pipeline.ParseMoney(s)
	require.NoError(t, err)
	return m
}

func TestLookup(t *testing.T) {
	t.Parallel()
	table := parse(t, small)
	for name, want := range map[[2]string]string{
		{"openai", "large"}:                    "large",
		{"openai", "large-2026-05-01"}:         "large",
		{"openai", "large-2025-01-01"}:         "large-2025-01-01",
		{"openai", "large-2027-01-01"}:         "", // a snapshot may have a price of its own
		{"openai", "LARGE"}:                    "",
		{"openai", "us.large"}:                 "",
		{"", "large"}:                          "",
		{"azure", "large"}:                     "",
		{"openai", ""}:                         "",
		{"aws.bedrock", "vendor.m-v1:0"}:       "vendor.m-v1:0",
		{"aws.bedrock", "us.vendor.m-v1:0"}:    "vendor.m-v1:0",
		{"aws.bedrock", "eu.vendor.m-v1:0"}:    "vendor.m-v1:0",
		{"aws.bedrock", "eu.us.vendor.m-v1:0"}: "",
		{"aws.bedrock", "us.us.vendor.m-v1:0"}: "",
		{"aws.bedrock", "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.vendor.m-v1:0"}:   "vendor.m-v1:0",
		{"aws.bedrock", "arn:aws:bedrock:us-east-1:123456789012:inference-profile/vendor.m-v1:0"}:      "vendor.m-v1:0",
		{"aws.bedrock", "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/x1y2z3"}: "",
		{"aws.bedrock", "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/vendor.m-v1:0"}:      "",
	} {
		m, ok := table.Lookup(name[0], name[1])
		assert.Equal(t, want != "", ok, name)
		assert.Equal(t, want, m.Name, name)
	}
}

func TestCost(t *testing.T) {
	t.Parallel()
	table := parse(t, small)
	call := func(provider, model string) pipeline.CallInfo {
		return pipeline.CallInfo{Resource: "llm", Provider: provider, Model: model}
	}
	for name, c := range map[string]struct {
		call     pipeline.CallInfo
		answered string
		usage    pipeline.Usage
		want     string // "": not known
	}{
		"input and output":         {call("openai", "large"), "large", pipeline.Usage{Calls: 1, Input: 1000, Output: 100}, "0.0035"},
		"cached is part of input":  {call("openai", "large"), "large", pipeline.Usage{Calls: 1, Input: 1000, Cached: 800}, "0.0015"},
		"no price for cached":      {call("openai", "x"), "large-2025-01-01", pipeline.Usage{Calls: 1, Input: 1000, Cached: 800}, "0.005"},
		"reasoning is in output":   {call("openai", "large"), "large", pipeline.Usage{Calls: 1, Output: 100, Reasoning: 90}, "0.001"},
		"the smallest price":       {call("aws.bedrock", "vendor.m-v1:0"), "", pipeline.Usage{Input: 1, Output: 9}, "0.000000000001"},
		"what answered goes first": {call("openai", "large"), "large-2025-01-01", pipeline.Usage{Input: 1000}, "0.005"},
		"an alias that answered":   {call("openai", "large-2025-01-01"), "large-2026-05-01", pipeline.Usage{Input: 1000}, "0.0025"},
		"what was asked":           {call("openai", "large"), "large-of-today", pipeline.Usage{Input: 1000}, "0.0025"},
		"an alias that was asked":  {call("openai", "large-2026-05-01"), "", pipeline.Usage{Input: 1000}, "0.0025"},
		"nothing consumed":         {call("openai", "large"), "large", pipeline.Usage{Calls: 1}, "0"},
		"reused":                   {call("openai", "large"), "large", pipeline.Usage{Reused: 1}, "0"},
		"unknown model":            {call("openai", "small"), "small", pipeline.Usage{Calls: 1, Input: 1}, ""},
		"unknown and nothing":      {call("openai", "small"), "small", pipeline.Usage{Calls: 1}, ""},
		"unknown provider":         {call("", "large"), "large", pipeline.Usage{Calls: 1, Input: 1}, ""},
		"free":                     {pipeline.CallInfo{Resource: "index"}, "", pipeline.Usage{Calls: 1, Input: 5}, "0"},
		"more cached than read":    {call("openai", "large"), "large", pipeline.Usage{Input: 1, Cached: 2}, ""},
		"negative":                 {call("openai", "large"), "large", pipeline.Usage{Input: 1, Output: -1}, ""},
		"negative cached":          {call("openai", "large"), "large", pipeline.Usage{Input: 1, Cached: -1}, ""},
		"too much for a product":   {call("openai", "large"), "large", pipeline.Usage{Input: math.MaxInt}, ""},
		"too much for a sum":       {call("openai", "large"), "large", pipeline.Usage{Input: 3e12, Output: 5e11}, ""},
		"as much as there can be":  {call("openai", "large"), "large", pipeline.Usage{Input: 3_600_000_000_000}, "9000000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := table.Cost(c.call, c.answered, c.usage)
			assert.Equal(t, c.want != "", ok)
			if c.want != "" {
				assert.Equal(t, money(t, c.want), got)
			}
		})
	}
}

func randomUsage(rng *rand.Rand) pipeline.Usage {
	u := pipeline.Usage{Calls: rng.IntN(3), Input: rng.IntN(1 << rng.IntN(40)), Output: rng.IntN(1 << rng.IntN(30))}
	u.Cached, u.Reasoning = rng.IntN(u.Input+1), rng.IntN(u.Output+1)
	return u
}

// The cost of a sum is the sum of the costs: nothing is rounded, however the tokens are split into calls.
func TestCostIsAdditive(t *testing.T) {
	t.Parallel()
	table := price.Default()
	models := table.Models()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		m := models[rng.IntN(len(models))]
		call := pipeline.CallInfo{Provider: m.Provider, Model: m.Name}
		u, v := randomUsage(rng), randomUsage(rng)
		first, ok1 := table.Cost(call, m.Name, u)
		second, ok2 := table.Cost(call, m.Name, v)
		both, ok := table.Cost(call, m.Name, u.Add(v))
		require.True(t, ok && ok1 && ok2, "%s: %+v, %+v", m.Name, u, v)
		require.Equal(t, first+second, both, "%s: %+v, %+v", m.Name, u, v)
		require.GreaterOrEqual(t, both, first)
	}
}

// The cost of a million tokens of a kind is the price as it is written.
func TestMillionTokensCostThePrice(t *testing.T) {
	t.Parallel()
	const million = 1_000_000
	table := price.Default()
	for _, m := range table.Models() {
		for _, name := range append(m.Aliases, m.Name) {
			for want, u := range map[pipeline.Money]pipeline.Usage{
				m.Input: {Input: million}, m.Output: {Output: million}, *m.Cached: {Input: million, Cached: million},
			} {
				got, ok := table.Cost(pipeline.CallInfo{Provider: m.Provider}, name, u)
				require.True(t, ok, name)
				require.Equal(t, want, got, name)
			}
		}
	}
}

func TestDefault(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("default.json")
	require.NoError(t, err)
	table := price.Default()
	assert.Equal(t, parse(t, string(data)), table)
	assert.Equal(t, "USD", table.Currency())
	require.NotEmpty(t, table.Models())
	for _, m := range table.Models() {
		assert.Regexp(t, `^https://[^ ]+`, m.Source, m.Name)
		require.NotNil(t, m.Cached, m.Name)
		assert.Less(t, *m.Cached, m.Input, m.Name)
		assert.Less(t, m.Input, m.Output, m.Name)
	}
	const profile = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/"
	for name, want := range map[string]string{
		"us.amazon.nova-lite-v1:0":                                         "amazon.nova-lite-v1:0",
		"eu.amazon.nova-lite-v1:0":                                         "", // other regions, other prices
		"eu.anthropic.claude-sonnet-4-6":                                   "anthropic.claude-sonnet-4-6",
		"global.anthropic.claude-sonnet-4-6":                               "global.anthropic.claude-sonnet-4-6",
		profile + "us.amazon.nova-micro-v1:0":                              "amazon.nova-micro-v1:0",
		profile + "global.anthropic.claude-sonnet-4-6":                     "global.anthropic.claude-sonnet-4-6",
		"arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0": "amazon.nova-pro-v1:0",
		"arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-pro-v1:0": "",
		"gpt-4o": "",
	} {
		m, ok := table.Lookup("aws.bedrock", name)
		assert.Equal(t, want != "", ok, name)
		assert.Equal(t, want, m.Name, name)
	}
	for _, name := range []string{"gpt-4o-2024-05-13", "gpt-4o-audio-preview", "ft:gpt-4o-mini-2024-07-18:own"} {
		_, ok := table.Lookup("openai", name)
		assert.False(t, ok, "%s has a price of its own", name)
	}
}

func TestWith(t *testing.T) {
	t.Parallel()
	base := parse(t, small)
	cached := money(t, "0.5")
	derived, err := base.With(
		price.Model{Provider: "openai", Name: "large", Input: money(t, "1"), Output: money(t, "4"), Cached: &cached},
		price.Model{Provider: "vllm", Name: "own", Input: 0, Output: 0},
	)
	require.NoError(t, err)
	cached = 0 // the table keeps no reference
	_, known := derived.Lookup("openai", "large-2026-05-01")
	assert.False(t, known, "the aliases of the model that was replaced are gone")
	got, ok := derived.Cost(pipeline.CallInfo{Provider: "openai"}, "large", pipeline.Usage{Input: 10, Cached: 10})
	assert.True(t, ok)
	assert.Equal(t, money(t, "0.000005"), got)
	got, ok = derived.Cost(pipeline.CallInfo{Provider: "vllm"}, "own", pipeline.Usage{Input: 10})
	assert.True(t, ok)
	assert.Zero(t, got)
	assert.Equal(t, parse(t, small), base, "the table is unchanged")

	_, err = base.With(
		price.Model{Provider: "p", Name: "large", Input: -1, Output: 1},
		price.Model{Provider: "openai", Name: "other", Aliases: []string{"large"}},
	)
	require.EqualError(t, err, strings.Join([]string{
		`price table: model "large" of "p": input: got "-0.000000000001"; want a price that is not negative`,
		`price table: model "large" of "p": output: got "0.000000000001"; want a price for a million tokens with at most six decimals`,
		`price table: model "other" of "openai": aliases[0]: got "large"; want each name once; models[0] has it already`,
	}, "\n"))
	_, err = new(price.Table).With()
	require.ErrorContains(t, err, "currency")
}

func TestWithFree(t *testing.T) {
	t.Parallel()
	base := parse(t, small)
	derived, err := base.WithFree("local", "index")
	require.NoError(t, err)
	call := pipeline.CallInfo{Resource: "local", Provider: "openai", Model: "large"}
	got, ok := derived.Cost(call, "large", pipeline.Usage{Input: 1000})
	assert.True(t, ok)
	assert.Zero(t, got)
	got, _ = base.Cost(call, "large", pipeline.Usage{Input: 1000})
	assert.NotZero(t, got)
	_, err = base.WithFree("")
	require.ErrorContains(t, err, "free_resources[1]: want the name of a resource")
}

func TestModelsAreCopies(t *testing.T) {
	t.Parallel()
	table := parse(t, small)
	models := table.Models()
	models[0].Aliases[0], *models[0].Cached = "x", 0
	m, _ := table.Lookup("openai", "large")
	m.Aliases[0], *m.Cached = "x", 0
	assert.Equal(t, parse(t, small), table)
}

func TestZeroTable(t *testing.T) {
	t.Parallel()
	var table price.Table
	_, ok := table.Cost(pipeline.CallInfo{Provider: "openai", Model: "large"}, "large", pipeline.Usage{})
	assert.False(t, ok)
	assert.Empty(t, table.Models())
	require.ErrorContains(t, table.CheckAge(time.Now(), 1), "not known")
}

func TestCheckAge(t *testing.T) {
	t.Parallel()
	table := parse(t, small) // of the first of September
	at := func(text string) time.Time {
		tm, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return tm
	}
	require.NoError(t, table.CheckAge(at("2026-09-01T00:00:00Z"), 0))
	require.NoError(t, table.CheckAge(at("2026-09-01T23:59:59-11:00"), 0))
	require.NoError(t, table.CheckAge(at("2026-08-01T00:00:00Z"), 0))
	require.NoError(t, table.CheckAge(at("2026-11-30T23:00:00Z"), 90))
	require.EqualError(t, table.CheckAge(at("2026-12-01T00:00:00Z"), 90),
		"price table: the prices are as of 2026-09-01, 91 days ago, and should be at most 90 days old: check them")
}

func BenchmarkCost(b *testing.B) {
	table := price.Default()
	call := pipeline.CallInfo{Resource: "llm", Provider: "aws.bedrock", Model: "us.amazon.nova-lite-v1:0"}
	b.ReportAllocs()
	for b.Loop() {
		table.Cost(call, call.Model, pipeline.Usage{Calls: 1, Input: 1200, Output: 300})
	}
}
