package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Role says who speaks in a [Message].
type Role string

// The roles of a conversation. A request starts with at most one system message, then user and assistant take turns.
const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
)

// Message is one turn of a conversation.
type Message struct {
	Role Role   `json:"role"`
	Text string `json:"text"`
}

// Request is everything a model is told. Slices are shared, not copied; treat a request as immutable once it is sent.
//
// The zero value is invalid. The rules that [Request.Validate] checks are:
//
//   - There is at least one user message, and the last message is the user's.
//   - A system message stands first or nowhere. After it user and assistant take turns, the user first.
//   - MaxTokens is not negative. Temperature is not negative, and finite.
//   - Reply has a name, and its document is a JSON object.
//
// A text may be empty, as the essay of a student may be. A provider that takes no empty texts, or sets other bounds of its own, refuses
// such a request with [CodeInvalid].
type Request struct {
	// Messages is the conversation, oldest first. Pairs of user and assistant messages before the last one are worked examples.
	Messages []Message `json:"messages"`
	// Reply constrains the answer to a JSON value, with no text around it; nil asks for free text.
	Reply *Schema `json:"reply,omitempty"`
	// Temperature is the sampling temperature; nil leaves the provider's default.
	Temperature *float64 `json:"temperature,omitempty"`
	// MaxTokens bounds the answer in tokens; 0 leaves the provider's default.
	MaxTokens int `json:"max_tokens,omitempty"`
	// Seed asks for reproducible sampling where a provider can; nil asks for nothing.
	Seed *int64 `json:"seed,omitempty"`
}

// Schema is the shape of a structured answer: a JSON Schema (draft 2020-12) whose properties are in the order in which the
// model should write them.
type Schema struct {
	// Name is a short identifier ([a-z0-9_]) that some providers require.
	Name string `json:"name"`
	// JSON is the schema document, an object.
	JSON json.RawMessage `json:"json"`
}

// TokenEstimate returns what r will take, in a form that needs no import of this package: the input as [CountRequest] counts it with
// [Estimate], and the bound of the answer, 0 where there is none. A count reads the whole request, which takes less than 10 ms for a million characters.
func (r Request) TokenEstimate() (input, maxOutput int) {
	return CountRequest(Estimate{}, r), r.MaxTokens
}

// Validate reports every rule of [Request] that r breaks, joined into one error, and nil where r keeps them all. Messages count from 1.
// The error shows neither the text of a message nor the document of the schema.
//
// Adapters call it before anything is sent, and answer a request that fails it with [CodeInvalid].
func (r Request) Validate() error {
	return errors.Join(validateTurns(r.Messages), r.validateSettings(), r.Reply.validate())
}

func validateTurns(messages []Message) error {
	var errs []error
	next := User // empty where the turn before cannot be told
	for i, m := range messages {
		switch m.Role {
		case System:
			if i > 0 {
				errs = append(errs, fmt.Errorf("message %d has the role %q; want at most one such message, the first", i+1, m.Role))
			}
		case User, Assistant:
			if next != "" && m.Role != next {
				errs = append(errs, fmt.Errorf("message %d has the role %q; want %q, for user and assistant take turns, the user first",
					i+1, m.Role, next))
			}
			next = User
			if m.Role == User {
				next = Assistant
			}
		default:
			errs = append(errs, fmt.Errorf("message %d has the role %q; want %q, %q or %q", i+1, m.Role, System, User, Assistant))
			next = ""
		}
	}
	if !slices.ContainsFunc(messages, func(m Message) bool { return m.Role == User }) {
		errs = append(errs, errors.New("there is no user message; want at least one"))
	} else if last := messages[len(messages)-1]; last.Role != User {
		errs = append(errs, fmt.Errorf("the last message has the role %q; want %q", last.Role, User))
	}
	return errors.Join(errs...)
}

func (r Request) validateSettings() error {
	var errs []error
	if r.MaxTokens < 0 {
		errs = append(errs, fmt.Errorf("the limit of the answer is %d tokens; want 0 or more", r.MaxTokens))
	}
	if t := r.Temperature; t != nil && (math.IsNaN(*t) || math.IsInf(*t, 0) || *t < 0) {
		errs = append(errs, fmt.Errorf("the temperature is %v; want a number of 0 or more", *t))
	}
	return errors.Join(errs...)
}

func (s *Schema) validate() error {
	if s == nil {
		return nil
	}
	var errs []error
	if s.Name == "" {
		errs = append(errs, errors.New("the reply schema has no name"))
	}
	if !bytes.HasPrefix(bytes.TrimLeft(s.JSON, " \t\r\n"), []byte("{")) || !json.Valid(s.JSON) {
		errs = append(errs, fmt.Errorf("the reply schema %q is not a JSON object", s.Name))
	}
	return errors.Join(errs...)
}
