package prompt_test

import (
	"errors"
	"fmt"
	"strings"
	"testing/fstest"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/prompt"
)

type grade struct {
	Rationale string  `json:"rationale"`
	Score     float64 `json:"score"`
}

func ExampleShapeOf() {
	s, err := prompt.ShapeOf[grade]().
		With([]string{"rationale"}, prompt.MaxLength(400)).
		With([]string{"score"}, prompt.Within(1, 6, 1)).
		Schema("grade")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Name())
	// Output: grade
}

func ExampleObject() {
	one := prompt.ShapeOf[grade]().With([]string{"score"}, prompt.Within(1, 4, 1))
	s, err := prompt.Object(prompt.Field{Name: "thesis", Shape: one}, prompt.Field{Name: "evidence", Shape: one}).Schema("rubric")
	if err != nil {
		fmt.Println(err)
		return
	}
	reply := `{"thesis": {"rationale": "clear", "score": 3}, "evidence": {"rationale": "thin", "score": 1}}`
	got, err := prompt.Parse[map[string]grade](s, llm.Response{Text: reply})
	fmt.Println(got["thesis"].Score, got["evidence"].Score, err)
	// Output: 3 1 <nil>
}

func ExampleSchema_Read() {
	s, err := prompt.ShapeOf[grade]().With([]string{"score"}, prompt.Within(1, 6, 1)).Schema("grade")
	if err != nil {
		fmt.Println(err)
		return
	}
	resp := llm.Response{Text: "Here you are:\n```json\n{\"rationale\": \"clear position\", \"score\": 7}\n```", Finish: llm.FinishStop}
	_, err = s.Read(resp, prompt.Tolerance{Surrounded: true})
	fmt.Println(err)

	r, err := s.Read(resp, prompt.Tolerance{Surrounded: true, OutOfRange: true})
	fmt.Println(string(r.JSON), err)
	for _, repair := range r.Repairs {
		fmt.Printf("%q\n", repair)
	}
	g, err := prompt.Decode[grade](s, r)
	fmt.Println(g.Score, err)
	// Output:
	// reply (69 bytes, finish stop) does not fit schema grade: /score: maximum: got 7, want 6 or less
	// {"rationale": "clear position", "score": 6} <nil>
	// {"fenced" "" ""}
	// {"surrounded" "" "13 bytes before and 0 after"}
	// {"clamped" "/score" "7 to 6"}
	// 6 <nil>
}

func ExampleParseTemplate() {
	type assignment struct{ Title, Task string }
	_, err := prompt.ParseTemplate[assignment]("score.tmpl", "Score this text.\nAssignment: {{.Titel}}\n")
	fmt.Println(strings.ReplaceAll(err.Error(), "; ", "\n"))

	t, err := prompt.ParseTemplate[assignment]("score.tmpl", "Score this text.\nAssignment: {{.Title}}\n")
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := t.Render(assignment{Title: "Harbor Road"})
	fmt.Printf("%q %v %s\n", text, err, t.Hash()[:8])
	// Output:
	// prompt: template: score.tmpl:2:14: checking "score.tmpl" at <.Titel>: can't use field Titel in type prompt_test.assignment
	// prompt_test.assignment has the fields Title, Task
	// "Score this text.\nAssignment: Harbor Road" <nil> af5cc6bf
}

func ExampleReadTemplate() {
	own := fstest.MapFS{"score.tmpl": {Data: []byte("Judge {{.}}.\n")}}
	shipped := fstest.MapFS{"score.tmpl": {Data: []byte("Score {{.}}.\n")}, "feedback.tmpl": {Data: []byte("Comment on {{.}}.\n")}}
	for _, name := range []string{"score.tmpl", "feedback.tmpl"} {
		t, err := prompt.ReadTemplate[string](name, own, shipped)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(t.Render("the essay"))
	}
	// Output:
	// Judge the essay. <nil>
	// Comment on the essay. <nil>
}

func ExampleBudget_Fit() {
	p := prompt.Prompt{
		System: []prompt.Section{
			{Text: "Score the text from 1 to 6."},
			{Tag: prompt.Documents, Text: "The article.\n\n" + strings.Repeat("A long paragraph. ", 20), CutOrder: 2, Trim: true},
		},
		Examples: []prompt.Example{{ID: "essay-7", User: []prompt.Section{{Tag: prompt.Submission, Text: strings.Repeat("Old text. ", 20)}},
			Reply: `{"score": 3}`, CutOrder: 1}},
		User: []prompt.Section{{Tag: prompt.Submission, Text: "Harbor Road should be closed."}},
	}
	words := llm.CounterFunc(func(text string) int { return len(strings.Fields(text)) })
	fitted, cuts, err := prompt.Budget{MaxTokens: 50, Counter: words}.Fit(p)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range cuts {
		fmt.Println(c)
	}
	fmt.Println(fitted.System[1].Text)

	var over *prompt.OverBudgetError
	_, _, err = prompt.Budget{MaxTokens: 20, Counter: words}.Fit(p)
	fmt.Println(errors.As(err, &over), err)
	// Output:
	// example essay-7: 52 to 0 tokens
	// class_documents: 64 to 9 tokens
	// The article.
	//
	// [The rest is left out.]
	// true prompt: what may not be cut needs 25 tokens and 20 are allowed: want a larger window, a shorter submission, or a cut order on more parts
}
