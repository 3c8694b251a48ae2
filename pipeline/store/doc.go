// Package store keeps small objects by key for several processes at once: what a run has paid for, and who is at work on what.
//
// [Store] is the port. [NewMemory] keeps objects in memory, [OpenDir] in a directory that processes of one computer share, and package
// s3store in a bucket of any service that speaks S3 with conditional writes. Package storetest has the tests that every implementation
// passes.
//
// A Put is conditional in every case: it creates an object, or replaces the one that the caller has seen. Nothing is overwritten
// unseen, so claims and counters need no lock:
//
//	for {
//		old, err := s.Get(ctx, key)
//		// ...
//		_, err = s.Put(ctx, key, changed(old.Data), old.Tag)
//		if !errors.Is(err, store.ErrConflict) {
//			return err
//		}
//	}
//
// There is no way to delete an object, so none of its users has to reckon with one that is gone. What is to be forgotten is removed from
// outside while nobody is at work on it: the files below the directory's objects, or by a rule of the bucket.
//
// # Keys
//
// A key is one or more segments with a slash between them. A segment is 1 to 100 ASCII letters, digits and the characters '-', '_', '.' and
// '=', without a dot at either end; a key is at most 512 bytes long. Upper and lower case differ. Any key fits into a file name, a URL and
// XML in this way, and none leads out of where it belongs. A key and another one that goes on behind it with a slash, such as "a" and
// "a/b", are two objects, but a service that keeps an S3 bucket as plain files may refuse the second one.
//
// Keys appear in errors, logs and listings. They must hold nothing that is secret, and no text of a student.
package store
