package strictjson_test

import (
	"encoding/json"
	"fmt"

	"github.com/gloss-sdk/gloss/internal/strictjson"
)

func ExampleUnmarshal() {
	type grade struct {
		Essay string  `json:"essay"`
		Score float64 `json:"score"`
	}
	in := []byte(`{"essay": "e1", "Score": 4, "score": 2, "scroe": 3}`)

	var g grade
	fmt.Println(json.Unmarshal(in, &g), g)
	fmt.Println(strictjson.Unmarshal(in, &g))
	// Output:
	// <nil> {e1 2}
	// Score: want the key written "score"
	// score: want one value; the key is there twice
	// scroe: want a known key: essay, score
}

func ExampleUnmarshalComplete() {
	type score struct {
		Criterion string  `json:"criterion,omitempty"`
		Value     float64 `json:"value"`
	}
	var scores []score
	fmt.Println(strictjson.UnmarshalComplete([]byte(`[{"value": 0}, {"criterion": "thesis"}]`), &scores))
	// Output:
	// [1].value: want a value; the key is missing or null
}

func ExampleFind() {
	doc := []byte(`{"scores": [{"value": 1}, {"value": 2}]}`)
	at, ok := strictjson.Find(doc, "scores[1].value")
	fmt.Println(string(doc[at:]), ok)
	// Output:
	// 2}]} true
}
