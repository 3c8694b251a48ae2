package userdata_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gloss-sdk/gloss/task/userdata"
)

func TestDraftIDsNameTheWholeChain(t *testing.T) {
	t.Parallel()
	first := &userdata.Submission{ID: "d1", Prior: "d0"} // d0 is named, but not carried
	second := &userdata.Submission{ID: "d2", Prior: "d1", PriorDraft: first}
	for name, tc := range map[string]struct {
		in   userdata.Submission
		want []string
	}{
		"alone":         {userdata.Submission{ID: "a"}, []string{"a"}},
		"named":         {userdata.Submission{ID: "a", Prior: "b"}, []string{"a", "b"}},
		"carried":       {*second, []string{"d2", "d1", "d0"}},
		"carried twice": {userdata.Submission{ID: "d3", Prior: "d2", PriorDraft: second}, []string{"d3", "d2", "d1", "d0"}},
		"only carried":  {userdata.Submission{ID: "d2", PriorDraft: first}, []string{"d2", "d1", "d0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, tc.in.DraftIDs())
		})
	}
}
