package openaillm

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/llm"
)

// problem is what the body of a failure says.
type problem struct {
	isError bool     // the body has an error in it, and is not merely JSON with a message
	message string   // in the words of the server
	codes   []string // the names that the server has for it
	status  int      // the HTTP status that the body itself states; 0 when it states none
}

// body is the union of the forms that servers give a failure. OpenAI's is an error object with message, type and code; the code may be a number, the
// error may be a text (Ollama), lie at the top (vLLM before 0.10, gateways) or be a detail (FastAPI). Azure has an inner error.
type body struct {
	Error      json.RawMessage `json:"error"`
	Detail     json.RawMessage `json:"detail"`
	InnerError json.RawMessage `json:"innererror"`
	Message    any             `json:"message"`
	Type       any             `json:"type"`
	Code       any             `json:"code"`
}

// readProblem reads the body of a failure in any of the forms that are in use. It reports false for a body that has none of them.
func readProblem(raw []byte) (problem, bool) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil && len(list) > 0 { // Gemini's compatible endpoint puts it into an array
		raw = list[0]
	}
	var top body
	if json.Unmarshal(raw, &top) != nil {
		return problem{}, false
	}
	var p problem
	if p.isError = len(top.Error) > 0 && string(top.Error) != "null"; p.isError {
		var inner body
		if text := ""; json.Unmarshal(top.Error, &text) == nil {
			inner.Message = text
		} else if json.Unmarshal(top.Error, &inner) != nil {
			inner = body{}
		}
		p.add(inner)
	}
	p.add(top)
	if p.message == "" {
		p.message = readDetail(top.Detail)
	}
	return p, p.isError || p.message != ""
}

// add takes over what p does not know yet.
func (p *problem) add(b body) {
	if text, ok := b.Message.(string); ok && p.message == "" {
		p.message = text
	}
	var inner body
	if len(b.InnerError) > 0 && json.Unmarshal(b.InnerError, &inner) != nil {
		inner = body{}
	}
	for _, value := range []any{b.Code, b.Type, inner.Code} {
		switch v := value.(type) {
		case string:
			if v != "" && !slices.Contains(p.codes, v) {
				p.codes = append(p.codes, v)
			}
		case float64:
			if v >= 400 && v <= 599 && p.status == 0 {
				p.status = int(v)
			}
		}
	}
}

// readDetail reads the detail of FastAPI: a text, or a list with the place and the message of every fault. Their input is passed over, for it is
// the request.
func readDetail(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var faults []struct {
		Loc []any  `json:"loc"`
		Msg string `json:"msg"`
	}
	if json.Unmarshal(raw, &faults) != nil {
		return ""
	}
	var out []string
	for _, f := range faults {
		var place []string
		for _, l := range f.Loc {
			place = append(place, fmt.Sprint(l))
		}
		out = append(out, strings.Join(place, ".")+": "+f.Msg)
	}
	return strings.Join(out, "; ")
}

// class returns the class of a failure with an HTTP status. What the server calls it comes first, then the status, then its words: those of
// servers that have no name for a prompt that is too long.
func (p problem) class(status int) llm.Code {
	for _, name := range p.codes {
		switch strings.ToLower(name) {
		case "insufficient_quota", "billing_hard_limit_reached", "billing_not_active":
			return llm.CodeBudget
		case "context_length_exceeded", "exceed_context_size_error":
			return llm.CodeContextTooLong
		case "content_filter", "content_policy_violation", "responsibleaipolicyviolation", "invalid_prompt":
			return llm.CodeRefused
		}
	}
	switch status {
	case 401, 403:
		return llm.CodeAuth
	case 402:
		return llm.CodeBudget
	case 408, 504:
		return llm.CodeTimeout
	case 413:
		return llm.CodeContextTooLong // whatever the limit: a shorter request is what can help
	case 429:
		return llm.CodeThrottled
	}
	switch {
	case p.tooLong():
		return llm.CodeContextTooLong
	case status >= 400 && status <= 499:
		return llm.CodeInvalid
	default:
		return llm.CodeUnavailable
	}
}

// tooLong reports whether the server says, in words, that a request does not fit its window.
func (p problem) tooLong() bool {
	message := strings.ToLower(p.message)
	return slices.ContainsFunc([]string{
		"maximum context length",             // OpenAI, vLLM, OpenRouter
		"maximum model length",               // vLLM
		"exceeds the available context size", // llama.cpp
		"exceeded max context length",        // Ollama
		"exceeds the context length",         // Ollama
		"greater than the context length",    // LM Studio
		"exceeds the context window",         // OpenAI
		"exceed context window",              // llama-cpp-python
		"prompt is too long",
		"exceeds the maximum number of tokens", // Gemini
	}, func(words string) bool { return strings.Contains(message, words) })
}
