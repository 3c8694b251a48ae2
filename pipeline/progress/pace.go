package progress

import "time"

// pace measures how many items are made in a time. Its window is the last minute, or the last 60 items if those took longer, so that items
// of milliseconds and of minutes both give a steady number. Items that were reused are not made: they would foretell what is instant.
type pace struct {
	made    int
	samples [60]sample // a ring, at least a second apart
	n       int        // samples ever taken
}

// sample is how many items were made at a time.
type sample struct {
	at   time.Time
	made int
}

// add counts an item that was made from begin to end.
func (p *pace) add(begin, end time.Time) {
	if p.n == 0 {
		p.push(sample{begin, 0})
	}
	p.made++
	if latest := p.samples[(p.n-1)%len(p.samples)]; end.Sub(latest.at) >= time.Second {
		p.push(sample{end, p.made})
	}
}

func (p *pace) push(s sample) {
	p.samples[p.n%len(p.samples)] = s
	p.n++
}

// rate returns the items made per second in the window that ends now, 0 if none were.
func (p *pace) rate(now time.Time) float64 {
	if p.n == 0 {
		return 0
	}
	oldest := p.samples[max(0, p.n-len(p.samples))%len(p.samples)]
	elapsed := now.Sub(oldest.at).Seconds()
	if elapsed <= 0 {
		return 0
	}
	return float64(p.made-oldest.made) / elapsed
}
