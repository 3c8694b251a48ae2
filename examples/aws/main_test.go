package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task/userdata"
)

// The tests set the environment, which is where the AWS SDK looks, so they do not run in parallel.

// forget makes the test one without any AWS setup.
func forget(t *testing.T) {
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "credentials"))
}

const secret = "wJalrXUtnFEMI-secret"

func withCredentials(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
}

// bedrock speaks enough of Converse to answer by the schema of each request.
type bedrock struct {
	*httptest.Server

	mu             sync.Mutex
	paths, signed  []string
	status         int    // 0 answers
	exception, why string // of any other status
}

func newBedrock(t *testing.T) *bedrock {
	b := &bedrock{}
	b.Server = httptest.NewServer(b)
	t.Cleanup(b.Close)
	return b
}

func (b *bedrock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	b.paths = append(b.paths, r.URL.EscapedPath())
	b.signed = append(b.signed, r.Header.Get("Authorization"))
	b.mu.Unlock()
	var in struct {
		ToolConfig struct {
			Tools []struct {
				ToolSpec struct {
					Name        string
					InputSchema struct{ JSON json.RawMessage }
				}
			}
		}
		OutputConfig struct {
			TextFormat struct {
				Structure struct{ JSONSchema struct{ Schema string } }
			}
		}
	}
	switch err := json.NewDecoder(r.Body).Decode(&in); {
	case err != nil:
		w.WriteHeader(http.StatusBadRequest)
	case b.status != 0:
		w.Header().Set("X-Amzn-ErrorType", b.exception)
		w.WriteHeader(b.status)
		io.WriteString(w, `{"message":"`+b.why+`"}`)
	case len(in.ToolConfig.Tools) == 1:
		spec := in.ToolConfig.Tools[0].ToolSpec
		write(w, "tool_use", map[string]any{"toolUse": map[string]any{
			"toolUseId": "t", "name": spec.Name, "input": fill(spec.InputSchema.JSON),
		}})
	default:
		text, _ := json.Marshal(fill([]byte(in.OutputConfig.TextFormat.Structure.JSONSchema.Schema)))
		write(w, "end_turn", map[string]any{"text": string(text)})
	}
}

func write(w http.ResponseWriter, stop string, block any) {
	json.NewEncoder(w).Encode(map[string]any{
		"output":     map[string]any{"message": map[string]any{"role": "assistant", "content": []any{block}}},
		"stopReason": stop,
		"usage":      map[string]any{"inputTokens": 900, "outputTokens": 80, "totalTokens": 980},
	})
}

// fill makes a value that fits a schema.
func fill(schema json.RawMessage) any {
	var s struct {
		Type       string
		Properties map[string]json.RawMessage
		Items      json.RawMessage
		Enum       []any
		Minimum    float64
	}
	if err := json.Unmarshal(schema, &s); err != nil {
		return nil
	}
	switch {
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Type == "object":
		out := map[string]any{}
		for name, property := range s.Properties {
			out[name] = fill(property)
		}
		return out
	case s.Type == "array":
		return []any{fill(s.Items)}
	case s.Type == "string":
		return "Say what the queue looks like."
	default:
		return max(s.Minimum, 2)
	}
}

// launch runs the program and returns what it printed and its exit code.
func launch(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, log bytes.Buffer
	code = exitCode(run(t.Context(), args, &out, &log), &log)
	assert.NotContains(t, out.String()+log.String(), secret)
	return out.String(), log.String(), code
}

func at(b *bedrock) []string {
	return []string{"-set", "resources.model.params.base_endpoint=" + b.URL}
}

func TestTheClassHasNoProblems(t *testing.T) {
	class, err := userdata.Dir(os.DirFS("class"))
	require.NoError(t, err)
	require.NoError(t, class.Check(t.Context()))
	past, err := class.Past(t.Context())
	require.NoError(t, err)
	require.Len(t, past, 4)
}

func TestFeedbackFromEndToEnd(t *testing.T) {
	for _, mode := range []string{"forced_tool", "native_schema"} {
		t.Run(mode, func(t *testing.T) {
			forget(t)
			withCredentials(t)
			t.Setenv("AWS_REGION", "eu-north-1")
			b := newBedrock(t)
			stdout, stderr, code := launch(t, append(at(b), "-set", "resources.model.params.reply_mode="+mode)...)
			require.Equal(t, exitDone, code, stderr)
			for _, want := range []string{
				"p5: essay_score\n", "p6: essay_score\n", "p7: draft_feedback\n", "  score      2: Say what", "  next step  Say what",
			} {
				assert.Contains(t, stdout, want)
			}
			assert.Len(t, b.paths, 6, "one call for each essay and task")
			for i, path := range b.paths {
				assert.Equal(t, "/model/amazon.nova-lite-v1%3A0/converse", path)
				assert.Contains(t, b.signed[i], "/eu-north-1/bedrock/aws4_request")
			}
		})
	}
}

func TestEverythingFromAProfile(t *testing.T) {
	forget(t)
	t.Setenv("AWS_PROFILE", "school")
	require.NoError(t, os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte("[profile school]\nregion = eu-west-3\n"), 0o600))
	require.NoError(t, os.WriteFile(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"),
		[]byte("[school]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = "+secret+"\n"), 0o600))
	b := newBedrock(t)
	_, stderr, code := launch(t, append(at(b), "-set", "resources.model.params.model=mistral.mistral-large-2407-v1:0")...)
	require.Equal(t, exitDone, code, stderr)
	assert.Contains(t, b.signed[0], "/eu-west-3/bedrock/aws4_request")
	assert.Equal(t, "/model/mistral.mistral-large-2407-v1%3A0/converse", b.paths[0])
}

func TestWhatIsMissingIsToldWithThePlan(t *testing.T) {
	for name, test := range map[string]struct {
		env     map[string]string
		args    []string
		want    []string
		without []string
	}{
		"everything": {
			nil, nil,
			[]string{
				"- the region: set AWS_REGION, or the region of profile default",
				"- the credentials: none that can be used in these places:",
				"AWS_ACCESS_KEY_ID is not set, AWS_SECRET_ACCESS_KEY is not set",
				"AWS_BEARER_TOKEN_BEDROCK is not set", "AWS_WEB_IDENTITY_TOKEN_FILE is not set", "AWS_CONTAINER_CREDENTIALS_FULL_URI is not set",
				"credentials (no such file)", "the metadata service of the instance: never asked",
			}, nil,
		},
		"region": {
			map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": secret}, nil,
			[]string{"- the region: "}, []string{"- the credentials"},
		},
		"credentials": {
			map[string]string{"AWS_REGION": "eu-north-1"}, nil,
			[]string{"- the credentials: "}, []string{"- the region"},
		},
		"half of the credentials": {
			map[string]string{"AWS_DEFAULT_REGION": "eu-north-1", "AWS_SECRET_ACCESS_KEY": secret}, nil,
			[]string{"AWS_ACCESS_KEY_ID is not set, AWS_SECRET_ACCESS_KEY is set"}, []string{"- the region"},
		},
		"credentials, with a region in the configuration": {
			nil, []string{"-set", "resources.model.params.region=eu-north-1"},
			[]string{"- the credentials: "}, []string{"- the region"},
		},
		"the region, with an API key": {
			map[string]string{"AWS_BEARER_TOKEN_BEDROCK": secret}, nil,
			[]string{"- the region: "}, []string{"- the credentials"},
		},
		"the profile": {
			map[string]string{"AWS_PROFILE": "schol", "AWS_REGION": "eu-north-1"}, nil,
			[]string{"- the AWS configuration: ", "schol"}, []string{"- the region"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			forget(t)
			for k, v := range test.env {
				t.Setenv(k, v)
			}
			b := newBedrock(t)
			stdout, stderr, code := launch(t, append(at(b), test.args...)...)
			assert.Equal(t, exitNotReady, code)
			assert.Contains(t, stdout, "3 essays x 2 tasks: at least 6 calls of amazon.nova-lite-v1:0 in region ")
			assert.Contains(t, stdout, "draft_feedback  derived  selected")
			assert.Contains(t, stderr, "aws: nothing was sent, because something is missing:\n")
			for _, want := range test.want {
				assert.Contains(t, stderr, want)
			}
			for _, no := range test.without {
				assert.NotContains(t, stderr, no)
			}
			assert.Empty(t, b.paths, "nothing is sent")
		})
	}
}

func TestPlanOnly(t *testing.T) {
	forget(t)
	stdout, stderr, code := launch(t, "-plan")
	assert.Equal(t, exitDone, code)
	assert.Contains(t, stdout, "at least 6 calls of amazon.nova-lite-v1:0 in region (not set)")
	assert.Empty(t, stderr)

	t.Setenv("AWS_REGION", "eu-north-1")
	stdout, _, _ = launch(t, "-plan", "-set", "tasks={essay_score: {}}")
	assert.Contains(t, stdout, "3 essays x 1 tasks: at least 3 calls of amazon.nova-lite-v1:0 in region eu-north-1")
}

func TestFailures(t *testing.T) {
	forget(t)
	withCredentials(t)
	t.Setenv("AWS_REGION", "eu-north-1")
	b := newBedrock(t)
	b.status, b.exception, b.why = 403, "AccessDeniedException", "You don't have access to the model with the specified model ID."
	stdout, stderr, code := launch(t, at(b)...)
	assert.Equal(t, exitFailed, code)
	assert.Empty(t, stdout)
	assert.Contains(t, stderr, "You don't have access to the model")
	assert.Equal(t, 6, strings.Count(stderr, "AccessDeniedException"), "every essay of every task fails alone: %s", stderr)

	for _, test := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"-h"}, "-plan", exitDone},
		{[]string{"-modle", "x"}, "flag provided but not defined", exitUsage},
		{[]string{"-set", "resources.model.use=gpt"}, "bedrock", exitFailed},
		{[]string{"-set", "resources.model.params.reply_mode=freely"}, "want forced_tool or native_schema", exitFailed},
		{[]string{"-set", "resources.model.params.key=x"}, "reply_mode", exitFailed},
	} {
		stdout, stderr, code := launch(t, test.args...)
		assert.Equal(t, test.code, code, test.args)
		assert.Contains(t, stderr, test.want)
		assert.Empty(t, stdout)
	}
}
