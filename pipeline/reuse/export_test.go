package reuse

import "github.com/gloss-sdk/gloss/pipeline"

// Recode reads the object of a key and writes it again, and after the transitions of an attempt that takes it over and ends.
func Recode(key string, data []byte) (same, next []byte, err error) {
	e, err := decodeEntry(key, data)
	if err != nil {
		return nil, nil, err
	}
	if same, err = e.encode(); err != nil {
		return nil, nil, err
	}
	n := e.begin(pipeline.Work{Fingerprint: e.Fingerprint}, "somebody", DefaultLease).renewed()
	k := &kept{Owner: "somebody", Time: now(), Value: []byte(`"outcome"`)}
	next, err = n.keeping(k, attempt{Fence: n.Fence, End: endKept}).encode()
	return same, next, err
}
