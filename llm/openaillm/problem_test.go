package openaillm

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/gloss-sdk/gloss/llm"
)

func FuzzReadProblem(f *testing.F) {
	for _, seed := range []string{
		`{"error":{"message":"m","type":"t","code":"c","innererror":{"code":"i"}}}`, `{"error":"text"}`, `{"error":{"code":429}}`,
		`[{"error":{"message":1}}]`, `{"detail":[{"loc":["a",1],"msg":"m"}]}`, `{"detail":"d"}`, `{"message":"m","code":1e9}`, `null`, `[]`, ``, `{"error":[]}`,
	} {
		f.Add([]byte(seed), 400)
	}
	f.Fuzz(func(t *testing.T, raw []byte, status int) {
		p, ok := readProblem(raw)
		if !ok && (p.isError || p.message != "") {
			t.Fatalf("%+v is no problem", p)
		}
		if p.status != 0 && (p.status < 400 || p.status > 599) {
			t.Fatalf("the status is %d", p.status)
		}
		if code := p.class(status); code == "" || code == llm.CodeUnknown {
			t.Fatalf("the class is %q", code)
		}
	})
}

// Of a text that a server quotes, no part that is long enough to be recognized is shown.
func FuzzShown(f *testing.F) {
	f.Add("Rate limit reached", "My brother says that the harbor smells.", "key-0123456789")
	f.Add("a\n\nb My brother says that the harbor smells. c", "x My brother says\tthat the harbor smells.", "")
	f.Add(strings.Repeat("ä", 400), strings.Repeat("ä", 19), "ääääääää")
	f.Add("\xff\xfe", "\xff", "\xff\xff\xff\xff\xff\xff\xff\xff\xff")
	f.Fuzz(func(t *testing.T, message, prompt, key string) {
		var m Model
		if len(key) >= leastCredential {
			m.credentials = []string{key}
		}
		got := m.shown(llm.Request{Messages: []llm.Message{{Role: llm.User, Text: prompt}}}, message)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\n\t") {
			t.Fatalf("%q is no line", got)
		}
		if n := utf8.RuneCountInString(got); n > mostShown+1 {
			t.Fatalf("%d characters are shown", n)
		}
		hidden := line(prompt)
		for part := range strings.SplitSeq(strings.ReplaceAll(strings.ReplaceAll(got, "[prompt]", "\n"), "[secret]", "\n"), "\n") {
			for runes := []rune(part); len(runes) >= echo; runes = runes[1:] {
				if strings.Contains(hidden, string(runes[:echo])) {
					t.Fatalf("%q shows %q of the prompt", got, string(runes[:echo]))
				}
			}
		}
	})
}

func TestShortQuotationsStay(t *testing.T) {
	t.Parallel()
	m := &Model{credentials: []string{"0123456789"}}
	req := llm.Request{Messages: []llm.Message{{Role: llm.User, Text: "the model gpt-4o is fine"}, {Role: llm.User, Text: "A long sentence that is private."}}}
	assert.Equal(t, "no model gpt-4o here", m.shown(req, "no model gpt-4o here"))
	assert.Equal(t, "said: [prompt] [secret]!", m.shown(req, "said: A long sentence that is private. 0123456789!"))
	assert.Equal(t, "[prompt]", m.shown(req, "long sentence that is"))
	assert.Equal(t, strings.Repeat("y", 300)+"…", m.shown(req, strings.Repeat("y", 301)))
}

func TestCredentialsAreReadFromHeaders(t *testing.T) {
	t.Parallel()
	got := credentials(map[string][]string{
		"Authorization": {"Bearer sk-0123456789"}, "Api-Key": {"azure-0123456789"}, "X-Gateway-Token": {"token-1"}, "Cookie": {"ollama"},
		"Content-Type": {"application/json"}, "User-Agent": {"OpenAI/Go 3.96.0"},
	})
	assert.Equal(t, []string{"Bearer sk-0123456789", "azure-0123456789", "sk-0123456789"}, got, "short values are placeholders")
}
