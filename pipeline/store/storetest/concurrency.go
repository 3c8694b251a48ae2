package storetest

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gloss-sdk/gloss/pipeline/store"
)

const (
	claimers   = 16
	rounds     = 4 // of claims, each about a key of its own
	counters   = 8
	increments = 5 // of each counter
)

func testClaims(t testing.TB, s store.Store) {
	for round := range rounds {
		key := fmt.Sprintf("claims/%d", round)
		var won atomic.Int64
		winner := make([]string, claimers)
		together(claimers, func(i int) {
			name := fmt.Sprintf("claimer %d", i)
			_, err := s.Put(t.Context(), key, []byte(name), "")
			switch {
			case err == nil:
				won.Add(1)
				winner[i] = name
			case !errors.Is(err, store.ErrConflict):
				t.Errorf("%s: %v", name, err)
			}
		})
		if n := won.Load(); n != 1 {
			t.Fatalf("round %d: %d of %d claims have won; want 1", round, n, claimers)
		}
		o, err := s.Get(t.Context(), key)
		if err != nil {
			t.Fatalf("Get: %v", err)
		}
		for i, name := range winner {
			if name != "" && name != string(o.Data) {
				t.Errorf("round %d: claimer %d has won, but the claim is that of %q", round, i, o.Data)
			}
		}
	}
}

func testCounter(t testing.TB, s store.Store) {
	put(t, s, "counter", "0", "")
	var conflicts atomic.Int64
	together(counters, func(int) {
		for range increments {
			for !increment(t, s, "counter") {
				if conflicts.Add(1) > counters*counters*increments*10 {
					t.Errorf("after %d conflicts the counter does not get on", conflicts.Load())
					return
				}
			}
		}
	})
	o, err := s.Get(t.Context(), "counter")
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	if want := strconv.Itoa(counters * increments); string(o.Data) != want {
		t.Errorf("the counter is at %s after %d conflicts; want %s", o.Data, conflicts.Load(), want)
	}
}

// increment adds one to the number at key; it returns false if someone else was faster. Other failures end it as well.
func increment(t testing.TB, s store.Store, key string) bool {
	o, err := s.Get(t.Context(), key)
	if err != nil {
		t.Errorf("Get: %v", err)
		return true
	}
	n, err := strconv.Atoi(string(o.Data))
	if err != nil {
		t.Errorf("the counter is torn: %v", err)
		return true
	}
	_, err = s.Put(t.Context(), key, []byte(strconv.Itoa(n+1)), o.Tag)
	if err != nil && !errors.Is(err, store.ErrConflict) {
		t.Errorf("Put: %v", err)
		return true
	}
	return err == nil
}

// together calls f for 0 to n-1 at the same time.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}
