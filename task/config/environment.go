package config

import (
	"errors"
	"fmt"
	"strings"
)

// reference is an entry of the environment section: which variable holds a value, never the value.
type reference struct {
	Env    string `json:"env"`
	Secret bool   `json:"secret,omitempty"`
}

// Environment is the environment section of a file with its references resolved. It shows none of its values, whether secret or not. It
// is safe for concurrent use.
type Environment struct {
	names  []string // sorted
	values map[string]resolved
}

type resolved struct {
	text   Secret
	secret bool
}

func (e *Environment) add(name string, ref reference, text string) {
	e.names = append(e.names, name)
	e.values[name] = resolved{NewSecret(text), ref.Secret}
}

// Value returns the value of a key of the environment section. A key that the file lacks, or calls a secret, is an error.
func (e Environment) Value(key string) (string, error) {
	v, err := e.lookup(key)
	if err == nil && v.secret {
		return "", fmt.Errorf("environment.%s is a secret; read it with Environment.Secret", key)
	}
	return v.text.Reveal(), err
}

// Secret returns the value of a key of the environment section as a secret, whether or not the file calls it one. A key that the file lacks
// is an error.
func (e Environment) Secret(key string) (Secret, error) {
	v, err := e.lookup(key)
	return v.text, err
}

func (e Environment) lookup(key string) (resolved, error) {
	v, ok := e.values[key]
	if !ok {
		return resolved{}, fmt.Errorf("environment.%s is missing from the file; want a reference such as {env: %s}", key, strings.ToUpper(key))
	}
	return v, nil
}

// redact returns err without the secrets of e in its text. An error that holds one is cut off from its causes, which hold it too.
func (e Environment) redact(err error) error {
	text := err.Error()
	clean := text
	for _, name := range e.names {
		if v := e.values[name]; v.secret {
			clean = strings.ReplaceAll(clean, v.text.Reveal(), hidden)
		}
	}
	if clean == text {
		return err
	}
	return errors.New(clean)
}
