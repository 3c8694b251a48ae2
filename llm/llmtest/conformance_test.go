package llmtest

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
)

const goodGrade = `{"label":"accept","score":3,"reason":"Clear."}`

func TestFakesConform(t *testing.T) {
	t.Parallel()
	grader := func() *Fake {
		return ByPrompt(Containing("Grade the submission", goodGrade), Containing("rainbow", "red"))
	}
	for name, newModel := range map[string]func(t *testing.T) llm.Model{
		"by prompt":           func(*testing.T) llm.Model { return grader() },
		"failing no more":     func(*testing.T) llm.Model { return Failing(0, llm.CodeThrottled, grader()) },
		"function":            func(*testing.T) llm.Model { return llm.Func(grader().Generate) },
		"scripted":            func(*testing.T) llm.Model { return Scripted(repeat(llm.Response{Text: goodGrade}, concurrentCalls)...) },
		"scripted, all given": func(*testing.T) llm.Model { return Scripted(repeat(fullResponse(), concurrentCalls)...) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			RunConformance(t, newModel)
		})
	}
}

func repeat(r llm.Response, n int) []llm.Response {
	var out []llm.Response
	for range n {
		out = append(out, r)
	}
	return out
}

func fullResponse() llm.Response {
	return llm.Response{
		Text: goodGrade, Finish: llm.FinishUnknown, Model: "m", Usage: llm.Usage{Input: 9, Output: 5, Cached: 9, Reasoning: 5},
	}
}

// verdict records what a check says instead of failing the test that runs it.
type verdict struct {
	testing.TB
	mu     sync.Mutex
	failed bool
}

func (v *verdict) Helper() {}

func (v *verdict) Context() context.Context { return context.Background() }

func (v *verdict) Error(...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.failed = true
}

func (v *verdict) Errorf(string, ...any) { v.Error() }

func (v *verdict) Fatalf(string, ...any) {
	v.Error()
	runtime.Goexit()
}

// fails reports whether a check finds fault with a model.
func fails(check func(testing.TB, llm.Model), m llm.Model) bool {
	var v verdict
	done := make(chan struct{})
	go func() {
		defer close(done)
		check(&v, m)
	}()
	<-done
	return v.failed
}

type nameless struct{ llm.Func }

func (nameless) Identity() string { return "" }

type fickle struct {
	llm.Func
	calls *int
}

func (f fickle) Identity() string {
	*f.calls++
	return string(rune('a' + *f.calls))
}

// describing says the names in turn, again and again.
type describing struct {
	llm.Func
	names []string
	turn  *int
}

func (d describing) ModelInfo() (provider, model string) {
	*d.turn++
	return "acme", d.names[*d.turn%len(d.names)]
}

// rehearses answers rehearsals as the model does.
type rehearses struct{ llm.Model }

func (r rehearses) Rehearse(ctx context.Context, req llm.Request) (llm.Response, error) {
	return r.Generate(ctx, req)
}

func TestConformanceFindsFaults(t *testing.T) {
	t.Parallel()
	always := func(r llm.Response) llm.Model {
		return llm.Func(func(context.Context, llm.Request) (llm.Response, error) { return r, nil })
	}
	with := func(edit func(*llm.Response)) llm.Model {
		r := fullResponse()
		edit(&r)
		return always(r)
	}
	fail := func(err error) llm.Model {
		return llm.Func(func(context.Context, llm.Request) (llm.Response, error) { return llm.Response{}, err })
	}
	edits := func(edit func(req llm.Request)) llm.Model {
		return llm.Func(func(_ context.Context, req llm.Request) (llm.Response, error) {
			edit(req)
			return fullResponse(), nil
		})
	}
	for name, test := range map[string]struct {
		check func(testing.TB, llm.Model)
		model llm.Model
	}{
		"error":                   {testPlain, fail(errors.New("down"))},
		"no text":                 {testPlain, with(func(r *llm.Response) { r.Text = "" })},
		"no model":                {testPlain, with(func(r *llm.Response) { r.Model = "" })},
		"no finish":               {testPlain, with(func(r *llm.Response) { r.Finish = "" })},
		"cut":                     {testPlain, with(func(r *llm.Response) { r.Finish = llm.FinishLength })},
		"negative input":          {testPlain, with(func(r *llm.Response) { r.Usage = llm.Usage{Input: -1, Cached: -2} })},
		"negative output":         {testPlain, with(func(r *llm.Response) { r.Usage = llm.Usage{Output: -1, Reasoning: -2} })},
		"negative cached":         {testPlain, with(func(r *llm.Response) { r.Usage.Cached = -1 })},
		"negative reasoning":      {testPlain, with(func(r *llm.Response) { r.Usage.Reasoning = -1 })},
		"more cached than input":  {testPlain, with(func(r *llm.Response) { r.Usage.Cached = 10 })},
		"more reasoning than out": {testPlain, with(func(r *llm.Response) { r.Usage.Reasoning = 6 })},
		"schema: error":           {testSchema, fail(errors.New("down"))},
		"schema: prose":           {testSchema, with(func(r *llm.Response) { r.Text = "accept" })},
		"schema: fenced":          {testSchema, with(func(r *llm.Response) { r.Text = "```json\n" + goodGrade + "\n```" })},
		"schema: trailing":        {testSchema, with(func(r *llm.Response) { r.Text = goodGrade + " {}" })},
		"schema: missing":         {testSchema, with(func(r *llm.Response) { r.Text = `{"label":"accept","score":3}` })},
		"schema: extra":           {testSchema, with(func(r *llm.Response) { r.Text = `{"label":"accept","score":3,"reason":"","x":1}` })},
		"schema: off the enum":    {testSchema, with(func(r *llm.Response) { r.Text = `{"label":"fail","score":3,"reason":""}` })},
		"schema: off the scale":   {testSchema, with(func(r *llm.Response) { r.Text = `{"label":"accept","score":5,"reason":""}` })},
		"schema: between steps":   {testSchema, with(func(r *llm.Response) { r.Text = `{"label":"accept","score":2.5,"reason":""}` })},
		"examples: error":         {testExamples, fail(errors.New("down"))},
		"examples: prose":         {testExamples, with(func(r *llm.Response) { r.Text = "accept" })},
		"modified: error":         {testUnmodified, fail(errors.New("down"))},
		"modified: message":       {testUnmodified, edits(func(r llm.Request) { r.Messages[0].Text = "" })},
		"modified: schema":        {testUnmodified, edits(func(r llm.Request) { r.Reply.Name = "x" })},
		"modified: schema bytes":  {testUnmodified, edits(func(r llm.Request) { r.Reply.JSON[0] = ' ' })},
		"modified: appended":      {testUnmodified, edits(func(r llm.Request) { _ = append(r.Messages, llm.Message{}) })},
		"concurrent: error":       {testConcurrent, fail(errors.New("down"))},
		"concurrent: no text":     {testConcurrent, with(func(r *llm.Response) { r.Text = "" })},
		"canceled: answered":      {testCanceled, always(fullResponse())},
		"canceled: no code":       {testCanceled, fail(context.Canceled)},
		"canceled: not wrapped":   {testCanceled, fail(&llm.Error{Code: llm.CodeCanceled})},
		"invalid: answered":       {testInvalid, always(fullResponse())},
		"invalid: no code":        {testInvalid, fail(errors.New("invalid"))},
		"identity: empty":         {testIdentity, nameless{}},
		"identity: changes":       {testIdentity, fickle{calls: new(int)}},
		"description: no name":    {testDescription, describing{names: []string{""}, turn: new(int)}},
		"description: changes":    {testDescription, describing{names: []string{"a", "b"}, turn: new(int)}},
		"rehearsal: error":        {testRehearsal, rehearses{fail(errors.New("down"))}},
		"rehearsal: prose":        {testRehearsal, rehearses{with(func(r *llm.Response) { r.Text = "accept" })}},
		"rehearsal: no usage":     {testRehearsal, rehearses{with(func(r *llm.Response) { r.Usage = llm.Usage{} })}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.True(t, fails(test.check, test.model))
		})
	}
}

// A model that lets one of the requests through is found, whichever it is.
func TestEveryInvalidRequestTellsModelsApart(t *testing.T) {
	t.Parallel()
	require.NoError(t, gradeRequest().Validate())
	refuse := &llm.Error{Code: llm.CodeInvalid}
	for i, broken := range invalidRequests() {
		err := broken.req.Validate()
		require.Error(t, err, broken.name)
		assert.NotContains(t, err.Error(), "\n", "%s: it breaks one rule only", broken.name)
		calls := 0
		m := llm.Func(func(context.Context, llm.Request) (llm.Response, error) {
			if calls++; calls == i+1 {
				return fullResponse(), nil
			}
			return llm.Response{}, refuse
		})
		assert.True(t, fails(testInvalid, m), broken.name)
		assert.Len(t, invalidRequests(), calls)
	}
	assert.False(t, fails(testInvalid, llm.Func(func(context.Context, llm.Request) (llm.Response, error) { return llm.Response{}, refuse })))
}

func TestConformancePassesAModelWithoutIdentity(t *testing.T) {
	t.Parallel()
	assert.False(t, fails(testIdentity, llm.Func(nil)))
	assert.False(t, fails(testPlain, llm.Func(Echo().Generate)))
}
