package userdata_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task/userdata"
)

// essay is a type of a user's own.
type essay struct {
	ID    string  `json:"id"`
	Text  string  `json:"text"`
	Score float64 `json:"score,omitempty"`
	Tags  []tag   `json:"tags,omitempty"`
}

type tag struct {
	Name string `json:"name"`
}

func jsonl(data string) userdata.Source[essay] {
	return userdata.JSONL[essay](fstest.MapFS{"e.jsonl": {Data: []byte(data)}}, "e.jsonl")
}

func TestJSONL(t *testing.T) {
	t.Parallel()
	records, errs := collect(t, jsonl("\ufeff{\"id\":\"a\",\"text\":\"one\\ntwo\"}\r\n\n  \t\n{\"id\":\"b\",\"text\":\"é\",\"score\":2.5}"))
	require.Empty(t, errs)
	require.Len(t, records, 2)
	assert.Equal(t, essay{ID: "a", Text: "one\ntwo"}, records[0].Value)
	assert.Equal(t, userdata.Place{File: "e.jsonl", Line: 1}, records[0].Place)
	assert.Equal(t, essay{ID: "b", Text: "é", Score: 2.5}, records[1].Value)
	assert.Equal(t, "e.jsonl:4", records[1].Place.String())
}

func TestJSONLGoesOnAfterAProblem(t *testing.T) {
	t.Parallel()
	records, errs := collect(t, jsonl(`{"id":"a","text":"x","Score":1,"tags":[{"nam":"y"}]}
{"id":"b","text":"x"}
{"id":"c"}
{"id":"d","text":"x","text":"y"}
{"id":"e","text":"x"}}
`))
	require.Len(t, records, 1)
	assert.Equal(t, "b", records[0].Value.ID)
	assert.Equal(t, []string{
		`e.jsonl:1: Score: want the key written "score"`,
		`e.jsonl:1: tags[0].nam: want a known key: name`,
		`e.jsonl:1: tags[0].name: want a value; the key is missing or null`,
		`e.jsonl:3: text: want a value; the key is missing or null`,
		`e.jsonl:4: text: want one value; the key is there twice`,
		`e.jsonl:5: want valid JSON (invalid character '}' after top-level value)`,
	}, messages(errs))
}

func TestJSONLLongLines(t *testing.T) {
	t.Parallel()
	line := func(size int) string {
		const frame = `{"id":"a","text":""}`
		return `{"id":"a","text":"` + strings.Repeat("x", size-len(frame)) + `"}`
	}
	const limit = 16 << 20
	records, errs := collect(t, jsonl(line(limit)+"\n"+line(limit+1)+"\n"+line(100)+"\n"+line(limit+1)))
	assert.Len(t, records, 2)
	assert.Equal(t, []string{"e.jsonl:2: want a line of at most 16 MiB", "e.jsonl:4: want a line of at most 16 MiB"}, messages(errs))
}

func TestJSONLUndecodable(t *testing.T) {
	t.Parallel()
	records, errs := collect(t, jsonl("{\"id\":\"a\",\"text\":\"x\"}\n{\"id\":\"b\",\"text\":\"\xe9\"}\n{\"id\":\"c\",\"text\":\"x\"}\n"))
	assert.Len(t, records, 1)
	require.Len(t, errs, 1)
	assert.ErrorContains(t, errs[0], "e.jsonl:2: byte 40: want UTF-8")
}

func TestJSONLSequence(t *testing.T) {
	t.Parallel()
	checkSource(t, jsonl("{\"id\":\"a\",\"text\":\"x\"}\n{\"id\":\"b\"}\n{}"))
	checkSource(t, jsonl("{}\n{}"))
}

func TestMissingFile(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]userdata.Source[essay]{
		"e.jsonl": userdata.JSONL[essay](fstest.MapFS{}, "e.jsonl"),
		"e.yaml":  userdata.YAML[essay](fstest.MapFS{}, "e.yaml"),
		"e.json":  userdata.JSON[essay](fstest.MapFS{}, "e.json"),
		"feed":    userdata.Files[essay](fstest.MapFS{}, "feed"),
	} {
		_, errs := collect(t, src)
		require.Len(t, errs, 1)
		require.EqualError(t, errs[0], "userdata: read "+name+": file does not exist")
		require.ErrorIs(t, errs[0], fs.ErrNotExist)
	}
	for _, src := range []userdata.Source[essay]{userdata.JSONL[essay](nil, "e"), userdata.Files[essay](nil, "e")} {
		_, errs := collect(t, src)
		require.Len(t, errs, 1)
		require.EqualError(t, errs[0], "userdata: read e: no file system was given")
	}
}

// FuzzJSONL holds the reader to its contract: each line that is not blank gives one record or at least one problem of that line, and a
// record is what encoding/json decodes.
func FuzzJSONL(f *testing.F) {
	f.Add([]byte("{\"id\":\"a\",\"text\":\"b\"}\n\n{\"id\":\"a\"}\n"))
	f.Add([]byte("\xff\xfe{\x00}\x00"))
	f.Add([]byte("{\"ID\":1,\"text\":null}\r\n[]\nnull"))
	f.Add([]byte("\xef\xbb\xbf{}{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		records, errs := collect(t, jsonl(string(data)))
		lines := bytes.Count(data, []byte("\n")) + 1
		last := 0
		for _, r := range records {
			require.Greater(t, r.Place.Line, last)
			last = r.Place.Line
			if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
				continue
			}
			var want essay
			raw := bytes.Split(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), []byte("\n"))[r.Place.Line-1]
			require.NoError(t, json.Unmarshal(raw, &want))
			require.Equal(t, want, r.Value)
		}
		for _, err := range errs {
			var p *userdata.Problem
			require.ErrorAs(t, err, &p)
			require.Equal(t, "e.jsonl", p.Place.File)
			require.Positive(t, p.Place.Line)
			if data[0] < 0xfe {
				require.LessOrEqual(t, p.Place.Line, lines)
			}
			require.NotEmpty(t, p.Want)
		}
		if len(bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))) > 0 && data[0] < 0xfe {
			require.NotZero(t, len(records)+len(errs))
		}
	})
}

func ExampleJSONL() {
	type answer struct {
		ID    string  `json:"id"`
		Score float64 `json:"score"`
	}
	fsys := fstest.MapFS{"answers.jsonl": {Data: []byte(`{"id": "a1", "score": 0.5}
{"id": "a2", "scores": 1}
`)}}
	for r, err := range userdata.JSONL[answer](fsys, "answers.jsonl").Read(context.Background()) {
		if err != nil {
			fmt.Println("problem:", err)
			continue
		}
		fmt.Println(r.Place, r.Value)
	}
	// Output:
	// answers.jsonl:1 {a1 0.5}
	// problem: answers.jsonl:2: scores: want a known key: id, score
	// problem: answers.jsonl:2: score: want a value; the key is missing or null
}
