package pipeline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/pipeline"
)

// campus is the graph that expressions select from:
// essays -> clean -> essay_score, rubric -> rubric_score, clean -> rubric_score, truth -> report, essay_score -> report.
func campus() []pipeline.Node {
	essays, rubric := pipeline.Given("essays", 1), pipeline.Given("rubric", 1)
	truth := pipeline.Given("truth", 1).InGroup(pipeline.GroupEvaluation)
	clean := inGroup("", "clean", essays)
	score := inGroup("essay", "essay_score", clean)
	return []pipeline.Node{
		inGroup(pipeline.GroupEvaluation, "report", score, truth), inGroup("rubric", "rubric_score", clean, rubric),
	}
}

// selectNames returns the names that expr selects, joined by spaces.
func selectNames(expr string, targets []pipeline.Node) (string, error) {
	nodes, err := pipeline.Select(expr, targets...)
	var names []string
	for _, n := range nodes {
		if a, ok := n.(interface{ Name() string }); ok {
			names = append(names, a.Name())
		}
	}
	return strings.Join(names, " "), err
}

const everything = "essays clean essay_score truth report rubric rubric_score"

func TestSelect(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"essays":                            "essays",
		"*":                                 everything,
		"*_score":                           "essay_score rubric_score",
		"r*":                                "report rubric rubric_score",
		"?ssays":                            "essays",
		"[er]*_score":                       "essay_score rubric_score",
		"group:shared":                      "essays clean rubric",
		"group:e*":                          "essay_score truth report",
		"essays or truth":                   "essays truth",
		"truth or essays":                   "essays truth",
		"r* and *_score":                    "rubric_score",
		"not r*":                            "essays clean essay_score truth",
		"not not essays":                    "essays",
		"essays or r* and *_score":          "essays rubric_score",
		"(essays or r*) and *_score":        "rubric_score",
		"not essays and not truth":          "clean essay_score report rubric rubric_score",
		"not (essays or truth)":             "clean essay_score report rubric rubric_score",
		"+essay_score":                      "essays clean essay_score",
		"+report":                           "essays clean essay_score truth report",
		"clean+":                            "clean essay_score report rubric_score",
		"+clean+":                           everything,
		"+(truth or rubric)+":               "essays clean essay_score truth report rubric rubric_score",
		"not clean+":                        "essays truth rubric",
		"+rubric_score and not +report":     "rubric rubric_score",
		"  (((essays)))  ":                  "essays",
		"group:essay or(group:rubric)":      "essay_score rubric_score",
		"essays+ and group:evaluation":      "report",
		"group:evaluation and not group:es": "truth report",
	}
	targets := campus()
	for expr, want := range tests {
		t.Run(expr, func(t *testing.T) {
			t.Parallel()
			got, err := selectNames(expr, targets)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

func TestSelectSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                 "the expression ends where a name was expected",
		"not":              "the expression ends where a name was expected",
		"essays and":       "the expression ends where a name was expected",
		"(essays":          "a parenthesis is not closed",
		"essays)":          `")" was not expected here; join terms with and, or`,
		"essays truth":     `"truth" was not expected here; join terms with and, or`,
		"and essays":       `"and" stands where a name was expected`,
		"()":               `")" stands where a name was expected`,
		"+not essays":      `"not" stands where a name was expected`,
		"essays++":         `"+" was not expected here; join terms with and, or`,
		"++essays":         `"+" stands where a name was expected`,
		"[":                `pattern "[": syntax error in pattern`,
		"nobody":           "nothing matches; there are clean, essay_score, essays, report, rubric, rubric_score, truth",
		"essays and truth": "nothing matches; there are clean, essay_score, essays, report, rubric, rubric_score, truth",
	}
	targets := campus()
	for expr, want := range tests {
		t.Run(expr, func(t *testing.T) {
			t.Parallel()
			_, err := pipeline.Select(expr, targets...)
			require.ErrorContains(t, err, want)
			assert.ErrorContains(t, err, "select \"")
		})
	}
	_, err := pipeline.Select("*")
	assert.EqualError(t, err, "plan: no target was named")
}

func TestPlanningASelectionAddsWhatItNeeds(t *testing.T) {
	t.Parallel()
	nodes, err := pipeline.Select("rubric_score", campus()...)
	require.NoError(t, err)
	plan, err := pipeline.NewPlan(nodes...)
	require.NoError(t, err)
	var names []string
	for _, e := range plan.Entries() {
		names = append(names, e.Name)
		assert.Equal(t, e.Name == "rubric_score", e.Selected)
	}
	assert.Equal(t, []string{"essays", "clean", "rubric", "rubric_score"}, names)
}

// matched is the selection of expr as a set; false means that expr is not an expression.
func matched(expr string, targets []pipeline.Node) (map[string]bool, bool) {
	names, err := selectNames(expr, targets)
	if err != nil && !strings.HasPrefix(err.Error(), fmt.Sprintf("select %q: nothing matches; there are ", expr)) {
		return nil, false
	}
	set := map[string]bool{}
	for name := range strings.FieldsSeq(names) {
		set[name] = true
	}
	return set, true
}

func FuzzSelect(f *testing.F) {
	exprs := []string{
		"essays", "*_score", "group:shared", "not r*", "essays or truth", "r* and *_score", "+essay_score", "clean+", "(+report)+",
		"not (essays or not truth)", "[a-z]*", `\*`, "", "((", "+", "group:", "and or not",
	}
	for i, a := range exprs {
		f.Add(a, exprs[(i+1)%len(exprs)])
	}
	targets := campus()
	f.Fuzz(func(t *testing.T, a, b string) {
		left, ok := matched(a, targets)
		if !ok {
			return
		}
		names, _ := selectNames(a, targets)
		plan := strings.Fields(everything)
		for name := range strings.FieldsSeq(names) {
			at := slices.Index(plan, name)
			require.GreaterOrEqual(t, at, 0, "%q selects %q, not a part of the plan in its order", a, names)
			plan = plan[at+1:]
		}
		right, ok := matched(b, targets)
		if !ok {
			return
		}
		neither, ok := matched("not (("+a+") or ("+b+"))", targets)
		require.True(t, ok)
		both, ok := matched("not ("+a+") and not ("+b+")", targets)
		require.True(t, ok)
		assert.Equal(t, neither, both, "de Morgan for %q and %q", a, b)
		for name := range strings.FieldsSeq(everything) {
			assert.Equal(t, !left[name] && !right[name], neither[name], "%s in neither %q nor %q", name, a, b)
		}
	})
}
