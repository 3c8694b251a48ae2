// Package s3store keeps the objects of a [store.Store] in a bucket of Amazon S3, or of a service that speaks its protocol, so that runs on
// several computers share them.
//
// The service must know conditional writes: PutObject with If-None-Match and If-Match, as the general purpose buckets of S3 do. One that
// ignores the conditions without a word would let a write be lost; package storetest tells. A bucket needs no setting of its own. The
// credentials need s3:GetObject, s3:PutObject and s3:ListBucket; without the last one S3 answers that access is denied where an object is
// absent.
//
// # Retries
//
// Requests are retried as the client is configured to; the standard of the SDK is three attempts. When an attempt of a Put is lost on its
// way back it may have written the object, and then the next one is refused because of what the first one did. So a refusal that follows
// another attempt is looked into: the object is read back, and if it holds the bytes of this Put, the Put has succeeded. Whoever puts the
// same bytes at the same moment is told the same, see [store.Store].
package s3store
