// Package embed is the port to text embedders.
//
// An [Embedder] turns texts into vectors. Documents and queries have roles of their own because many models encode them
// differently; an index remembers the [Identity] of the embedder that filled it and refuses any other. Embedders live in
// sub-packages (hashembed is the deterministic offline stand-in); the conformance suite and fakes are in embedtest.
package embed

import (
	"context"
	"fmt"
)

// Role says what a text is embedded for.
type Role string

// The roles of a text.
const (
	Document Role = "document" // a text to be found
	Query    Role = "query"    // a text to find others with
)

// Validate reports a role that is none of the two, as the zero value is.
func (r Role) Validate() error {
	if r != Document && r != Query {
		return fmt.Errorf("embed: unknown role %q; there are %q and %q", r, Document, Query)
	}
	return nil
}

// Embedder turns texts into vectors.
//
// Embed returns one vector per text, in order, each of the length that Identity names; no texts give no vectors. Equal texts
// in equal roles give equal vectors, whatever else is in the batch. A role that [Role.Validate] refuses is an error, also
// without texts. Implementations are safe for concurrent use, do not modify texts and honour ctx; the caller owns the vectors.
type Embedder interface {
	Embed(ctx context.Context, role Role, texts []string) ([][]float32, error)
	Identity() Identity
}

// Identity names an embedder: two embedders with equal identities give interchangeable vectors.
type Identity struct {
	// Model names the model and everything fixed at construction that can change a vector, but no secret.
	Model string `json:"model"`
	// Dim is the length of every vector.
	Dim int `json:"dim"`
}

// Request is a batch of texts in one role, the input of [Embedding].
type Request struct {
	Role  Role     `json:"role"`
	Texts []string `json:"texts"`
}
