package limit

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestGate(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	at := begin.Add
	var g gate
	assert.Zero(t, g.wait(begin), "open")
	assert.False(t, g.reopen(begin))

	g.succeeded(2 * time.Second)
	g.refused(begin, begin, time.Second)
	assert.Equal(t, time.Second, g.wait(begin))
	g.refused(at(100*time.Millisecond), begin, 500*time.Millisecond)
	assert.Equal(t, time.Second, g.wait(begin), "the longest pause holds")

	assert.True(t, g.reopen(at(time.Second)))
	assert.False(t, g.reopen(at(time.Second)), "once")
	for i := range 4 { // four in a round trip of two seconds
		now := at(time.Second + time.Duration(i)*500*time.Millisecond)
		assert.Zero(t, g.wait(now))
		g.pass(now, 4)
		if i < 3 {
			assert.Equal(t, 500*time.Millisecond, g.wait(now), "call %d", i)
		}
	}
	g.pass(at(3*time.Second), 4)
	assert.Zero(t, g.wait(at(3*time.Second)), "spread over one round trip and not longer")
}

func TestGateReopensForThoseWhoWaited(t *testing.T) {
	t.Parallel()
	var g gate
	now := time.Now()
	g.refused(now, now, time.Second)
	assert.False(t, g.reopen(now.Add(time.Minute)), "nobody waited: what has come in since then is no margin")
}

func TestGateWithoutAName(t *testing.T) {
	t.Parallel()
	var g gate
	now := time.Now()
	for _, ms := range []int{200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000} {
		want := time.Duration(ms) * time.Millisecond
		sent := now
		g.refused(now, sent, 0)
		assert.Equal(t, want, g.wait(now))
		g.refused(now, sent.Add(-time.Second), 0)
		assert.Equal(t, want, g.wait(now), "sent before the pause")
		now = now.Add(want)
		assert.Zero(t, g.wait(now))
	}
	g.succeeded(time.Millisecond)
	g.refused(now, now, 0)
	assert.Equal(t, 200*time.Millisecond, g.wait(now), "a success begins anew")
}
