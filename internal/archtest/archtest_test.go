package archtest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/gloss-sdk/gloss"

// pkg is what `go list` says of a package.
type pkg struct {
	ImportPath string
	Dir        string
	Imports    []string
	Deps       []string
	GoFiles    []string
	Standard   bool
}

// packages lists the packages of the module with everything that they link.
func packages(t *testing.T) map[string]pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,Imports,Deps,GoFiles,Standard", module+"/...")
	cmd.Dir = filepath.Join("..", "..")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	found := map[string]pkg{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		found[strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")] = p
	}
	require.Greater(t, len(found), 10, "go list found the module")
	return found
}

// within reports whether the module's package path is one of roots or below it.
func within(path string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(r string) bool { return path == r || strings.HasPrefix(path, r+"/") })
}

// own returns the paths of the module's own packages among imports.
func own(imports []string) []string {
	var out []string
	for _, i := range imports {
		if rest, ok := strings.CutPrefix(i, module+"/"); ok {
			out = append(out, rest)
		}
	}
	return out
}

// vendors are modules that only an adapter may link: a service that imports the core must not be moved to their versions.
func vendors() []string {
	return []string{
		"github.com/aws/", "github.com/cloudwego/", "github.com/qdrant/", "github.com/openai/",
		"google.golang.org/grpc", "google.golang.org/protobuf", "go.temporal.io/", "go.opentelemetry.io/", "github.com/parquet-go/",
	}
}

func TestCoreLinksNoVendorSDK(t *testing.T) {
	t.Parallel()
	all := packages(t)
	core := []string{
		"pipeline", "pipeline/record", "pipeline/limit", "pipeline/price", "pipeline/progress", "pipeline/eventlog",
		"pipeline/store", "pipeline/reuse", "task", "task/userdata", "task/config", "prompt",
		"llm", "llm/cassette", "llm/exemplarllm", "llm/llmtest", "embed", "retrieval", "retrieval/memindex",
		"eval", "eval/stats", "eval/agreement", "eval/leak", "eval/writing", "eval/experiment", "examples/quickstart",
	}
	for _, path := range core {
		p, ok := all[path]
		require.True(t, ok, "package %s is part of the core and must exist", path)
		for _, dep := range p.Deps {
			for _, v := range vendors() {
				require.False(t, strings.HasPrefix(dep, v),
					"%s links %s: core packages link no vendor SDK, put it into an adapter", path, dep)
			}
		}
	}
}

func TestInferenceNeverReachesEvaluation(t *testing.T) {
	t.Parallel()
	for path, p := range packages(t) {
		if within(path, "eval", "examples", "internal") {
			continue
		}
		for _, dep := range own(p.Deps) {
			require.False(t, within(dep, "eval"),
				"%s reaches %s: inference never knows evaluation; ground truth has no way into a prompt", path, dep)
		}
	}
}

func TestEvaluationKnowsNoTask(t *testing.T) {
	t.Parallel()
	all := packages(t)
	for _, path := range []string{"eval", "eval/stats", "eval/agreement", "eval/leak"} {
		for _, dep := range own(all[path].Deps) {
			require.False(t, within(dep, "task", "llm", "retrieval", "prompt", "embed"),
				"%s reaches %s: evaluation wraps any stage; what is of this domain belongs in eval/writing", path, dep)
		}
	}
}

func TestPortsStandAlone(t *testing.T) {
	t.Parallel()
	all := packages(t)
	for path, reason := range map[string]string{
		"pipeline":  "it runs any stage and knows no port",
		"llm":       "usage and errors travel through neutral methods",
		"embed":     "a port is a leaf",
		"retrieval": "a port is a leaf",
	} {
		for _, dep := range own(all[path].Deps) {
			require.Equal(t, "internal/plainjson", dep, "%s imports packages of the module: %s", path, reason)
		}
	}
}

func TestAdaptersImportOnePort(t *testing.T) {
	t.Parallel()
	ports := []string{"llm", "embed", "retrieval"}
	for path, p := range packages(t) {
		port, _, below := strings.Cut(path, "/")
		if !below || !slices.Contains(ports, port) {
			continue
		}
		for _, dep := range own(p.Deps) {
			require.True(t, dep == port || within(dep, "internal"),
				"%s imports %s: an adapter imports its one port and its vendor's SDK", path, dep)
		}
	}
}

// What stands below the pipeline works on runs of any stage, and takes nothing from its neighbors but what it is made for.
func TestPackagesBelowThePipelineKnowNoPort(t *testing.T) {
	t.Parallel()
	neighbors := map[string][]string{
		"pipeline/record/export":   {"pipeline/record"},
		"pipeline/reuse":           {"pipeline/store"},
		"pipeline/store/s3store":   {"pipeline/store"},
		"pipeline/store/storetest": {"pipeline/store"},
	}
	found := 0
	for path, p := range packages(t) {
		if !strings.HasPrefix(path, "pipeline/") {
			continue
		}
		found++
		for _, dep := range own(p.Deps) {
			private := strings.HasPrefix(dep, path+"/internal/") || strings.HasPrefix(dep, "pipeline/record/internal/")
			require.True(t, dep == "pipeline" || within(dep, "internal") || private || slices.Contains(neighbors[path], dep),
				"%s imports %s: it works on runs of any stage and knows no port and no task", path, dep)
		}
	}
	require.Greater(t, found, 10)
}

// The interface of OpenTelemetry is what a library links; its SDK and exporters belong to the program.
func TestTelemetryLinksNoSDK(t *testing.T) {
	t.Parallel()
	p, ok := packages(t)["pipeline/telemetry"]
	require.True(t, ok)
	for _, dep := range p.Deps {
		require.False(t, strings.HasPrefix(dep, "go.opentelemetry.io/otel/sdk") || strings.HasPrefix(dep, "go.opentelemetry.io/otel/exporters"),
			"pipeline/telemetry links %s", dep)
	}
}

func TestTestLibrariesStayInTests(t *testing.T) {
	t.Parallel()
	for path, p := range packages(t) {
		suite := strings.HasSuffix(path, "test")
		for _, dep := range p.Deps {
			require.False(t, strings.HasPrefix(dep, "github.com/stretchr/testify"),
				"%s links testify outside of its tests", path)
			require.False(t, dep == "testing" && !suite, "%s links the testing package outside of its tests", path)
		}
	}
}

// A task runs without what evaluation, examples and adapters bring: the shipped default adapters are what task itself names.
func TestTaskLinksOnlyTheDefaultIndex(t *testing.T) {
	t.Parallel()
	allowed := []string{"pipeline", "prompt", "llm", "retrieval", "retrieval/memindex", "task/userdata", "internal/strictjson", "internal/spelling", "internal/plainjson"}
	for _, dep := range own(packages(t)["task"].Deps) {
		require.Contains(t, allowed, dep, "task links %s", dep)
	}
}

func TestEveryPackageIsDocumentedOnce(t *testing.T) {
	t.Parallel()
	for path, p := range packages(t) {
		docs := 0
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
			require.NoError(t, err)
			if f.Doc != nil && strings.TrimSpace(f.Doc.Text()) != "" {
				docs++
			}
		}
		require.Equal(t, 1, docs, "%s must have exactly one package comment", path)
	}
}

// The program in the README is a program that builds and runs.
func TestReadmeShowsTheMinimalProgram(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	require.NoError(t, err)
	program, err := os.ReadFile(filepath.Join("..", "..", "examples", "minimal", "main.go"))
	require.NoError(t, err)
	_, code, found := strings.Cut(string(program), "package main\n")
	require.True(t, found)
	require.Contains(t, string(readme), "```go\npackage main\n"+code+"```")
}
