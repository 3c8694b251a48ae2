package userdata_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/gloss-sdk/gloss/task/userdata"
)

func ExampleValues() {
	answers := userdata.Values("form", "Close it.", "Keep it open.")
	for r, err := range answers.Read(context.Background()) {
		fmt.Println(r.Place, r.Value, err)
	}
	// Output:
	// form:1 Close it. <nil>
	// form:2 Keep it open. <nil>
}

func ExampleYAML() {
	fsys := fstest.MapFS{"rubrics.yaml": {Data: []byte(`
- id: argument
  criteria:
    - id: thesis
      scale: {min: 1, max: 4}
- id: story
  criterions:
    - id: plot
`)}}
	for r, err := range userdata.YAML[userdata.Rubric](fsys, "rubrics.yaml").Read(context.Background()) {
		if err != nil {
			fmt.Println("problem:", err)
			continue
		}
		fmt.Println(r.Place, r.Value.ID, r.Value.Criteria[0].Scale)
	}
	// Output:
	// rubrics.yaml:2 argument 1 to 4
	// problem: rubrics.yaml:7: criterions: want a known key: id, name, criteria
	// problem: rubrics.yaml:6: criteria: want a value; the key is missing or null
}

func ExampleJSON() {
	type answer struct {
		ID    string  `json:"id"`
		Score float64 `json:"score,omitempty"`
	}
	fsys := fstest.MapFS{"answers.json": {Data: []byte(`[{"id": "a1", "score": 0.5}, {"id": "a2"}]`)}}
	for r, err := range userdata.JSON[answer](fsys, "answers.json").Read(context.Background()) {
		fmt.Println(r.Value, err)
	}
	// Output:
	// {a1 0.5} <nil>
	// {a2 0} <nil>
}

func ExampleFiles() {
	fsys := fstest.MapFS{
		"feedback/e1.yaml": {Data: []byte("submission: e1\nsummary: Clear and short.\n")},
		"feedback/e2.json": {Data: []byte(`{"submission": "e2", "summary": "Say who needs it."}`)},
	}
	for r, err := range userdata.Files[userdata.Feedback](fsys, "feedback").Read(context.Background()) {
		fmt.Println(r.Place, r.Value.Submission, r.Value.Summary, err)
	}
	// Output:
	// feedback/e1.yaml:1 e1 Clear and short. <nil>
	// feedback/e2.json:1 e2 Say who needs it. <nil>
}

func ExampleParseColumns() {
	columns, err := userdata.ParseColumns("id=essay_id,text=essay,criterion.thesis=trait 1")
	fmt.Println(columns, err)
	_, err = userdata.ParseColumns("id=essay_id,essay=essay,id=id")
	fmt.Println(err)
	// Output:
	// id=essay_id,text=essay,criterion.thesis=trait 1 <nil>
	// userdata: unknown column key "essay"; want one of id, text, file, assignment, student, draft, prior, submitted_at, score, author, rater1, rater2, group, criterion.<id>
	// userdata: column key "id" is given twice
}

func ExampleTable_Feedback() {
	fsys := fstest.MapFS{"scores.csv": {Data: []byte("essay,rater,thesis,evidence\ne1,c,4,3\ne1,m,3,\n")}}
	columns, err := userdata.ParseColumns("id=essay,author=rater,criterion.thesis=thesis,criterion.evidence=evidence")
	if err != nil {
		fmt.Println(err)
		return
	}
	scores, err := userdata.NewTable(fsys, "scores.csv", userdata.WithColumns(columns))
	if err != nil {
		fmt.Println(err)
		return
	}
	for r, err := range scores.Feedback().Read(context.Background()) {
		fmt.Println(r.Place, r.Value.Author, len(r.Value.Scores), err)
	}
	// Output:
	// scores.csv:2 c 2 <nil>
	// scores.csv:3 m 1 <nil>
}

func ExampleParseEncoding() {
	encoding, err := userdata.ParseEncoding("latin1")
	fmt.Println(encoding, err)
	// Output:
	// windows-1252 <nil>
}

func ExampleClass_Check() {
	class, err := userdata.Dir(fstest.MapFS{
		"assignments.yaml": {Data: []byte("- id: letter\n  scale: {min: 1, max: 6}\n")},
		"submissions.csv":  {Data: []byte("id,assignment,text\ne1,letter,Close the road.\ne2,leter,Keep it open.\n")},
		"feedback.jsonl": {Data: []byte(`{"submission": "e1", "scores": [{"value": 8}]}
{"submission": "e1", "author": "lind", "comments": [{"kind": "praise", "text": "Clear.", "anchor": {"quote": "Open the road"}}]}
`)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(class.Check(context.Background()))
	// Output:
	// 3 problems in the data:
	// feedback.jsonl:1: scores[0].value: got "8"; want a score on the scale 1 to 6
	// feedback.jsonl:2: comments[0].anchor.quote: got "Open the road"; want words of submission e1 as they stand there
	// submissions.csv:3: assignment: got "leter"; want an assignment of the class: letter
}

func ExampleClass_Submissions() {
	class, err := userdata.Dir(fstest.MapFS{
		"submissions.csv":        {Data: []byte("id,student,draft,prior,file\ne1,s1,1,,\ne2,s1,2,e1,submissions/second.txt\n")},
		"submissions/e1.txt":     {Data: []byte("Close the road.\n")},
		"submissions/second.txt": {Data: []byte("Close the road, but not to the bus.\n")},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	submissions, err := class.Submissions(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	last := submissions[len(submissions)-1]
	fmt.Println(last.DraftIDs())
	fmt.Printf("%q came after %q\n", last.Text, last.PriorDraft.Text)
	// Output:
	// [e2 e1]
	// "Close the road, but not to the bus.\n" came after "Close the road.\n"
}
