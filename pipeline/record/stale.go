package record

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/pipeline"
)

// Change is a way in which an asset is not what it was, and the targets whose results are stale because of it.
type Change struct {
	Asset string     `json:"asset"`
	What  ChangeKind `json:"what"`
	// Fields says what was changed in the configuration, the version or the needs; their old values are those of the recorded run.
	Fields []Difference `json:"fields,omitempty"`
	// Reason says why a change cannot be told.
	Reason string `json:"reason,omitempty"`
	// Targets names the targets that need the asset, or are it.
	Targets []string `json:"targets"`
}

// ChangeKind says what about an asset changed.
type ChangeKind string

// The kinds of changes.
const (
	AssetAdded        ChangeKind = "added"
	AssetRemoved      ChangeKind = "removed"
	ContentChanged    ChangeKind = "content"       // what a root holds, or what a derived asset was built into
	ConfigChanged     ChangeKind = "configuration" // see Fields
	VersionChanged    ChangeKind = "version"       // see Fields
	NeedsChanged      ChangeKind = "needs"         // other assets, or in another order; see Fields
	DefinitionChanged ChangeKind = "definition"    // configuration, version, type or needs; it is not known which of them
	ChangeUnknown     ChangeKind = "unknown"       // nothing identifies what it holds, so it may have changed; see Reason
)

// String returns the change in one line.
func (c Change) String() string {
	kind := "asset"
	if slices.Contains(c.Targets, c.Asset) {
		kind = "target"
	}
	return kind + " " + printable(c.Asset) + ": " + c.change()
}

func (c Change) change() string {
	switch c.What {
	case AssetAdded, AssetRemoved:
		return string(c.What)
	case ContentChanged:
		return "its content changed"
	case DefinitionChanged:
		return "its configuration, version, type or needs changed"
	case ChangeUnknown:
		return "may have changed: " + printable(c.Reason)
	default:
		lines := make([]string, len(c.Fields))
		for i, f := range c.Fields {
			lines[i] = f.String()
		}
		return strings.Join(lines, "; ")
	}
}

// madeTarget is a target with what it is made with, in the order of its plan.
type madeTarget struct {
	name, fingerprint string
	assets            []madeAsset
}

// madeAsset is what is known of an asset. The entry is nil where no plan is known, fingerprint and value are empty where they are not.
type madeAsset struct {
	pipeline.Print

	entry *pipeline.Entry
	value string // names what was recorded of its content
}

// changesOf says what changed between two makings of targets: of each target of after, then of those that only before has. A change that
// concerns several targets is told once.
func changesOf(before, after []madeTarget) []Change {
	var all []Change
	add := func(target string, changes ...Change) {
		for _, c := range changes {
			same := func(o Change) bool { return o.Asset == c.Asset && o.What == c.What && o.change() == c.change() }
			if i := slices.IndexFunc(all, same); i >= 0 {
				if !slices.Contains(all[i].Targets, target) {
					all[i].Targets = append(all[i].Targets, target)
				}
				continue
			}
			c.Targets = []string{target}
			all = append(all, c)
		}
	}
	for _, t := range after {
		i := slices.IndexFunc(before, func(o madeTarget) bool { return o.name == t.name })
		if i < 0 {
			add(t.name, Change{Asset: t.name, What: AssetAdded})
			continue
		}
		add(t.name, t.changedFrom(before[i])...)
	}
	for _, t := range before {
		if !slices.ContainsFunc(after, func(o madeTarget) bool { return o.name == t.name }) {
			add(t.name, Change{Asset: t.name, What: AssetRemoved})
		}
	}
	return all
}

// changedFrom says what changed in a target since it was made as was says.
func (t madeTarget) changedFrom(was madeTarget) []Change {
	if t.fingerprint != "" && t.fingerprint == was.fingerprint {
		return nil
	}
	oldKeys, old := byKey(was.assets)
	keys, is := byKey(t.assets)
	changed := map[string]bool{} // what is only built from something else that changed included
	var all []Change
	for _, key := range keys {
		before, ok := old[key]
		if !ok {
			all = append(all, Change{Asset: key.name, What: AssetAdded})
			changed[key.name] = true
			continue
		}
		own := is[key].changedFrom(before, changed)
		all = append(all, own...)
		changed[key.name] = changed[key.name] || len(own) > 0 || is[key].restsOn(before, changed)
	}
	for _, key := range oldKeys {
		if _, ok := is[key]; !ok {
			all = append(all, Change{Asset: key.name, What: AssetRemoved})
		}
	}
	return all
}

// assetKey tells assets of one name apart by their order in the plan.
type assetKey struct {
	name string
	nth  int
}

func byKey(assets []madeAsset) (keys []assetKey, by map[assetKey]madeAsset) {
	by = map[assetKey]madeAsset{}
	times := map[string]int{}
	for _, a := range assets {
		key := assetKey{a.Name, times[a.Name]}
		times[a.Name]++
		keys = append(keys, key)
		by[key] = a
	}
	return keys, by
}

// changedFrom says what changed in an asset itself, and not only in what it needs. changed names the assets before it that changed.
func (a madeAsset) changedFrom(was madeAsset, changed map[string]bool) []Change {
	identified := a.Fingerprint != "" && was.Fingerprint != ""
	if identified && a.Fingerprint == was.Fingerprint {
		return nil
	}
	planned := a.entry != nil && was.entry != nil
	if planned {
		if all := entryChanges(was.entry, a.entry); len(all) > 0 {
			return all
		}
	}
	recorded := a.value != "" && was.value != ""
	root := isRoot(cmp.Or(a.entry, was.entry))
	switch {
	case !root && a.restsOn(was, changed):
		return nil
	case identified && !root:
		return []Change{{Asset: a.Name, What: DefinitionChanged}}
	case identified, recorded && a.value != was.value:
		return []Change{{Asset: a.Name, What: ContentChanged}}
	case recorded, planned && a.Unidentified == "" && was.Unidentified == "" && (!root || a.Fingerprint == was.Fingerprint):
		return nil
	default:
		reason := cmp.Or(a.Unidentified, was.Unidentified, "its fingerprint is not recorded")
		return []Change{{Asset: a.Name, What: ChangeUnknown, Reason: reason}}
	}
}

// isRoot reports whether an asset is identified by what it holds; so is one of which no plan is known.
func isRoot(e *pipeline.Entry) bool {
	return e == nil || e.Origin != pipeline.OriginDerived || e.Replaced
}

// restsOn reports whether an asset needs one that changed, which alone gives it another fingerprint.
func (a madeAsset) restsOn(was madeAsset, changed map[string]bool) bool {
	e := cmp.Or(a.entry, was.entry)
	return e != nil && slices.ContainsFunc(e.Needs, func(need string) bool { return changed[need] })
}

// entryChanges compares what two plans say of an asset.
func entryChanges(was, is *pipeline.Entry) []Change {
	var all []Change
	told := func(what ChangeKind, fields []Difference) {
		if len(fields) > 0 {
			all = append(all, Change{Asset: is.Name, What: what, Fields: fields})
		}
	}
	told(VersionChanged, differences("version", jsonOf(was.Version), jsonOf(is.Version)))
	whole := "" // keys of a configuration speak for themselves
	if was.Config == nil || is.Config == nil {
		whole = "configuration"
	}
	told(ConfigChanged, differences(whole, was.Config, is.Config))
	if !slices.Equal(was.Needs, is.Needs) {
		told(NeedsChanged, []Difference{{"needs", jsonOf(was.Needs), jsonOf(is.Needs)}})
	}
	return all
}

// jsonOf returns the JSON of plain data.
func jsonOf(v any) json.RawMessage {
	b, _ := marshal(v) // numbers and strings have one
	return b
}

// Stale says what changed between what the run was made with and what it would be made with now, which makes its results stale. now holds
// what [pipeline.Describe] says of the targets to compare; others are not looked at. No change means that a new run would ask for what
// the record holds.
//
// What the run was made with is in its log if the run had the Writer by [pipeline.WithRecorder]; otherwise the plans of the manifest say
// what they can, and the rest is reported as [ChangeUnknown]. Where a target has no Plan, a change of
// its configuration is a [DefinitionChanged], and not told of an asset that needs another one that changed.
func (r *Run) Stale(now ...pipeline.Target) ([]Change, error) {
	plans := map[string]Plan{}
	for _, t := range now {
		if t.Plan != nil {
			plans[t.Name] = PlanOf(t.Plan)
		}
	}
	was, is := newMaking(r.manifest.Plans), newMaking(plans)
	for e, err := range r.Events() {
		if err != nil {
			return nil, err
		}
		was.see(&e)
	}
	for _, t := range now {
		is.begin(t)
	}
	asked := is.targets(false)
	unasked := func(t madeTarget) bool {
		return !slices.ContainsFunc(asked, func(o madeTarget) bool { return o.name == t.name })
	}
	return changesOf(slices.DeleteFunc(was.targets(true), unasked), asked), nil
}
