package llm

import (
	"context"
	"errors"
)

// Middleware returns a model that does something around the calls of another: it changes the request, answers itself or asks
// someone else. The model it is given is never nil when it comes from [Wrap].
//
// What it returns keeps the contract of [Model], implements [Identifier], passes on what the model says as a [Describer] and a [Rehearser] (see
// [ModelInfoOf] and [Rehearse]), and holds no state that one call could leave for the next, so middlewares can be put in any order and one
// Middleware can wrap several models.
type Middleware func(Model) Model

// Wrap puts the middlewares around m, the first outermost: Wrap(m, A, B) is A(B(m)), so a request passes A, then B, then reaches
// m. A nil middleware is skipped, so that an optional one can be written in place. Around a nil m stands a model that fails every
// request with [CodeInvalid].
func Wrap(m Model, ms ...Middleware) Model {
	if m == nil {
		m = Func(noModel)
	}
	for i := len(ms) - 1; i >= 0; i-- {
		if ms[i] != nil {
			m = ms[i](m)
		}
	}
	return m
}

func noModel(context.Context, Request) (Response, error) {
	return Response{}, &Error{Code: CodeInvalid, Err: errors.New("there is no model to ask: Wrap was given nil")}
}

// IdentityOf returns the identity of a model that implements [Identifier], and "unidentified" for any other. Two models that do not
// say what answers cannot be told apart in the record of a run.
func IdentityOf(m Model) string {
	if id, ok := m.(Identifier); ok {
		return id.Identity()
	}
	return unidentified
}

// unidentified stands for the identity of a model that has none.
const unidentified = "unidentified"

// ModelInfoOf returns what a model that implements [Describer] says, and nothing for any other.
func ModelInfoOf(m Model) (provider, model string) {
	if d, ok := m.(Describer); ok {
		return d.ModelInfo()
	}
	return "", ""
}
