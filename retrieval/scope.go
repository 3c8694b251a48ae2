package retrieval

import (
	"errors"
	"slices"
	"time"
)

// ErrNoScope is returned for a query without a scope: reading everything must be said, not forgotten.
var ErrNoScope = errors.New("retrieval: the query has no scope; name an assignment, a class, a teacher, documents or Everything")

// Scope is the set of records a query may see: those that carry every key that is named and none that is excluded.
//
// The zero value is invalid, and so is a scope that only excludes: set Everything to see all records that are not excluded. Keys
// named beside Everything narrow it all the same. An empty name in a list names nothing: it neither admits nor hides the records
// that belong to no document.
type Scope struct {
	Everything bool   `json:"everything,omitempty"`
	Class      string `json:"class,omitempty"`
	Teacher    string `json:"teacher,omitempty"`
	Assignment string `json:"assignment,omitempty"`
	// Documents restricts to records of these documents; nil does not restrict, an empty list admits nothing.
	Documents []string `json:"documents,omitzero"`
	// ExcludeStudent hides the work of one student; empty hides none.
	ExcludeStudent string `json:"exclude_student,omitempty"`
	// ExcludeDocuments hides the records of these documents or submissions.
	ExcludeDocuments []string `json:"exclude_documents,omitempty"`
	// Before hides records of this time or later, and records without a time; the zero time hides none.
	Before time.Time `json:"before,omitzero"`
}

// Validate returns [ErrNoScope] unless s sets Everything or names a class, a teacher, an assignment or a list of documents.
func (s Scope) Validate() error {
	if s.Everything || s.Class != "" || s.Teacher != "" || s.Assignment != "" || s.Documents != nil {
		return nil
	}
	return ErrNoScope
}

// Admits reports whether a query with this scope may see r. It is the definition that every index follows. An invalid scope
// admits nothing.
func (s Scope) Admits(r Record) bool {
	return s.Validate() == nil && s.names(r.Keys) && !s.excludes(r.Keys)
}

func (s Scope) names(k Keys) bool {
	return (s.Class == "" || s.Class == k.Class) &&
		(s.Teacher == "" || s.Teacher == k.Teacher) &&
		(s.Assignment == "" || s.Assignment == k.Assignment) &&
		(s.Documents == nil || k.Document != "" && slices.Contains(s.Documents, k.Document))
}

func (s Scope) excludes(k Keys) bool {
	return s.ExcludeStudent != "" && s.ExcludeStudent == k.Student ||
		k.Document != "" && slices.Contains(s.ExcludeDocuments, k.Document) ||
		!s.Before.IsZero() && (k.Time.IsZero() || !k.Time.Before(s.Before))
}
