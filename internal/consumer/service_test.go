package consumer_test

import (
	"context"
	"testing"

	"example.com/consumer"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/task/userdata"
)

func TestService(t *testing.T) {
	class := userdata.NewClass("9b", "okafor", userdata.Sources{
		Assignments: userdata.Values("assignments", userdata.Assignment{ID: "a", Scale: userdata.Scale{Min: 1, Max: 6}}),
	})
	model := llm.Func(func(context.Context, llm.Request) (llm.Response, error) {
		return llm.Response{Text: `{"rationale":"fine","score":5}`, Finish: llm.FinishStop, Model: "fixed"}, nil
	})
	service, err := consumer.New(t.Context(), class, model)
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close()
	score, err := service.Score(t.Context(), userdata.Submission{ID: "s", Assignment: "a", Text: "Dogs are better."})
	if err != nil || score != 5 {
		t.Fatalf("score = %v, %v; want 5", score, err)
	}
	if _, err := service.Score(t.Context(), userdata.Submission{ID: "s", Assignment: "a"}); err == nil {
		t.Fatal("an empty submission must be refused")
	}
}
