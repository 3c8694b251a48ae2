package config

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// holder has secrets where methods are not called when values are printed by reflection.
type holder struct {
	Public  Secret
	Pointer *Secret
	private Secret
	list    []Secret
	byName  map[string]Secret
	any     any
}

// renderings shows a value in every way that a program might.
func renderings(t *testing.T, v any) []string {
	t.Helper()
	var out []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%T", "%10.3s", "%!"} {
		out = append(out, fmt.Sprintf(verb, v))
	}
	out = append(out, fmt.Sprint(v), fmt.Sprintln(v), fmt.Errorf("wrapped: %v", v).Error())
	if text, err := json.Marshal(v); err == nil {
		out = append(out, string(text))
	}
	if text, err := yaml.Marshal(v); err == nil {
		out = append(out, string(text))
	}
	if text, err := yaml.MarshalWithOptions(v, yaml.UseJSONMarshaler()); err == nil {
		out = append(out, string(text))
	}
	if text, err := xml.Marshal(v); err == nil {
		out = append(out, string(text))
	}
	var buf bytes.Buffer
	_ = gob.NewEncoder(&buf).Encode(v)
	slog.New(slog.NewTextHandler(&buf, nil)).Info("m", "v", v)
	slog.New(slog.NewJSONHandler(&buf, nil)).Info("m", "v", v, slog.Group("g", "v", v))
	// The printer behind testify's differences reads unexported fields.
	assert.Equal(&recorder{&buf}, v, "another value") //nolint:testifylint // what it prints is the test
	return append(out, buf.String())
}

type recorder struct{ *bytes.Buffer }

func (r *recorder) Errorf(format string, args ...any) { fmt.Fprintf(r, format, args...) }

func randomSecret(r *rand.Rand) string {
	b := []byte("sk-")
	for range 20 {
		b = append(b, "abcdefghijklmnopqrstuvwxyz0123456789"[r.IntN(36)])
	}
	return string(b)
}

func TestSecretIsNeverShown(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	for range 20 {
		text := randomSecret(r)
		s := NewSecret(text)
		assert.Equal(t, text, s.Reveal())
		h := holder{s, &s, s, []Secret{s}, map[string]Secret{"k": s}, s}
		for _, v := range []any{s, &s, h, &h, []any{s}, map[string]any{"k": h}, Environment{[]string{"k"}, map[string]resolved{"k": {s, true}}}} {
			for _, shown := range renderings(t, v) {
				require.NotContains(t, shown, text)
				require.NotContains(t, shown, fmt.Sprintf("%x", text))
			}
		}
	}
	assert.Empty(t, Secret{}.Reveal())
	assert.Equal(t, hidden, NewSecret("x").String())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		assert.Equal(t, hidden, fmt.Sprintf(verb, NewSecret("x")))
	}
	text, err := json.Marshal(map[string]any{"s": NewSecret("x")})
	require.NoError(t, err)
	assert.JSONEq(t, `{"s": "[secret]"}`, string(text))
	text, err = yaml.Marshal(map[string]any{"s": NewSecret("x")})
	require.NoError(t, err)
	assert.Contains(t, string(text), hidden)
	var back Secret
	require.Error(t, json.Unmarshal([]byte(`"sk-1"`), &back), "secrets are not read from files") //nolint:staticcheck // that it cannot be read is the test
}

// Two secrets give an asset the same identity, so no hash depends on one.
func TestSecretIsNotHashed(t *testing.T) {
	t.Parallel()
	plan := func(s Secret) string {
		a := pipeline.Derive(pipeline.Meta{Name: "a"}, struct{ Key Secret }{s}, func(*pipeline.Needs, struct{ Key Secret }) func(context.Context) (int, error) {
			return func(context.Context) (int, error) { return 1, nil }
		})
		p, err := pipeline.NewPlan(a)
		require.NoError(t, err)
		text, err := json.Marshal(p)
		require.NoError(t, err)
		return string(text)
	}
	assert.Equal(t, plan(NewSecret("one")), plan(NewSecret("two")))
}

// No listing, document, error, record or task of a configuration holds a value of the environment.
func TestEnvironmentIsNeverShown(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(13, 14))
	for range 20 {
		text := randomSecret(r)
		var env Environment
		fail := false
		c, err := Parse("gloss.yaml", []byte(openFile), classFiles(), WithSteps(fix()),
			withEnv(map[string]string{"REGION": text, "KEY": text}),
			WithModel("echo", func(_ fakeParams, e Environment) (llm.Model, error) {
				env = e
				if fail {
					cause := &url.Error{Op: "Get", URL: "https://host/?key=" + text, Err: errors.New("refused")}
					return nil, fmt.Errorf("connect with %q: %w", text, cause)
				}
				return fake(), nil
			}))
		require.NoError(t, err)
		b, err := c.Open(WithClass(userdata.NewClass("c", "t", userdata.Sources{})))
		require.NoError(t, err)
		tk, err := b.Task("essay_score")
		require.NoError(t, err)
		plan, err := pipeline.NewPlan(tk)
		require.NoError(t, err)
		var listing bytes.Buffer
		require.NoError(t, c.WriteValues(&listing))
		document, err := json.Marshal(c)
		require.NoError(t, err)
		fail = true
		_, failed := c.Open(WithClass(userdata.NewClass("c", "t", userdata.Sources{})))
		require.ErrorContains(t, failed, `connect with "[secret]": Get "https://host/?key=[secret]": refused`)

		shown := []string{listing.String(), string(document), plan.String(), failed.Error()}
		for _, v := range []any{env, c, b, tk, c.Values(), failed} {
			shown = append(shown, renderings(t, v)...)
		}
		for err := failed; err != nil; err = errors.Unwrap(err) {
			shown = append(shown, renderings(t, err)...)
		}
		assert.Contains(t, listing.String(), "env REGION")
		assert.Contains(t, string(document), `"env":"KEY"`)
		require.NotContains(t, strings.Join(shown, "\n"), text)
	}
}

// A value that was written into the file by mistake is not repeated in the error about it.
func TestLiteralSecretIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{"sk-123", "{value: sk-123}", "{env: [sk-123]}", "[sk-123]", "{env: X, secret: sk-123}"} {
		_, err := Parse("c.yaml", []byte("version: 1\ntasks: {essay_score: {}}\nenvironment:\n  key: "+entry), nil)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "sk-123")
		_, err = Parse("c.yaml", []byte("version: 1\ntasks: {essay_score: {}}\nenvironment: {key: {env: X}}"), nil, WithSet("environment.key="+entry))
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "sk-123")
	}
}
