package exemplarllm

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gloss-sdk/gloss/llm"
)

// BenchmarkChoose is the choice of a predictor for one number: the leave-one-out error of all three.
func BenchmarkChoose(b *testing.B) {
	for _, k := range []int{20, 100} {
		s := randomSample(rand.New(rand.NewPCG(1, uint64(k))), k)
		b.Run(fmt.Sprintf("examples=%d", k), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				choose(s)
			}
		})
	}
}

// BenchmarkGenerate is a whole request of essays of about 350 words, graded by one score or by ten criteria.
func BenchmarkGenerate(b *testing.B) {
	for _, criteria := range []int{1, 10} {
		for _, k := range []int{20, 100} {
			req := gradedEssays(k, criteria)
			m, err := New()
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("criteria=%d/examples=%d", criteria, k), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := m.Generate(b.Context(), req); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func gradedEssays(k, criteria int) llm.Request {
	a := author{rand.New(rand.NewPCG(31, 32))}
	essay := func() string {
		words := make([]string, 350)
		for i := range words {
			words[i] = strings.Repeat(string(rune('a'+a.IntN(26))), 1+a.IntN(3)) + string(rune('a'+a.IntN(26)))
			if i%14 == 13 {
				words[i] += "."
			}
		}
		return strings.Join(words, " ")
	}
	var properties object
	for c := range criteria {
		properties = append(properties, member{fmt.Sprintf("criterion_%d", c), json.RawMessage(
			`{"type":"object","properties":{"score":{"type":"integer","minimum":1,"maximum":4},"rationale":{"type":"string"},"quote":{"type":"string"}}}`)})
	}
	var messages []llm.Message
	for range k {
		text := essay()
		var reply object
		for _, p := range properties {
			reply = append(reply, member{p.name, json.RawMessage(fmt.Sprintf(`{"score":%d,"rationale":"A remark.","quote":%q}`,
				1+a.IntN(4), firstWords(text, 10)))})
		}
		messages = append(messages, llm.Message{Role: llm.User, Text: text},
			llm.Message{Role: llm.Assistant, Text: string(appendValue(nil, reply))})
	}
	schema := appendValue(nil, object{{"type", json.RawMessage(`"object"`)}, {"properties", properties}})
	return llm.Request{
		Messages: append(messages, llm.Message{Role: llm.User, Text: essay()}),
		Reply:    &llm.Schema{Name: "grades", JSON: schema},
	}
}
