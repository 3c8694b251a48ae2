package userdata

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	yamlparser "github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// parseYAML finds the values of a YAML file and writes each in JSON.
func parseYAML(name, text string) (document, *Problem) {
	// YAML ends a line with any of these; the parser counts the break of a Windows file twice.
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	tree, err := yamlparser.ParseBytes([]byte(text), 0, yamlparser.AllowDuplicateMapKey())
	if err != nil {
		p := &Problem{Place: Place{File: name}, Want: "valid YAML"}
		if syntax, ok := errors.AsType[yaml.Error](err); ok {
			p.Want = fmt.Sprintf("valid YAML (%s)", syntax.GetMessage())
			if t := syntax.GetToken(); t != nil {
				p.Place.Line = t.Position.Line
			}
		}
		return document{}, p
	}
	var roots []ast.Node
	for _, d := range tree.Docs {
		if d.Body != nil && d.Body.Type() != ast.DirectiveType {
			roots = append(roots, d.Body)
		}
	}
	switch len(roots) {
	case 0:
		return document{list: true, line: 1}, nil
	case 1:
		return valuesOf(name, roots[0]), nil
	}
	return document{}, &Problem{Place: Place{name, lineOf(roots[1])}, Want: "one document (a line --- starts another)"}
}

// valuesOf writes each value below a root in JSON. A value that JSON cannot hold becomes its problem.
func valuesOf(name string, root ast.Node) document {
	d := document{line: lineOf(root)}
	nodes := []ast.Node{root}
	if list, ok := root.(*ast.SequenceNode); ok {
		d.list, nodes = true, list.Values
	}
	anchors := map[string]ast.Node{}
	for _, n := range nodes {
		w := yamlWriter{name: name, anchors: anchors}
		problem := w.node(n)
		d.values = append(d.values, element{data: w.json, line: w.line, problem: problem})
	}
	return d
}

// yamlWriter writes the tree of a YAML value in JSON and remembers which line each part came from.
type yamlWriter struct {
	name    string
	json    []byte
	marks   []mark
	anchors map[string]ast.Node // those that are complete
}

// mark says that what is written from offset on came from a line.
type mark struct{ offset, line int }

// line returns the line of an offset in the JSON.
func (w *yamlWriter) line(offset int) int {
	i, _ := slices.BinarySearchFunc(w.marks, offset, func(m mark, at int) int { return cmp.Compare(m.offset, at+1) })
	return w.marks[i-1].line
}

func (w *yamlWriter) refuse(n ast.Node, value, want string) *Problem {
	return &Problem{Place: Place{w.name, lineOf(n)}, Value: value, Want: want}
}

func (w *yamlWriter) mark(n ast.Node) {
	w.marks = append(w.marks, mark{len(w.json), lineOf(n)})
}

func (w *yamlWriter) node(n ast.Node) *Problem {
	if len(w.json) > maxRecord {
		return w.refuse(n, "", fmt.Sprintf("a value of at most %d MiB with its aliases filled in", maxRecord>>20))
	}
	switch n := n.(type) {
	case *ast.AnchorNode:
		return w.anchor(n)
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		if target, ok := w.anchors[name]; ok {
			return w.node(target)
		}
		return w.refuse(n, "*"+name, "the name of an anchor that stands before it, as &"+name)
	case *ast.SequenceNode:
		return w.sequence(n)
	case *ast.MappingNode:
		return w.mapping(n)
	}
	return w.scalar(n)
}

// anchor writes a value with a name. The name is known only after it, so that an alias inside cannot lead back to it without end.
func (w *yamlWriter) anchor(n *ast.AnchorNode) *Problem {
	name := n.Name.GetToken().Value
	if earlier, ok := w.anchors[name]; ok && earlier != n.Value {
		return w.refuse(n, "&"+name, "an anchor of its own; the name was used before")
	}
	problem := w.node(n.Value)
	if problem == nil {
		w.anchors[name] = n.Value
	}
	return problem
}

func (w *yamlWriter) sequence(n *ast.SequenceNode) *Problem {
	w.mark(n)
	w.json = append(w.json, '[')
	for i, v := range n.Values {
		if i > 0 {
			w.json = append(w.json, ',')
		}
		if problem := w.node(v); problem != nil {
			return problem
		}
	}
	w.json = append(w.json, ']')
	return nil
}

func (w *yamlWriter) mapping(n *ast.MappingNode) *Problem {
	w.mark(n)
	w.json = append(w.json, '{')
	for i, entry := range n.Values {
		if i > 0 {
			w.json = append(w.json, ',')
		}
		if problem := w.key(entry); problem != nil {
			return problem
		}
		w.json = append(w.json, ':')
		if problem := w.node(entry.Value); problem != nil {
			return problem
		}
	}
	w.json = append(w.json, '}')
	return nil
}

// key writes the key of an entry. One that is no string is written as it stands.
func (w *yamlWriter) key(entry *ast.MappingValueNode) *Problem {
	key, ok := entry.Key.(ast.ScalarNode)
	switch {
	case !ok || entry.Key.IsMergeKey():
		return w.refuse(entry.Key, "", "a plain key (merge keys and keys of several parts are not read)")
	case entry.GetToken().Type != token.MappingValueType:
		return w.refuse(key, key.GetToken().Value, "a colon and a value after the key; a text with a comma in it goes in quotation marks")
	}
	if s, ok := key.(*ast.StringNode); ok {
		return w.scalar(s)
	}
	w.mark(key)
	w.text(key.GetToken().Value)
	return nil
}

func (w *yamlWriter) scalar(n ast.Node) *Problem {
	w.mark(n)
	switch n := n.(type) {
	case *ast.NullNode:
		w.json = append(w.json, "null"...)
	case *ast.BoolNode:
		w.json = strconv.AppendBool(w.json, n.Value)
	case *ast.StringNode:
		return w.string(n)
	case *ast.LiteralNode:
		w.text(n.Value.Value)
	case *ast.IntegerNode, *ast.FloatNode:
		return w.number(n)
	case *ast.TagNode:
		return w.refuse(n, n.GetToken().Value, "a value without a tag (quotation marks make a string)")
	default:
		return w.refuse(n, n.GetToken().Value, "a string, a finite number, true, false or null")
	}
	return nil
}

// number writes a number that JSON writes the same way. The others are refused because the versions of YAML read them differently: 010
// is 8 in one and 10 in the next.
func (w *yamlWriter) number(n ast.Node) *Problem {
	digits := n.GetToken().Value
	if !json.Valid([]byte(digits)) {
		return w.refuse(n, digits, "a number in plain decimal digits, such as 10 or 0.5 (quotation marks make a string)")
	}
	w.json = append(w.json, digits...)
	return nil
}

// string writes a string. The parser drops tabs from one without quotation marks and would join the words around them.
func (w *yamlWriter) string(n *ast.StringNode) *Problem {
	if n.Token.Type == token.StringType && strings.Contains(strings.TrimSpace(n.Token.Origin), "\t") {
		return w.refuse(n, strings.TrimSpace(n.Token.Origin), "quotation marks around a text with a tab in it")
	}
	w.text(n.Value)
	return nil
}

func (w *yamlWriter) text(s string) {
	b, _ := json.Marshal(s) // a string can always be written
	w.json = append(w.json, b...)
}

// lineOf returns the line on which a node starts. The token of a block mapping is its first colon, so its key is asked.
func lineOf(n ast.Node) int {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		n = m.Values[0].Key
	}
	return n.GetToken().Position.Line
}
