package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// readYAML returns the tree of a YAML document, or nil if there is none to return.
func (r *reader) readYAML(data []byte) *node {
	// The parser may count the line break of a Windows file twice.
	file, err := parseYAML(strings.ReplaceAll(string(data), "\r\n", "\n"))
	if err != nil {
		line, what := 0, err.Error()
		if at, ok := errors.AsType[yaml.Error](err); ok {
			what = at.GetMessage()
			line = lineOf(at.GetToken())
		}
		r.fault(line, fmt.Sprintf("valid YAML (%s)", what))
		return nil
	}
	var root *node
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.DirectiveType {
			continue
		}
		if root != nil {
			r.fault(lineOf(doc.Body.GetToken()), "one document; a line --- starts another")
			return nil
		}
		root = r.value(doc.Body)
	}
	if root == nil {
		r.fault(0, "a configuration; there is nothing in it")
	}
	return root
}

func lineOf(t *token.Token) int {
	if t == nil || t.Position == nil {
		return 0
	}
	return t.Position.Line
}

// parseYAML parses with keys that are there twice left in, so that they are reported together with everything else.
func parseYAML(text string) (file *ast.File, err error) {
	// The parser is not ours: whatever makes it panic is a document that cannot be read.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the parser gave up: %v", p)
		}
	}()
	tokens := lexer.Tokenize(text)
	if n := nesting(tokens); n > maxDepth {
		return nil, fmt.Errorf("%d brackets or dashes open inside each other; at most %d are read", n, maxDepth)
	}
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) //nolint:wrapcheck // the caller words it
}

// nesting returns how many brackets are open at once, or how many dashes and question marks open values in one line. Indentation needs
// lines that grow, so that a document within [maxBytes] cannot drive the parser far with it.
func nesting(tokens token.Tokens) int {
	deepest, brackets, opened, line := 0, 0, 0, 0
	for _, t := range tokens {
		if at := lineOf(t); at != line {
			line, opened = at, 0
		}
		switch t.Type { //nolint:exhaustive // only what nests without a new line
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets--
		case token.SequenceEntryType, token.MappingKeyType:
			opened++
		}
		deepest = max(deepest, brackets, opened)
	}
	return deepest
}

// value returns the tree of a node. What configurations do without, such as anchors, is a problem and reads as null.
func (r *reader) value(n ast.Node) *node {
	line := lineOf(n.GetToken())
	out := &node{place: place{r.level, line}}
	if r.tooDeep(line) {
		return out
	}
	switch n := n.(type) {
	case ast.MapNode:
		out.kind = object
		for it := n.MapRange(); it.Next(); {
			r.field(it.KeyValue(), out)
		}
	case *ast.SequenceNode:
		out.kind = list
		for i, item := range n.Values {
			r.inside(toIndex(i), func() { out.items = append(out.items, r.value(item)) })
		}
	case *ast.LiteralNode:
		out.kind, out.raw = scalar, quote(n.Value.Value)
	case *ast.StringNode:
		out.kind, out.raw = scalar, quote(n.Value)
		if n.Token.Type == token.StringType && isNumber(n.Value) {
			out.raw = n.Value // a plain word that JSON takes for a number is one
		}
	case *ast.BoolNode:
		out.kind, out.raw = scalar, strconv.FormatBool(n.Value)
	case *ast.IntegerNode:
		r.number(n.Token, n.Value, out)
	case *ast.FloatNode:
		r.number(n.Token, n.Value, out)
	case *ast.InfinityNode, *ast.NanNode:
		r.fault(line, "a finite number")
	case *ast.NullNode:
	default:
		r.fault(line, "a value; anchors, aliases and tags are not used here (what stands under shared is given to every task)")
	}
	return out
}

func (r *reader) field(f *ast.MappingValueNode, out *node) {
	key, ok := f.Key.(ast.ScalarNode)
	line := lineOf(f.Key.GetToken())
	if !ok || f.Key.IsMergeKey() {
		r.fault(line, "a plain key; merge keys and keys with parts are not used here")
		return
	}
	name := key.GetToken().Value
	r.inside(toKey(name), func() {
		value := r.value(f.Value)
		value.place.line = line
		out.fields = append(out.fields, field{name, value})
	})
}

// number reads a number: as it is written if JSON writes it so too.
func (r *reader) number(t *token.Token, value any, out *node) {
	raw, err := json.Marshal(value)
	switch {
	case isNumber(t.Value):
		raw = []byte(t.Value)
	case err != nil || octal(t.Value):
		r.fault(out.place.line, "a number without zeros in front, or a text in quotes")
		return
	}
	out.kind, out.raw = scalar, string(raw)
}

// octal reports whether one version of YAML takes text for an octal number and another for a decimal one.
func octal(text string) bool {
	digits := strings.TrimLeft(text, "+-")
	return len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9'
}

// isNumber reports whether JSON takes text for a number.
func isNumber(text string) bool {
	return text != "" && (text[0] == '-' || text[0] >= '0' && text[0] <= '9') && json.Valid([]byte(text))
}
