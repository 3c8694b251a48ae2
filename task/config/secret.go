package config

import (
	"fmt"
	"log/slog"
)

// hidden stands for a secret wherever it would be shown.
const hidden = "[secret]"

// Secret is a text that cannot be shown by accident: formatted with any verb, logged, or marshalled, alone or inside other values,
// it is "[secret]" or nothing at all. Secrets cannot be compared or be keys of maps, so they are not hashed by accident either. The zero
// Secret is the empty text.
type Secret struct {
	// The text is behind a function because packages that print unexported fields by reflection follow everything else.
	reveal func() string
}

// NewSecret returns a secret that holds text.
func NewSecret(text string) Secret {
	return Secret{func() string { return text }}
}

// Reveal returns the text.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// Format writes "[secret]" whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// String returns "[secret]".
func (s Secret) String() string { return hidden }

// LogValue returns "[secret]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText returns "[secret]", which is also what JSON, YAML and XML then hold.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
