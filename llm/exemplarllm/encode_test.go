package exemplarllm

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAppendValue(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]any{
		`null`:                           nil,
		`{}`:                             object{},
		`[]`:                             array{},
		`2.50`:                           number{2.5, "2.50"},
		`"a\"b"`:                         `a"b`,
		`true`:                           json.RawMessage("true"),
		`[1,"a"]`:                        array{number{1, "1"}, "a"},
		`{"z":null,"a":[{"<&>":"<&>"}]}`: object{{"z", nil}, {"a", array{object{{"<&>", "<&>"}}}}},
	} {
		assert.Equal(t, want, string(appendValue(nil, value)))
		assert.Equal(t, "kept "+want, string(appendValue([]byte("kept "), value)))
	}
}

func TestAppendStringKeepsEveryText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "plain", "\"\\/\b\f\n\r\t\x00\x7f", "<script>&amp;", "\u2028\u2029", "\u00e9\u4e2d\U0001f600", strings.Repeat("a", 1<<12)} {
		var got string
		require.NoError(t, json.Unmarshal(appendString(nil, text), &got))
		assert.Equal(t, text, got)
	}
}
