package reuse

import "sync"

// flights lets one goroutine of the process at a time work on a fingerprint. The zero value has none.
type flights struct {
	mu sync.Mutex
	up map[string]*flight
}

// flight is work that someone in this process is at.
type flight struct {
	done    chan struct{} // closed when it has ended
	outcome *kept         // set before, nil if there is none that others may have
}

// claim returns the flight of a fingerprint, and whether the caller is the one who does the work. If so it calls land.
func (fs *flights) claim(fingerprint string) (f *flight, mine bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f, ok := fs.up[fingerprint]; ok {
		return f, false
	}
	if fs.up == nil {
		fs.up = map[string]*flight{}
	}
	f = &flight{done: make(chan struct{})}
	fs.up[fingerprint] = f
	return f, true
}

// land releases those who wait for f.
func (fs *flights) land(fingerprint string, f *flight) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	delete(fs.up, fingerprint)
	close(f.done)
}
