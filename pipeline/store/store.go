package store

import (
	"context"
	"errors"
	"iter"
)

// Store keeps objects by key.
//
// Implementations are safe for concurrent use, by several processes too where they can be opened more than once. They are linearizable per
// key: once a Put has returned without an error, every Get that begins afterwards returns what it wrote, or what was written over it. They
// neither keep nor modify data after a call has returned, and honour the cancellation of ctx. An error of an invalid key or prefix says
// what is wrong with it.
type Store interface {
	// Get returns the object at key. Its data belongs to the caller. The error is [ErrNotFound] if there is none.
	Get(ctx context.Context, key string) (Object, error)
	// Put writes data, which may be empty, as the object at key and returns its tag. With over "" it does so only if there is no object at
	// key; otherwise only if there is one that has the tag over. If that is not so, the error is [ErrConflict] and nothing was written.
	//
	// After any other error the object may have been written or not, and after a lost connection it may still come to be written. A caller
	// who has to know reads it back: Get returns the caller's data if it was written. Two writers of the same bytes cannot tell each other
	// apart in this way; data that claims something says who claims it.
	Put(ctx context.Context, key string, data []byte, over Tag) (Tag, error)
	// List yields the keys that begin with prefix, every one once, in the order of their bytes; with prefix "" all of them. What is put
	// while the iteration goes on may be among them or not. After an error there is nothing more.
	List(ctx context.Context, prefix string) iter.Seq2[string, error]
}

// Object is what is kept under a key.
type Object struct {
	Data []byte
	// Tag identifies Data at this key.
	Tag Tag
}

// Tag identifies the content of an object. It is opaque, never "" for an object that exists, and of use only with the store it comes from.
//
// Different content has a different tag, but the same content may have the same one again: an object that went from A to B and back to A
// can be put over with the tag of the first A. That is how S3 makes its tags, and every store of this package does it likewise, so that
// what works with one works with all. A caller to whom the change between matters writes a counter into the data.
type Tag string

// ErrNotFound is the cause of an error about a key that has no object.
var ErrNotFound = errors.New("no such object")

// ErrConflict is the cause of the error of a Put that wrote nothing because the object is not what the caller took it for, or was being
// written by someone else at that moment. The caller gets the object again and decides anew; that there is none then is possible.
var ErrConflict = errors.New("the object was written by someone else")
