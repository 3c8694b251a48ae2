package store

import (
	"fmt"
	"strings"
)

const (
	maxKey     = 512 // S3 takes 1024 with the prefix of the store
	maxSegment = 100 // a file name takes 255, and an upper-case letter takes two of them
)

// ValidateKey returns what is wrong with key by the rules of the package, nil if it is a key.
func ValidateKey(key string) error {
	if len(key) > maxKey {
		return fmt.Errorf("store: key %.40q...: %d bytes, want at most %d", key, len(key), maxKey)
	}
	for segment := range strings.SplitSeq(key, "/") {
		if why := segmentProblem(segment); why != "" {
			return fmt.Errorf("store: key %q: %s", key, why)
		}
	}
	return nil
}

// ValidatePrefix returns what is wrong with prefix, nil if keys can begin with it.
func ValidatePrefix(prefix string) error {
	if len(prefix) > maxKey {
		return fmt.Errorf("store: prefix %.40q...: %d bytes, want at most %d", prefix, len(prefix), maxKey)
	}
	parent, rest := splitKey(prefix)
	if parent != "" {
		for segment := range strings.SplitSeq(strings.TrimSuffix(parent, "/"), "/") {
			if why := segmentProblem(segment); why != "" {
				return fmt.Errorf("store: prefix %q: %s", prefix, why)
			}
		}
	}
	if rest == "" {
		return nil
	}
	if begun := strings.TrimRight(rest, "."); begun != "" {
		rest = begun // the segment may go on behind its dots
	}
	if why := segmentProblem(rest); why != "" {
		return fmt.Errorf("store: prefix %q: %s", prefix, why)
	}
	return nil
}

// splitKey splits behind the last slash.
func splitKey(key string) (parent, name string) {
	i := strings.LastIndexByte(key, '/') + 1
	return key[:i], key[i:]
}

func segmentProblem(segment string) string {
	switch {
	case segment == "":
		return "a segment is empty, want text on both sides of every slash"
	case len(segment) > maxSegment:
		return fmt.Sprintf("a segment has %d bytes, want at most %d", len(segment), maxSegment)
	case segment[0] == '.' || segment[len(segment)-1] == '.':
		return fmt.Sprintf("segment %q, want no dot at either end", segment)
	}
	for _, r := range segment {
		if !inKey(r) {
			return fmt.Sprintf("character %q, want ASCII letters, digits, '-', '_', '.' and '='", r)
		}
	}
	return ""
}

func inKey(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return true
	default:
		return strings.ContainsRune("-_.=", r)
	}
}
