package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Plan says which assets a set of targets needs, in the order in which they are built, and why. It is made without reading or building
// anything.
type Plan struct {
	entries  []Entry
	nodes    []*node
	edges    [][]int // the places of what each entry needs
	warnings []string
}

// Entry is one asset of a plan.
type Entry struct {
	Name    string `json:"name"`
	Origin  Origin `json:"origin"`
	Group   string `json:"group"`
	Version int    `json:"version,omitempty"`
	// Selected is true for a target; NeededBy names the planned assets that need this one.
	Selected bool     `json:"selected,omitempty"`
	NeededBy []string `json:"needed_by,omitempty"`
	Needs    []string `json:"needs,omitempty"`
	// Steps, Off and Config are what the asset says of itself.
	Steps  []string        `json:"steps,omitempty"`
	Off    []string        `json:"off,omitempty"`
	Config json.RawMessage `json:"config,omitempty"`
	// Replaced is true when a run holds another value in its place; what it would have been built from is then not planned for it.
	Replaced bool `json:"replaced,omitempty"`
}

// NewPlan plans targets. It reports every problem at once: zero assets, mistakes of wiring, and assets that reach into
// [GroupEvaluation] from outside of it.
func NewPlan(targets ...Node) (*Plan, error) {
	return newPlan(targets, nil)
}

func newPlan(targets []Node, replaced replacements) (*Plan, error) {
	w := &planner{
		ids: newIdentities(replaced), replaced: replaced,
		at: map[string]int{}, names: map[string]int{}, plan: &Plan{},
	}
	if len(targets) == 0 {
		return nil, errors.New("plan: no target was named")
	}
	if replaced.of(nil) != nil {
		w.errs = append(w.errs, errors.New("plan: an override of the run replaces a zero asset"))
	}
	for i, t := range targets {
		n := nodeOf(t)
		if n == nil {
			w.errs = append(w.errs, fmt.Errorf("plan: target %d is a zero asset", i+1))
			continue
		}
		w.plan.entries[w.add(n)].Selected = true
	}
	if err := errors.Join(w.errs...); err != nil {
		return nil, err
	}
	for i := range w.plan.entries {
		slices.Sort(w.plan.entries[i].NeededBy)
	}
	return w.plan, nil
}

type planner struct {
	ids      *identities
	replaced replacements
	at       map[string]int // key -> place in the plan
	names    map[string]int
	plan     *Plan
	errs     []error
}

// add plans what n needs, then n, and returns n's place.
func (w *planner) add(n *node) int {
	key := w.ids.key(n)
	if i, ok := w.at[key]; ok {
		return i
	}
	w.check(n)
	var needs []int
	replaced := w.replaced.of(n) != nil
	if !replaced {
		for _, need := range n.needs {
			if i := w.add(need); !slices.Contains(needs, i) {
				needs = append(needs, i)
			}
		}
	}
	e := Entry{
		Name: n.meta.Name, Origin: n.origin, Group: n.group(), Version: n.meta.Version,
		Steps: slices.Clone(n.meta.Steps), Off: slices.Clone(n.meta.Off), Config: slices.Clone(n.config), Replaced: replaced,
	}
	for _, i := range needs {
		need := &w.plan.entries[i]
		e.Needs = append(e.Needs, need.Name)
		if !slices.Contains(need.NeededBy, e.Name) {
			need.NeededBy = append(need.NeededBy, e.Name)
		}
	}
	place := len(w.plan.entries)
	w.at[key] = place
	w.plan.entries = append(w.plan.entries, e)
	w.plan.nodes = append(w.plan.nodes, n)
	w.plan.edges = append(w.plan.edges, needs)
	if w.names[e.Name]++; w.names[e.Name] == 2 {
		w.plan.warnings = append(w.plan.warnings,
			fmt.Sprintf("two different assets are named %q; make a shared asset once and pass it on", e.Name))
	}
	return place
}

// check collects what is wrong with n itself.
func (w *planner) check(n *node) {
	if n.err != nil {
		w.errs = append(w.errs, fmt.Errorf("plan: asset %q: %w", n.meta.Name, n.err))
	}
	if n.group() == GroupEvaluation {
		return
	}
	for _, need := range n.needs {
		if need.group() == GroupEvaluation {
			w.errs = append(w.errs, fmt.Errorf(
				"plan: asset %q of group %q needs %q of group %q: inference must not see what an evaluation holds out",
				n.meta.Name, n.group(), need.meta.Name, GroupEvaluation))
		}
	}
}

// Entries returns the planned assets in the order in which they are built.
func (p *Plan) Entries() []Entry { return slices.Clone(p.entries) }

// Warnings returns what is allowed but probably not meant, such as two different assets of one name.
func (p *Plan) Warnings() []string { return slices.Clone(p.warnings) }

// Has reports whether an asset of that name is planned.
func (p *Plan) Has(name string) bool {
	return slices.ContainsFunc(p.entries, func(e Entry) bool { return e.Name == name })
}

// MarshalJSON returns the plan as an object with entries and warnings.
func (p *Plan) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct { //nolint:wrapcheck // entries are plain data
		Entries  []Entry  `json:"entries"`
		Warnings []string `json:"warnings,omitempty"`
	}{p.entries, p.warnings})
}

// String returns the plan as text: one line an asset with its reason, then its steps and what is off.
func (p *Plan) String() string {
	var b strings.Builder
	width := 0
	for i := range p.entries {
		width = max(width, len(p.entries[i].Name))
	}
	for i := range p.entries {
		e := &p.entries[i]
		fmt.Fprintf(&b, "%2d  %-*s  %-7s  %s\n", i+1, width, e.Name, e.Origin, e.why())
		if len(e.Steps) > 0 {
			fmt.Fprintf(&b, "    %-*s  steps: %s\n", width, "", strings.Join(e.Steps, " -> "))
		}
		if len(e.Off) > 0 {
			fmt.Fprintf(&b, "    %-*s  off: %s\n", width, "", strings.Join(e.Off, ", "))
		}
	}
	for _, w := range p.warnings {
		fmt.Fprintf(&b, "warning: %s\n", w)
	}
	return b.String()
}

func (e *Entry) why() string {
	var why []string
	if e.Selected {
		why = append(why, "selected")
	}
	if len(e.NeededBy) > 0 {
		why = append(why, "needed by "+strings.Join(e.NeededBy, ", "))
	}
	if e.Replaced {
		why = append(why, "replaced in this run")
	}
	return strings.Join(why, "; ")
}

// Mermaid returns the plan as a Mermaid flowchart: roots as cylinders, derived assets as boxes, targets with a double border, arrows
// from what is needed to what needs it.
func (p *Plan) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for i := range p.entries {
		e := &p.entries[i]
		left, right := "[", "]"
		if e.Selected {
			left, right = "[[", "]]"
		} else if e.Origin != OriginDerived {
			left, right = "[(", ")]"
		}
		fmt.Fprintf(&b, "  a%d%s\"%s\"%s\n", i, left, mermaidText(e.Name), right)
	}
	for i, needs := range p.edges {
		for _, j := range needs {
			fmt.Fprintf(&b, "  a%d --> a%d\n", j, i)
		}
	}
	return b.String()
}

// mermaidText escapes what would end a label or begin an entity.
func mermaidText(s string) string { return strings.NewReplacer(`"`, "#quot;", "#", "#35;").Replace(s) }
