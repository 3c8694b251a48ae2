package record

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFieldsOf(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		stored string
		want   []field
	}{
		"in their order":   {`{"b":1.50,"a":{"c":[]}}`, []field{{"b", json.RawMessage(`1.50`)}, {"a", json.RawMessage(`{"c":[]}`)}}},
		"keys like a mark": {`{"$$text":1,"$$$value":2,"$$":3}`, []field{{"$text", json.RawMessage(`1`)}, {"$$value", json.RawMessage(`2`)}, {"$$", json.RawMessage(`3`)}}},
		"a reference":      {`{"a":` + ref(kindValue, "x") + `}`, []field{{"a", json.RawMessage(ref(kindValue, "x"))}}},
		"empty":            {`{}`, nil},
		"a long text":      {ref(kindText, "x"), nil},
		"an array":         {`[{"a":1}]`, nil},
		"a scalar":         {`1`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fields, err := fieldsOf([]byte(tc.stored))
			require.NoError(t, err)
			assert.Equal(t, tc.want, fields)
		})
	}
	for _, broken := range []string{`{"a"`, `{"a":`, `{"a":1,`, `{1:2}`} {
		_, err := fieldsOf([]byte(broken))
		require.Error(t, err, "%s", broken)
	}
}
