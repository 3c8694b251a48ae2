package record

import (
	"maps"
	"slices"

	"github.com/gloss-sdk/gloss/pipeline"
)

// making gathers from the plans of the manifest and from the log what the targets of a run were made with. Where sessions differ the last
// one counts.
type making struct {
	plans  map[string]Plan
	begun  []madeTarget // as the run was told of them
	built  []pipeline.Entry
	values map[string][]Hash // what assets held, by name
}

func newMaking(plans map[string]Plan) *making {
	return &making{plans: plans, values: map[string][]Hash{}}
}

func (m *making) see(e *Event) {
	switch e.Kind {
	case KindTarget:
		m.begin(pipeline.Target{Name: e.Target, Fingerprint: e.Fingerprint, Assets: e.Assets})
	case pipeline.KindAsset:
		if e.Asset == nil || e.Error != "" {
			return
		}
		if !slices.Contains(m.values[e.Asset.Name], e.Out) {
			m.values[e.Asset.Name] = append(m.values[e.Asset.Name], e.Out)
			m.built = append(m.built, *e.Asset)
		}
	default:
	}
}

func (m *making) begin(t pipeline.Target) {
	made := madeTarget{name: t.Name, fingerprint: t.Fingerprint}
	for _, p := range t.Assets {
		made.assets = append(made.assets, madeAsset{Print: p})
	}
	same := func(o madeTarget) bool { return o.name == t.Name }
	m.begun = append(slices.DeleteFunc(m.begun, same), made)
}

// targets returns the targets that began, in the order of their beginnings, and if asked for those that are only planned. A run without a
// journal tells of no beginnings; where it has no plans either, everything that it built stands for one target, which has no name.
func (m *making) targets(planned bool) []madeTarget {
	all := slices.Clone(m.begun)
	for _, name := range slices.Sorted(maps.Keys(m.plans)) {
		if planned && !slices.ContainsFunc(all, func(t madeTarget) bool { return t.name == name }) {
			all = append(all, madeTarget{name: name, assets: unidentifiedAssets(m.plans[name].Entries)})
		}
	}
	if len(all) == 0 && len(m.built) > 0 {
		all = append(all, madeTarget{assets: unidentifiedAssets(m.built)})
	}
	for i := range all {
		m.complete(&all[i])
	}
	return all
}

func unidentifiedAssets(entries []pipeline.Entry) []madeAsset {
	assets := make([]madeAsset, len(entries))
	for i, e := range entries {
		assets[i].Name, assets[i].Group = e.Name, e.Group
	}
	return assets
}

// complete adds what the plan says of the assets of t, or what was told when they were built, and what they held. Assets of one name are
// told apart by their order.
func (m *making) complete(t *madeTarget) {
	entries := m.built
	if plan, ok := m.plans[t.name]; ok {
		entries = plan.Entries
	}
	times := map[string]int{}
	for i := range t.assets {
		a := &t.assets[i]
		nth := times[a.Name]
		times[a.Name]++
		for k := range entries {
			if entries[k].Name != a.Name {
				continue
			}
			if a.entry = &entries[k]; nth == 0 {
				break
			}
			nth--
		}
		for _, h := range slices.Sorted(slices.Values(m.values[a.Name])) {
			a.value += string(h)
		}
	}
}
