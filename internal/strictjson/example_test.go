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
