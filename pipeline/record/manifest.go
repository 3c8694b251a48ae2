package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/gloss-sdk/gloss/pipeline"
)

// Format is the version of the directory's format that this package writes and reads.
const Format = 5

// State says how far a run got.
type State string

// The states of a run and of its sessions.
const (
	// StateRunning: the record was not closed. The run goes on, or its process died.
	StateRunning State = "running"
	// StateFinished: the record was closed after everything that was begun had ended. A loop that was left by break when nothing was in
	// flight counts as ended.
	StateFinished State = "finished"
	// StateStopped: the run stopped by itself, because a budget was spent or too many items failed; see [pipeline.Run.Stopped].
	StateStopped State = "stopped"
	// StateInterrupted: the record was closed while items were in flight, or a context ended before the work did, or a file could not be
	// written. Items that were not reached have no result. An earlier session whose process died was interrupted as well.
	StateInterrupted State = "interrupted"
)

// Manifest says what a run is. The caller of [Create] sets Name, Config, Seed and Plans, and Created if it is not now; the [Writer] sets
// the rest.
type Manifest struct {
	Format int   `json:"format"`
	State  State `json:"state"`
	// Reason says why the run stopped, if it did so by itself.
	Reason  string    `json:"reason,omitempty"`
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	// Finished is when the record was closed; zero while it is open.
	Finished time.Time `json:"finished,omitzero"`
	Versions Versions  `json:"versions"`
	// Seed is what all randomness of the run derives from.
	Seed uint64 `json:"seed"`
	// Config is the resolved configuration, any JSON value; nil if there is none. Secrets must have been taken out.
	Config json.RawMessage `json:"config,omitempty"`
	// Plans holds the plan of each target by its name; see [PlanOf].
	Plans map[string]Plan `json:"plans,omitempty"`
	// Totals sums up the whole run. It is empty while the record is open; see [Run.Totals].
	Totals
	// Sessions holds what began the run and what resumed it, in order.
	Sessions []Session `json:"sessions"`
}

// Session is the part of a run that one [Writer] recorded.
type Session struct {
	Began time.Time `json:"began"`
	// Ended is when the record was closed; for a session whose process died it is the last thing that the log tells of it. It is zero
	// while the session goes on.
	Ended  time.Time `json:"ended,omitzero"`
	State  State     `json:"state"`
	Reason string    `json:"reason,omitempty"`
	// Counts sums up what the session delivered and consumed; it is empty while the session goes on.
	Counts Counts `json:"counts,omitzero"`
	// Versions and Config are those of a session that resumed the run, where they differ from the run's.
	Versions Versions        `json:"versions,omitzero"`
	Config   json.RawMessage `json:"config,omitempty"`
	// Lost counts items whose results the log names and could not be read back; they were done again.
	Lost int `json:"lost,omitempty"`
}

// Plan is the record of a [pipeline.Plan].
type Plan struct {
	Entries  []pipeline.Entry `json:"entries"`
	Warnings []string         `json:"warnings,omitempty"`
}

// PlanOf returns the record of p, which must not be nil.
func PlanOf(p *pipeline.Plan) Plan { return Plan{p.Entries(), p.Warnings()} }

// Versions says which code ran, as far as the build tells.
type Versions struct {
	// Go is the version of the toolchain.
	Go string `json:"go"`
	// Program is the main module with its version, SDK the version of this module.
	Program string `json:"program,omitempty"`
	SDK     string `json:"sdk,omitempty"`
	// Revision is the commit of the main module; Modified is true if its files differed from the commit.
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
}

// sdkModule is the path of this module.
const sdkModule = "github.com/gloss-sdk/gloss"

func versionsOf(info *debug.BuildInfo) Versions {
	v := Versions{Go: info.GoVersion}
	if info.Main.Path != "" {
		v.Program = info.Main.Path + "@" + info.Main.Version
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path == sdkModule {
			v.SDK = m.Version
		}
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

// begun completes a caller's manifest for a run that begins.
func (m Manifest) begun() Manifest {
	begun := Manifest{
		Format: Format, State: StateRunning, Name: m.Name, Created: m.Created.UTC(), Seed: m.Seed,
		// The caller may change its own while the run goes on; the manifest is written again at the end.
		Config: bytes.Clone(m.Config), Plans: maps.Clone(m.Plans),
	}
	now := time.Now().UTC()
	if m.Created.IsZero() {
		begun.Created = now
	}
	begun.Versions = currentVersions()
	begun.Sessions = []Session{{Began: now, State: StateRunning}}
	return begun
}

func currentVersions() Versions {
	if info, ok := debug.ReadBuildInfo(); ok {
		return versionsOf(info)
	}
	return Versions{}
}

func (m Manifest) encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(m); err != nil {
		return nil, fmt.Errorf("record: manifest: %w", err)
	}
	return b.Bytes(), nil
}

// writeManifest replaces the manifest in dir.
func (open opener) writeManifest(dir string, m Manifest) error {
	text, err := m.encode()
	if err != nil {
		return err
	}
	err = open.replace(filepath.Join(dir, manifestFile), func(w io.Writer) error {
		_, err := w.Write(text)
		return err //nolint:wrapcheck // wrapped below
	})
	if err != nil {
		return fmt.Errorf("record: write %s: %w", filepath.Join(dir, manifestFile), err)
	}
	return nil
}

// readManifest reads the manifest in dir. The configurations in it are compact again, as they were given.
func readManifest(dir string) (Manifest, error) {
	path := filepath.Join(dir, manifestFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return Manifest{}, fmt.Errorf("record: %s is not the directory of a run: %w", dir, err)
	}
	var version struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return Manifest{}, fmt.Errorf("record: %s: %w", path, err)
	}
	if version.Format != Format {
		return Manifest{}, fmt.Errorf("record: %s: format %d is unknown; this version reads format %d", path, version.Format, Format)
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return Manifest{}, fmt.Errorf("record: %s: %w", path, err)
	}
	m.Config = compact(m.Config)
	for i := range m.Sessions {
		m.Sessions[i].Config = compact(m.Sessions[i].Config)
	}
	for _, plan := range m.Plans {
		for i := range plan.Entries {
			plan.Entries[i].Config = compact(plan.Entries[i].Config)
		}
	}
	return m, nil
}

// compact removes the spaces of valid JSON.
func compact(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return nil
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return raw
	}
	return b.Bytes()
}
