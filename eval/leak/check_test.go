package leak_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/eval/leak"
	"github.com/gloss-sdk/gloss/pipeline"
)

const secret = "The author claims that school uniforms reduce bullying because students look alike."

func given(v any) []pipeline.RootValue {
	return []pipeline.RootValue{{Name: "class", Origin: pipeline.OriginGiven, Value: v}}
}

func check(t *testing.T, v any) (leak.Report, error) {
	t.Helper()
	return leak.Check(t.Context(), given(v), []leak.Held{{ID: "s1", Text: secret}})
}

// hitPaths returns the paths at which the secret is found in v.
func hitPaths(t *testing.T, v any) []string {
	t.Helper()
	_, err := check(t, v)
	if err == nil {
		return nil
	}
	var problem *leak.Error
	require.ErrorAs(t, err, &problem)
	require.Empty(t, problem.Unreadable, "%v", err)
	var paths []string
	for _, h := range problem.Hits {
		assert.Equal(t, leak.Hit{Root: "class", Path: h.Path, Held: "s1", Words: 12}, h)
		paths = append(paths, h.Path)
	}
	return paths
}

type node struct {
	Text  string
	Next  *node
	inner any
}

func cycle() *node {
	a := &node{Text: "nothing to see"}
	a.Next = &node{Next: a, Text: secret}
	return a
}

type textFunc func()

type listed struct {
	call  func() // not readable by itself
	texts []string
	err   error
}

func (l listed) Texts(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, text := range l.texts {
			if !yield(text, nil) {
				return
			}
		}
		if l.err != nil {
			yield("", l.err)
		}
	}
}

type record struct{ Body *string }

// index looks like a retrieval index: it is asked for texts and lists records.
type index struct {
	client func()
	texts  []string
}

func (x *index) Retrieve(context.Context, string) ([]string, error) { return nil, nil }

func (x *index) Records(context.Context) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		for _, text := range x.texts {
			if !yield(record{&text}, nil) {
				return
			}
		}
	}
}

func TestCheckFindsACopyWhereverItHides(t *testing.T) {
	t.Parallel()
	words := strings.Fields(secret)
	quoted, err := json.Marshal(map[string]string{"essay": "Essay\n" + strings.ReplaceAll(secret, " ", "\n")})
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		root any
		path string
	}{
		"itself":                   {secret, ""},
		"pointer":                  {&[]*string{new(secret)}[0], ""},
		"bytes":                    {[]byte(secret), ""},
		"named bytes":              {json.RawMessage(secret), ""},
		"byte array":               {struct{ A [90]byte }{[90]byte([]byte(secret + strings.Repeat(".", 90))[:90])}, "A"},
		"unexported byte array":    {struct{ a [90]byte }{[90]byte([]byte(secret + strings.Repeat(".", 90))[:90])}, "a"},
		"unexported bytes":         {struct{ b []byte }{[]byte(secret)}, "b"},
		"upper case":               {strings.ToUpper(secret), ""},
		"spacing":                  {strings.Join(words, "\n\t\u00a0 "), ""},
		"punctuation":              {"«" + strings.Join(words, "» — «") + "»!", ""},
		"soft hyphens":             {strings.ReplaceAll(secret, "ll", "l\u00adl"), ""},
		"inside a document":        {"Read this. " + secret + " And then that.", ""},
		"field":                    {struct{ A, B string }{"no", secret}, "B"},
		"unexported field":         {node{inner: node{inner: secret}}, "inner.inner"},
		"pointer cycle":            {cycle(), "Next.Text"},
		"slice":                    {[]node{{}, {Text: secret}}, "[1].Text"},
		"map value":                {map[string]any{"b": 1, "a": secret}, `["a"]`},
		"map value by number":      {map[int]node{3: {Text: secret}}, "[3].Text"},
		"map key":                  {map[string]int{secret: 1}, `key "The author claims that school uniforms …`},
		"map in an unexported one": {node{inner: map[string][]string{"k": {"", secret}}}, `inner["k"][1]`},
		"interface":                {[]any{1, nil, any(secret)}, "[2]"},
		"JSON":                     {quoted, `(JSON)["essay"]`},
		"JSON in JSON":             {string(must(json.Marshal(string(quoted)))), `(JSON).(JSON)["essay"]`},
		"paragraphs":               {[]string{"Essay", strings.Join(words[:5], " "), strings.Join(words[5:], " ")}, "[1]"},
		"lister":                   {listed{call: func() {}, texts: []string{"a", secret}}, "Texts[1]"},
		"pointer to a lister":      {&listed{call: func() {}, texts: []string{secret}}, "Texts[0]"},
		"lister in a field":        {struct{ L any }{listed{call: func() {}, texts: []string{secret}}}, "L.Texts[0]"},
		"lister in a map":          {map[string]listed{"k": {texts: []string{secret}}}, `["k"].Texts[0]`},
		"index":                    {&index{client: func() {}, texts: []string{secret}}, "Records[0].Body"},
		"index by value in a map":  {map[string]index{"k": {texts: []string{secret}}}, `["k"].Records[0].Body`},
		"beside a mutex": {&struct {
			mu   sync.Mutex
			once sync.Once
			n    atomic.Int64
			at   time.Time
			url  *url.URL
			text string
		}{text: secret, url: &url.URL{}}, "text"},
		"beside nil unreadable things": {struct {
			F func()
			C chan int
			P unsafe.Pointer
			U uintptr
			A atomic.Pointer[int]
			S string
		}{S: secret}, "S"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, []string{tc.path}, hitPaths(t, tc.root))
		})
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func TestCheckLeavesAloneWhatIsNotACopy(t *testing.T) {
	t.Parallel()
	words := strings.Fields(secret)
	for name, root := range map[string]any{
		"nil":                  nil,
		"nil pointer":          (*node)(nil),
		"unrelated":            "A different text about the very same subject: uniforms, schools, bullying, students and what they look like.",
		"one word changed":     strings.Replace(secret, "reduce", "increase", 1),
		"one word left out":    strings.Replace(secret, "school ", "", 1),
		"last word missing":    strings.Join(words[:11], " "),
		"first word missing":   strings.Join(words[1:], " "),
		"order changed":        strings.Join(append(slices.Clone(words[6:]), words[:6]...), " "),
		"words glued together": strings.ReplaceAll(secret, " ", ""),
		"interrupted":          []string{strings.Join(words[:5], " "), "or", strings.Join(words[5:], " ")},
		"numbers":              [][]float64{make([]float64, 1000)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Empty(t, hitPaths(t, root))
		})
	}
}

// Scripts without spaces are compared letter by letter, so spacing and punctuation mean nothing there either.
func TestScriptsWithoutSpaces(t *testing.T) {
	t.Parallel()
	for held, root := range map[string]string{
		"作者认为学校制服减少欺凌":             "学校：作者 认为，学校制服\n减少 欺凌。",
		"制服 because 学校 uniform 作者": "X制服because学校，UNIFORM作者y",
		"ひらがなとカタカナのぶん":             "「ひらがな」と「カタカナ」の ぶん",
		"ผู้เขียนกล่าวว่าเครื่องแบบลดการรังแก": "ผู้เขียน กล่าวว่า เครื่องแบบ ลดการ รังแก",
	} {
		report, err := leak.Check(t.Context(), given(root), []leak.Held{{ID: "h", Text: held}})
		assert.Zero(t, report.TooShort, held)
		require.Error(t, err, held)
	}
	_, err := leak.Check(t.Context(), given("作者认为学校制服增加欺凌"), []leak.Held{{ID: "h", Text: "作者认为学校制服减少欺凌"}})
	require.NoError(t, err)
}

func TestCheckFailsClosedOnWhatItCannotRead(t *testing.T) {
	t.Parallel()
	one := 1
	for name, tc := range map[string]struct {
		root any
		path string
	}{
		"function":                      {func() {}, ""},
		"function in a field":           {[]any{node{inner: struct{ read func() string }{func() string { return secret }}}}, "[0].inner.read"},
		"channel":                       {map[string]chan string{"k": make(chan string)}, `["k"]`},
		"unsafe pointer":                {struct{ p unsafe.Pointer }{unsafe.Pointer(&one)}, "p"},
		"address":                       {struct{ p uintptr }{1}, "p"},
		"atomic pointer":                {stored(secret), "v"},
		"stage":                         {pipeline.Fn(func(context.Context, int) (int, error) { return 0, nil }), ""},
		"reader":                        {struct{ R any }{strings.NewReader(secret)}, "R"},
		"buffer by value":               {*bytes.NewBufferString(secret), ""},
		"remote index":                  {struct{ X remote }{remote{"https://"}}, "X"},
		"remote index in an unexported": {struct{ x any }{remote{"https://"}}, "x"},
		"lister in an unexported field": {node{inner: listed{texts: []string{"x"}}}, "inner"},
		"lister that fails":             {[]any{listed{texts: []string{"a"}, err: errors.New("connection lost")}}, "[0].Texts"},
		"lister that panics":            {struct{ P panicking }{}, "P.Texts"},
		"lister without a listing":      {struct{ P noListing }{}, "P.Records"},
		"function listed by an index":   {funcRecords{}, "Records[0].F"},
		"method Texts of another shape": {struct{ F oddTexts }{func() {}}, "F"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := check(t, tc.root)
			var problem *leak.Error
			require.ErrorAs(t, err, &problem)
			require.Len(t, problem.Unreadable, 1)
			assert.Equal(t, "class", problem.Unreadable[0].Root)
			assert.Equal(t, tc.path, problem.Unreadable[0].Path)
			assert.Contains(t, err.Error(), `root "class"`)
		})
	}
}

func stored(text string) any {
	var p atomic.Pointer[string]
	p.Store(&text)
	return &p
}

type remote struct{ address string }

func (remote) Search(context.Context, string) []string { return nil }

type panicking struct{}

func (panicking) Texts(context.Context) iter.Seq2[string, error] {
	return func(func(string, error) bool) { panic("no connection") }
}

type noListing struct{}

func (noListing) Records(context.Context) iter.Seq2[string, error] { return nil }

type funcRecords struct{}

func (funcRecords) Records(context.Context) iter.Seq2[struct{ F textFunc }, error] {
	return func(yield func(struct{ F textFunc }, error) bool) { yield(struct{ F textFunc }{func() {}}, nil) }
}

type oddTexts func()

func (oddTexts) Texts() []string { return nil }

func TestAFailedListingIsTheCause(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection lost")
	_, err := check(t, listed{texts: []string{secret}, err: lost})
	require.ErrorIs(t, err, lost)
	var problem *leak.Error
	require.ErrorAs(t, err, &problem)
	assert.Len(t, problem.Hits, 1, "what was read before the failure is searched too")
	assert.ErrorContains(t, err, `root "class" at Texts: listing failed at text 1: connection lost`)
}

func TestToolsAreTrustedUnlessTheyKnowTexts(t *testing.T) {
	t.Parallel()
	type model struct{ call func(string) string }
	for name, tc := range map[string]struct {
		tool       any
		trusted    bool
		hits       int
		unreadable int
	}{
		"model":               {tool: &model{func(s string) string { return s }}, trusted: true},
		"no tool":             {tool: nil, trusted: true},
		"stage":               {tool: pipeline.Fn(func(context.Context, int) (int, error) { return 0, nil }), trusted: true},
		"lister":              {tool: listed{call: func() {}, texts: []string{secret}}, hits: 1},
		"index that lists":    {tool: &index{client: func() {}, texts: []string{"x", secret}}, hits: 1},
		"index that does not": {tool: remote{}, unreadable: 1},
		"pointer to one":      {tool: &remote{}, unreadable: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			roots := []pipeline.RootValue{{Name: "tool", Origin: pipeline.OriginTool, Value: tc.tool}}
			report, err := leak.Check(t.Context(), roots, []leak.Held{{ID: "s1", Text: secret}})
			require.Len(t, report.Roots, 1)
			assert.Equal(t, tc.trusted, report.Roots[0].Trusted)
			if tc.trusted {
				require.NoError(t, err)
				return
			}
			var problem *leak.Error
			require.ErrorAs(t, err, &problem)
			assert.Len(t, problem.Hits, tc.hits)
			assert.Len(t, problem.Unreadable, tc.unreadable)
		})
	}
}

func TestEveryProblemIsListedInOrder(t *testing.T) {
	t.Parallel()
	other := "Once upon a time there was a student who wrote nothing but this."
	roots := []pipeline.RootValue{
		{Name: "docs", Origin: pipeline.OriginGiven, Value: []string{"x", other, secret + " " + other}},
		{Name: "past", Origin: pipeline.OriginSource, Value: map[string]any{"f": func() {}, "e": secret}},
	}
	held := []leak.Held{{ID: "b", Text: secret}, {ID: "a", Text: strings.ToUpper(secret)}, {ID: "b", Text: secret + "!"}, {ID: "c", Text: other}}
	report, err := leak.Check(t.Context(), roots, held)
	var problem *leak.Error
	require.ErrorAs(t, err, &problem)
	assert.Equal(t, []leak.Hit{
		{Root: "docs", Path: "[1]", Held: "c", Words: 13},
		{Root: "docs", Path: "[2]", Held: "a", Words: 12},
		{Root: "docs", Path: "[2]", Held: "b", Words: 12},
		{Root: "docs", Path: "[2]", Held: "c", Words: 13},
		{Root: "past", Path: `["e"]`, Held: "a", Words: 12},
		{Root: "past", Path: `["e"]`, Held: "b", Words: 12},
	}, problem.Hits)
	require.Len(t, problem.Unreadable, 1)
	assert.Equal(t, `["f"]`, problem.Unreadable[0].Path)
	assert.Equal(t, []leak.RootReport{
		{Name: "docs", Origin: pipeline.OriginGiven, Texts: 3, Words: 39},
		{Name: "past", Origin: pipeline.OriginSource, Texts: 3, Words: 14},
	}, report.Roots)
	lines := strings.Split(err.Error(), "\n")
	assert.Equal(t, "leak check: inference can read 6 held texts:", lines[0])
	assert.Equal(t, `  root "docs" at [1] holds all 13 words of held text "c"`, lines[1])
	assert.Equal(t, "1 part cannot be read:", lines[7])
}

func TestAPlaceIsNamedOnceForAHeldText(t *testing.T) {
	t.Parallel()
	held := []leak.Held{{ID: "a", Text: strings.Repeat("very ", 8)}, {ID: "a", Text: strings.Repeat("VERY! ", 8)}}
	_, err := leak.Check(t.Context(), given([]string{strings.Repeat("very ", 20) + ".", "good", strings.Repeat("very ", 9)}), held)
	var problem *leak.Error
	require.ErrorAs(t, err, &problem)
	assert.Equal(t, []leak.Hit{{Root: "class", Path: "[0]", Held: "a", Words: 8}, {Root: "class", Path: "[2]", Held: "a", Words: 8}}, problem.Hits)
}

func TestALongErrorSaysHowMuchMore(t *testing.T) {
	t.Parallel()
	_, err := check(t, slices.Repeat([]string{secret}, 25))
	require.Error(t, err)
	assert.Contains(t, err.Error(), "25 held texts")
	assert.Contains(t, err.Error(), "and 15 more")
	assert.Equal(t, 11, strings.Count(err.Error(), "\n"))
}

func TestShortTextsAreCountedNotJudged(t *testing.T) {
	t.Parallel()
	held := []leak.Held{
		{ID: "short", Text: "Plants need light."},
		{ID: "seven", Text: "one two three four five six seven"},
		{ID: "eight", Text: "one two three four five six seven eight"},
		{ID: "same", Text: "PLANTS need light!"},
		{ID: "elsewhere", Text: "Animals need food."},
		{ID: "empty", Text: ""},
	}
	known := []string{"plants need light", "Plants need light.", "one two three four five six seven", "we know: animals need food", ""}
	report, err := leak.Check(t.Context(), given(known), held)
	require.NoError(t, err)
	assert.Equal(t, 6, report.Held)
	assert.Equal(t, 5, report.TooShort)
	assert.Equal(t, 3, report.TooShortFound, "short, same and seven")
	_, err = leak.Check(t.Context(), given(append(known, held[2].Text)), held)
	assert.ErrorContains(t, err, `8 words of held text "eight"`)
}

func TestCheckEndsWithItsContext(t *testing.T) {
	t.Parallel()
	stopped := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stopped)
	_, err := leak.Check(ctx, given(secret), []leak.Held{{ID: "s1", Text: secret}})
	require.ErrorIs(t, err, stopped)
	_, err = leak.Texts(ctx, secret)
	require.ErrorIs(t, err, stopped)
}

func TestAnEndlessListingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := leak.Check(ctx, given(&endless{cancel}), nil)
	require.ErrorIs(t, err, context.Canceled)
}

type endless struct{ cancel func() }

func (e *endless) Texts(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i := 0; yield("again", nil); i++ {
			if i == 100 {
				e.cancel()
			}
		}
	}
}

// A listing makes its records as it goes. If the reader forgot them, the collector could give a later record the address of an earlier one,
// and it would be taken for read.
func TestRecordsMadeOnTheFlyAreAllRead(t *testing.T) {
	t.Parallel()
	report, err := leak.Check(t.Context(), given(&onTheFly{200}), nil)
	require.NoError(t, err)
	assert.Equal(t, 200, report.Roots[0].Texts)
}

type onTheFly struct{ n int }

func (o *onTheFly) Records(context.Context) iter.Seq2[*record, error] {
	return func(yield func(*record, error) bool) {
		for i := range o.n {
			text := fmt.Sprint("record ", i)
			if !yield(&record{&text}, nil) {
				return
			}
			if i%20 == 0 {
				runtime.GC()
			}
		}
	}
}

func TestDeepDataCostsNoStack(t *testing.T) {
	t.Parallel()
	root := &node{Text: secret}
	for range 200_000 {
		root = &node{Next: root}
	}
	paths := hitPaths(t, root)
	require.Len(t, paths, 1)
	assert.True(t, strings.HasPrefix(paths[0], "Next.Next."), paths[0])
	assert.True(t, strings.HasSuffix(paths[0], ".Next.Text"), paths[0])
	assert.Less(t, len(paths[0]), 100)
}

func TestTexts(t *testing.T) {
	t.Parallel()
	texts, err := leak.Texts(t.Context(), struct {
		A string
		N int
		b []string
		M map[string]string
	}{"x", 7, []string{"y", "z"}, map[string]string{"k2": "w", "k1": "v"}})
	require.NoError(t, err)
	assert.Equal(t, []string{"x", "y", "z", "k1", "v", "k2", "w"}, texts)

	_, err = leak.Texts(t.Context(), struct{ F func() }{func() {}})
	var problem *leak.Error
	require.ErrorAs(t, err, &problem)
	assert.Equal(t, "F", problem.Unreadable[0].Path)
}

func TestCheckIsDeterministic(t *testing.T) {
	t.Parallel()
	root := map[string]any{}
	for i := range 50 {
		root[fmt.Sprint(i)] = map[int]string{i: secret, -i - 1: "x"}
	}
	_, first := check(t, root)
	require.Error(t, first)
	for range 20 {
		_, again := check(t, root)
		require.Equal(t, first, again)
	}
}

func TestReportIsData(t *testing.T) {
	t.Parallel()
	report, err := check(t, "some text")
	require.NoError(t, err)
	var back leak.Report
	require.NoError(t, json.Unmarshal(must(json.Marshal(report)), &back))
	assert.Equal(t, report, back)
}
