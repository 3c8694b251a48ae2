package stack_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/llm/openaillm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
	"github.com/gloss-sdk/gloss/task"
	"github.com/gloss-sdk/gloss/task/userdata"
)

const (
	good     = `{"rationale":"It takes a side.","score":4}`
	attempts = 4
	essays   = 8 // of each kind of failure
)

// trouble is one way in which a provider fails, and what has to become of the essay.
type trouble struct {
	behavior behavior
	requests int           // that the essay takes
	class    string        // of the error; empty where there is a prediction
	flag     task.FlagKind // of the prediction, if it has one
}

func troubles() map[string]trouble {
	fine := says(good, "stop")
	throttled := fails(429, `{"error":{"message":"slow down","type":"rate_limit","code":"rate_limit_exceeded"}}`, "Retry-After-Ms", "30")
	return map[string]trouble{
		"none":               {fine, 1, "", ""},
		"throttled":          {firstly(3, throttled, fine), 4, "", ""},
		"throttled_for_good": {throttled, attempts, "throttled", ""},
		"unavailable":        {firstly(2, fails(503, "<html>busy</html>"), fine), 3, "", ""},
		"broken_for_good":    {fails(500, ""), attempts, "unavailable", ""},
		"reset":              {firstly(1, resets, fine), 2, "", ""},
		"half_a_reply":       {firstly(1, breaksOff, fine), 2, "", ""},
		"no_protocol":        {firstly(1, fails(200, "<html>welcome</html>", "Content-Type", "text/html"), fine), 2, "", ""},
		"stalled":            {firstly(1, stalls, fine), 2, "", ""},
		"fenced":             {says("```json\n"+good+"\n```", "stop"), 1, "", task.FlagRepaired},
		"wrong_json":         {firstly(1, says(`{"rationale":"x","score":"four"}`, "stop"), fine), 2, "", task.FlagReasked},
		"cut":                {firstly(1, says(good[:20], "length"), fine), 2, "", task.FlagReasked},
		"never_json":         {says("I think it is good.", "stop"), 2, "parse", ""},
		"declined":           {says("", "content_filter"), 1, "refused", ""},
		"too_long":           {fails(400, `{"error":{"message":"too long","type":"invalid_request_error","code":"context_length_exceeded"}}`), 1, "context_too_long", ""},
		"filtered":           {fails(400, `{"error":{"message":"no","type":"invalid_request_error","code":"content_filter"}}`), 1, "refused", ""},
		"invalid":            {fails(400, `{"error":{"message":"no such field","type":"invalid_request_error"}}`), 1, "invalid_request", ""},
		"spent":              {fails(429, `{"error":{"message":"quota","type":"insufficient_quota","code":"insufficient_quota"}}`), 1, "budget", ""},
		"throttled_then_bad": {firstly(1, throttled, firstly(2, says("nothing", "stop"), firstly(3, throttled, fine))), 4, "", task.FlagReasked},
	}
}

// TestAProviderThatFailsInEveryWay: no essay is lost, none costs another, no completed call is sent again, and the record has every attempt.
func TestAProviderThatFailsInEveryWay(t *testing.T) {
	t.Parallel()
	all := troubles()
	behaviors, submissions := map[string]behavior{}, []userdata.Submission{}
	for name, trouble := range all {
		for i := range essays {
			id := fmt.Sprintf("essay-%s-%d", name, i)
			behaviors[id] = trouble.behavior
			submissions = append(submissions, userdata.Submission{ID: id, Assignment: "road", Text: "Close it. " + id})
		}
	}
	server := newProvider(t, behaviors)
	dir := filepath.Join(t.TempDir(), "run")
	results := predict(t, server, dir, submissions)

	require.Len(t, results, len(submissions), "every essay has one result")
	for id, res := range results {
		name := id[len("essay-"):strings.LastIndex(id, "-")]
		checkResult(t, all[name], id, res)
		require.Equal(t, all[name].requests, server.requests[id], "requests about %s", id)
	}
	for _, times := range server.completed {
		require.Equal(t, 1, times, "a call that was completed is never sent again")
	}
	checkRecord(t, dir, server)
}

// predict scores essays with a real client, over HTTP, and records the run.
func predict(t *testing.T, server *provider, dir string, submissions []userdata.Submission) map[string]pipeline.Result[task.Prediction] {
	t.Helper()
	model, err := openaillm.New("unreliable-1", openaillm.WithBaseURL(server.URL+"/v1"), openaillm.WithAPIKey("k"))
	require.NoError(t, err)
	class := userdata.NewClass("c", "okafor", userdata.Sources{Assignments: userdata.Values("assignments", userdata.Assignment{
		ID: "road", Prompt: "Should the road be closed?", Scale: userdata.Scale{Min: 1, Max: 6},
	})})
	scorer, err := task.EssayScore(task.Using(class, model), task.WithoutPastFeedback(), task.WithoutClassDocs(), task.WithoutRubric())
	require.NoError(t, err)
	writer, err := record.Create(dir, record.Manifest{})
	require.NoError(t, err)
	run, err := pipeline.NewRun(pipeline.WithObserver(writer), pipeline.WithInFlight(32), pipeline.WithCallTimeout(2*time.Second),
		pipeline.WithRetry(pipeline.Retry{Attempts: attempts, Initial: time.Millisecond, Max: 10 * time.Millisecond}))
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, scorer)
	require.NoError(t, err)
	results := map[string]pipeline.Result[task.Prediction]{}
	for res := range runner.Stream(t.Context(), pipeline.Items(submissions...)) {
		require.NotContains(t, results, res.ID, "one result an essay")
		results[res.ID] = res
	}
	require.NoError(t, run.Close())
	require.NoError(t, writer.Close())
	return results
}

func checkResult(t *testing.T, want trouble, id string, res pipeline.Result[task.Prediction]) {
	t.Helper()
	require.Equal(t, want.requests, res.Usage.Calls, "calls of %s: %v", id, res.Err)
	if want.class != "" {
		var class interface{ ErrorClass() string }
		require.ErrorAs(t, res.Err, &class, id)
		require.Equal(t, want.class, class.ErrorClass(), "%s: %v", id, res.Err)
		require.ErrorContains(t, res.Err, "item "+id+": stage essay_score/")
		require.NotContains(t, res.Err.Error(), "Close it", "no word of a student in an error")
		return
	}
	require.NoError(t, res.Err, id)
	score, ok := res.Out.Feedback.Score("")
	require.True(t, ok)
	require.InDelta(t, 4, score.Value, 0)
	var flags []task.FlagKind
	if want.flag != "" {
		flags = []task.FlagKind{want.flag}
	}
	var got []task.FlagKind
	for _, f := range res.Out.Flags {
		got = append(got, f.Kind)
	}
	require.Equal(t, flags, got, id)
}

// checkRecord finds every request that the provider saw in the record, with how it ended.
func checkRecord(t *testing.T, dir string, server *provider) {
	t.Helper()
	run, err := record.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, run.Close()) }()
	started, ended := map[string]int{}, map[string]int{}
	for e, err := range run.Events() {
		require.NoError(t, err)
		switch e.Kind {
		case pipeline.KindCallStarted:
			started[e.Item]++
		case pipeline.KindCall:
			ended[e.Item]++
		}
	}
	require.Equal(t, server.requests, started)
	require.Equal(t, server.requests, ended)
	items := 0
	for _, err := range run.Items() {
		require.NoError(t, err)
		items++
	}
	require.Equal(t, len(server.requests), items)
}

// TestFallbackKeepsARunGoing: with a second model in reserve, what the first one cannot serve is answered all the same, and says by whom.
func TestFallbackKeepsARunGoing(t *testing.T) {
	t.Parallel()
	first := newProvider(t, map[string]behavior{"essay-down-0": fails(503, "")})
	second := newProvider(t, map[string]behavior{"essay-down-0": says(good, "stop")})
	var models []llm.Model
	for _, p := range []*provider{first, second} {
		m, err := openaillm.New("model", openaillm.WithBaseURL(p.URL+"/v1"))
		require.NoError(t, err)
		models = append(models, m)
	}
	class := userdata.NewClass("c", "okafor", userdata.Sources{Assignments: userdata.Values("assignments", userdata.Assignment{
		ID: "road", Scale: userdata.Scale{Min: 1, Max: 6},
	})})
	scorer, err := task.EssayScore(task.Using(class, llm.Wrap(models[0], llm.Fallback(models[1]))), task.WithoutPastFeedback())
	require.NoError(t, err)
	run, err := pipeline.NewRun()
	require.NoError(t, err)
	runner, err := pipeline.Start(t.Context(), run, scorer)
	require.NoError(t, err)
	p, err := runner.Run(t.Context(), userdata.Submission{ID: "e", Assignment: "road", Text: "Close it. essay-down-0"})
	require.NoError(t, err)
	require.Equal(t, "unreliable-1", p.Provenance.Model)
	require.Equal(t, []int{1, 1}, []int{first.requests["essay-down-0"], second.requests["essay-down-0"]})
}
