package pipeline

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Select returns the targets, and the assets they need, that match expr, in the order in which a plan of targets builds them.
//
// An expression is made of names and groups, "essay_score", "rubric*", "group:shared", joined by "and", "or" and "not" with
// parentheses; "not" binds tightest, then "and". A plus sign before a term adds everything it needs, one behind it everything that needs
// it ("+essay_score", "past_feedback+"). Planning a selection adds what it needs anyway. An expression that matches
// nothing is an error that lists the names there are.
func Select(expr string, targets ...Node) ([]Node, error) {
	plan, err := NewPlan(targets...)
	if err != nil {
		return nil, err
	}
	p := &selectParser{plan: plan, tokens: selectTokens(expr)}
	set, err := p.parse()
	if err != nil {
		return nil, fmt.Errorf("select %q: %w", expr, err)
	}
	var out []Node
	for i, n := range plan.nodes {
		if set[i] {
			out = append(out, Asset[any]{n})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("select %q: nothing matches; there are %s", expr, strings.Join(plan.names(), ", "))
	}
	return out, nil
}

func (p *Plan) names() []string {
	var names []string
	for i := range p.entries {
		names = append(names, p.entries[i].Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// selectTokens splits at spaces and around parentheses and plus signs.
func selectTokens(expr string) []string {
	spaced := strings.NewReplacer("(", " ( ", ")", " ) ", "+", " + ").Replace(expr)
	return strings.Fields(spaced)
}

type selection []bool

type selectParser struct {
	plan   *Plan
	tokens []string
}

var errSelectEnd = errors.New("the expression ends where a name was expected")

func (p *selectParser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *selectParser) take(token string) bool {
	if p.peek() != token {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *selectParser) parse() (selection, error) {
	set, err := p.either()
	if err != nil {
		return nil, err
	}
	if len(p.tokens) > 0 {
		return nil, fmt.Errorf("%q was not expected here; join terms with and, or", p.peek())
	}
	return set, nil
}

func (p *selectParser) either() (selection, error) {
	left, err := p.both()
	for err == nil && p.take("or") {
		var right selection
		if right, err = p.both(); err == nil {
			left = left.merge(right, func(a, b bool) bool { return a || b })
		}
	}
	return left, err
}

func (p *selectParser) both() (selection, error) {
	left, err := p.term()
	for err == nil && p.take("and") {
		var right selection
		if right, err = p.term(); err == nil {
			left = left.merge(right, func(a, b bool) bool { return a && b })
		}
	}
	return left, err
}

func (p *selectParser) term() (selection, error) {
	if p.take("not") {
		set, err := p.term()
		return set.merge(set, func(a, _ bool) bool { return !a }), err
	}
	upstream := p.take("+")
	set, err := p.atom()
	if err != nil {
		return nil, err
	}
	if p.take("+") {
		set = p.downstream(set)
	}
	if upstream {
		set = p.upstream(set)
	}
	return set, nil
}

func (p *selectParser) atom() (selection, error) {
	switch token := p.peek(); token {
	case "":
		return nil, errSelectEnd
	case "(":
		p.tokens = p.tokens[1:]
		set, err := p.either()
		if err != nil {
			return nil, err
		}
		if !p.take(")") {
			return nil, errors.New("a parenthesis is not closed")
		}
		return set, nil
	case ")", "and", "or", "not", "+":
		return nil, fmt.Errorf("%q stands where a name was expected", token)
	default:
		p.tokens = p.tokens[1:]
		return p.match(token)
	}
}

func (p *selectParser) match(token string) (selection, error) {
	group, byGroup := strings.CutPrefix(token, "group:")
	set := make(selection, len(p.plan.entries))
	for i := range p.plan.entries {
		pattern, subject := token, p.plan.entries[i].Name
		if byGroup {
			pattern, subject = group, p.plan.entries[i].Group
		}
		ok, err := path.Match(pattern, subject)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", pattern, err)
		}
		set[i] = ok
	}
	return set, nil
}

func (s selection) merge(t selection, f func(a, b bool) bool) selection {
	out := make(selection, len(s))
	for i := range s {
		out[i] = f(s[i], t[i])
	}
	return out
}

// upstream relies on the order of a plan: what an asset needs stands before it.
func (p *selectParser) upstream(set selection) selection {
	out := slices.Clone(set)
	for i := len(out) - 1; i >= 0; i-- {
		if !out[i] {
			continue
		}
		for _, j := range p.plan.edges[i] {
			out[j] = true
		}
	}
	return out
}

func (p *selectParser) downstream(set selection) selection {
	out := slices.Clone(set)
	for i := range out {
		for _, j := range p.plan.edges[i] {
			out[i] = out[i] || out[j]
		}
	}
	return out
}
