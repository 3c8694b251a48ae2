package record

import (
	"math/bits"
	"time"
)

// Latency tells how long something took. The percentiles P50 and P95 are off by at most 1/32, some 3 %; the rest is exact.
type Latency struct {
	Count int           `json:"count"`
	Mean  time.Duration `json:"mean_ns"`
	P50   time.Duration `json:"p50_ns"`
	P95   time.Duration `json:"p95_ns"`
	Max   time.Duration `json:"max_ns"`
}

// subBits is the logarithm of the number of buckets for each power of two.
const subBits = 4

// latencies counts durations in buckets whose width is a sixteenth of the power of two that they are in, so that its size is bounded, at
// most 8 KB, and equal durations in any order give equal figures. The zero value is empty.
type latencies struct {
	buckets []int
	count   int
	sum     time.Duration
	max     time.Duration
}

func (l *latencies) add(d time.Duration) {
	d = max(d, 0)
	i := bucketOf(d)
	if missing := i + 1 - len(l.buckets); missing > 0 {
		l.buckets = append(l.buckets, make([]int, missing)...)
	}
	l.buckets[i]++
	l.count++
	l.sum += d
	l.max = max(l.max, d)
}

// bucketOf returns the bucket of d, which is not negative. Small durations have buckets of their own.
func bucketOf(d time.Duration) int {
	n := uint64(d)
	if n < 1<<subBits {
		return int(n)
	}
	shift := bits.Len64(n) - 1 - subBits
	return shift<<subBits + int(n>>shift)
}

// middleOf returns the middle of a bucket.
func middleOf(bucket int) time.Duration {
	if bucket < 1<<subBits {
		return time.Duration(bucket)
	}
	shift := bucket>>subBits - 1
	low := uint64(bucket-shift<<subBits) << shift
	return time.Duration(low + 1<<shift/2)
}

func (l *latencies) latency() Latency {
	if l.count == 0 {
		return Latency{}
	}
	return Latency{l.count, l.sum / time.Duration(l.count), l.percentile(50), l.percentile(95), l.max}
}

// percentile returns the smallest duration that p percent of all are not longer than.
func (l *latencies) percentile(p int) time.Duration {
	rank := (l.count*p + 99) / 100
	for i, n := range l.buckets {
		if rank -= n; rank <= 0 {
			return min(middleOf(i), l.max)
		}
	}
	return l.max
}
