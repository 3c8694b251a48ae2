package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// fanMark begins the name of a directory that holds objects; no segment of a key has it.
const fanMark = "+"

// pathOf returns the file of a key.
func (d *Dir) pathOf(key string) string {
	parent, name := splitKey(key)
	return filepath.Join(d.dirOf(parent), fanMark+shardName(shardOf(key)), escape(name))
}

// dirOf returns the directory of the keys that begin with parent, which is "" or ends in a slash.
func (d *Dir) dirOf(parent string) string {
	return filepath.Join(d.root, objectsDir, filepath.FromSlash(escape(parent)))
}

// escape writes upper-case letters as the module cache of Go does.
func escape(key string) string {
	var b strings.Builder
	for _, r := range []byte(key) {
		if 'A' <= r && r <= 'Z' {
			b.WriteByte('!')
			r += 'a' - 'A'
		}
		b.WriteByte(r)
	}
	return b.String()
}

// unescape returns the segment that a file name stands for; ok is false for one that escape does not write.
func unescape(name string) (segment string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '!' && i+1 < len(name) && 'a' <= name[i+1] && name[i+1] <= 'z' {
			i++
			c = name[i] - ('a' - 'A')
		}
		b.WriteByte(c)
	}
	segment = b.String()
	return segment, segmentProblem(segment) == "" && escape(segment) == name
}

// List yields the keys in order; it reads a directory when it comes to it. Files that are not of the store are passed over.
func (d *Dir) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := ValidatePrefix(prefix); err != nil {
			yield("", err)
			return
		}
		parent, rest := splitKey(prefix)
		if _, err := d.walk(ctx, parent, rest, yield); err != nil {
			yield("", fmt.Errorf("store: directory %s: list %q: %w", d.root, prefix, err))
		}
	}
}

// walk yields the keys below parent whose next segment begins with rest. It returns false if the caller wants no more.
func (d *Dir) walk(ctx context.Context, parent, rest string, yield func(string, error) bool) (more bool, err error) {
	entries, err := d.entries(ctx, parent)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return false, err //nolint:wrapcheck // List says what was listed
		}
		if !strings.HasPrefix(e, rest) {
			continue
		}
		if !strings.HasSuffix(e, "/") {
			more = yield(parent+e, nil)
		} else {
			more, err = d.walk(ctx, parent+e, "", yield)
		}
		if !more || err != nil {
			return false, err
		}
	}
	return true, nil
}

// entries returns the objects below parent and, with a slash behind each, the segments that keys go on with, in the order of the keys.
func (d *Dir) entries(ctx context.Context, parent string) ([]string, error) {
	dir := d.dirOf(parent)
	found, err := readDir(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range found {
		name, isFan := strings.CutPrefix(e.Name(), fanMark)
		switch segment, ok := unescape(e.Name()); {
		case !e.IsDir():
		case ok:
			out = append(out, segment+"/")
		case isFan:
			objects, err := d.objects(ctx, parent, name)
			if err != nil {
				return nil, err
			}
			out = append(out, objects...)
		}
	}
	slices.Sort(out)
	return out, nil
}

// objects returns the last segments of the keys below parent that are in a shard.
func (d *Dir) objects(ctx context.Context, parent, shard string) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err //nolint:wrapcheck // List says what was listed
	}
	files, err := readDir(filepath.Join(d.dirOf(parent), fanMark+shard))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, f := range files {
		if name, ok := unescape(f.Name()); ok && !f.IsDir() && shardName(shardOf(parent+name)) == shard {
			out = append(out, name)
		}
	}
	return out, nil
}

// readDir reads a directory; one that is not there is empty.
func readDir(dir string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err //nolint:wrapcheck // the error names the path
}
