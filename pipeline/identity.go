package pipeline

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"sync"
)

// identify gives n the key by which it is known where nothing is replaced. A node is identified once it is complete.
func (n *node) identify() { n.key = n.keyAmong(func(need *node) string { return need.key }) }

// plainKey returns that key, "" for a zero asset.
func (n *node) plainKey() string {
	if n == nil {
		return ""
	}
	return n.key
}

// keyAmong returns n's key where key tells the keys of its needs: a root, or an asset that cannot be built, is identified by its
// address, a derived asset by its name, version, group, type, configuration and needs.
func (n *node) keyAmong(key func(*node) string) string {
	if n.origin != OriginDerived || n.err != nil {
		return fmt.Sprintf("root:%p", n)
	}
	parts := []string{n.meta.Name, strconv.Itoa(n.meta.Version), n.group(), fmt.Sprintf("%p", n.holds), string(n.config)}
	for _, need := range n.needs {
		parts = append(parts, key(need))
	}
	return "derived:" + digest(parts...)
}

// identities computes the keys of nodes as one run sees them: a replaced asset is identified by its replacement, which changes the
// keys of all that depend on it. Nodes with equal keys share one value.
type identities struct {
	replaced replacements

	mu   sync.Mutex // a getter may be used after the build, by many items at once
	keys map[*node]string
}

func newIdentities(replaced replacements) *identities {
	return &identities{replaced: replaced, keys: map[*node]string{}}
}

func (ids *identities) key(n *node) string {
	ids.mu.Lock()
	defer ids.mu.Unlock()
	return ids.known(n)
}

// known returns n's key, computing it once. The caller holds mu.
func (ids *identities) known(n *node) string {
	if k, ok := ids.keys[n]; ok {
		return k
	}
	k := ids.compute(n)
	ids.keys[n] = k
	return k
}

func (ids *identities) compute(n *node) string {
	if r := ids.replaced.of(n); r != nil {
		return fmt.Sprintf("replaced:%p", r)
	}
	return n.keyAmong(ids.known)
}

// digest hashes parts with their lengths, so that no two lists of parts run together into the same bytes.
func digest(parts ...string) string {
	h := sha256.New()
	var size [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(size[:], uint64(len(p)))
		h.Write(size[:])
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}
