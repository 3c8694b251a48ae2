package record

import (
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVersionsOf(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		info debug.BuildInfo
		want Versions
	}{
		"a program that uses the module": {
			debug.BuildInfo{
				GoVersion: "go1.26.8", Main: debug.Module{Path: "example.com/service", Version: "v1.2.0"},
				Deps:     []*debug.Module{{Path: "example.com/other", Version: "v9.0.0"}, {Path: sdkModule, Version: "v0.3.0"}},
				Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}, {Key: "GOOS", Value: "linux"}},
			},
			Versions{Go: "go1.26.8", Program: "example.com/service@v1.2.0", SDK: "v0.3.0", Revision: "abc", Modified: true},
		},
		"the module itself": {
			debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Path: sdkModule, Version: "(devel)"}, Settings: []debug.BuildSetting{{Key: "vcs.modified", Value: "false"}}},
			Versions{Go: "go1.26.8", Program: sdkModule + "@(devel)", SDK: "(devel)"},
		},
		"nothing known": {debug.BuildInfo{GoVersion: "go1.26.8"}, Versions{Go: "go1.26.8"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, versionsOf(&tc.info))
		})
	}
}

func TestNewDir(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 1, 2, 3, 4_567_890, time.FixedZone("", 2*3600))
	for name, tc := range map[string]struct{ name, want string }{
		"plain":       {"baseline", "20261121T230203.004Z-baseline"},
		"no name":     {"", "20261121T230203.004Z"},
		"only marks":  {"/../..", "20261121T230203.004Z"},
		"a path":      {"../a b/é_1.0", "20261121T230203.004Z-a-b--_1.0"},
		"a long name": {strings.Repeat("x", 200), "20261121T230203.004Z-" + strings.Repeat("x", 64)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, filepath.Join("runs", tc.want), NewDir("runs", tc.name, at))
		})
	}
}

func TestNewDirSortsByTime(t *testing.T) {
	t.Parallel()
	last := ""
	at := time.Date(2026, 12, 31, 23, 59, 58, 990_000_000, time.UTC)
	for range 3000 {
		dir := NewDir("", "z", at)
		require.Greater(t, dir, last)
		last, at = dir, at.Add(time.Millisecond)
	}
	assert.Greater(t, NewDir("", "a", at), last, "whatever the name")
}
