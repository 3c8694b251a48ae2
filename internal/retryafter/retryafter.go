// Package retryafter reads how long a provider asks its callers to wait.
package retryafter

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Max is the longest wait that [From] reports. A provider that asks for more is taken to ask for this: no retry waits that long,
// and what a caller adds to it cannot overflow.
const Max = 24 * time.Hour

// From returns the wait that the header of a response asks for, and 0 where it asks for none or cannot be read. The result is
// never negative and never above [Max].
//
// The header retry-after-ms, a number of milliseconds that some providers send, is the more precise one and is read first. Retry-After is
// a number of seconds, for which a fraction is accepted though RFC 9110, section 10.2.3, has none, or an HTTP date, which is
// compared with now; a date that has passed asks for no wait. Where a header is there more than once, its first value counts.
func From(h http.Header, now time.Time) time.Duration {
	if wait, ok := number(h.Get("Retry-After-Ms"), time.Millisecond); ok {
		return wait
	}
	value := h.Get("Retry-After")
	if wait, ok := number(value, time.Second); ok {
		return wait
	}
	if at, err := http.ParseTime(strings.TrimSpace(value)); err == nil {
		return min(max(at.Sub(now), 0), Max)
	}
	return 0
}

// number reads a plain decimal number of units. Signs, exponents, hexadecimal, infinities and NaN are no waits, although they would parse.
func number(s string, unit time.Duration) (wait time.Duration, ok bool) {
	s = strings.TrimSpace(s)
	if s == "" || strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil && n == 0 {
		return 0, false
	}
	if n >= float64(Max)/float64(unit) {
		return Max, true
	}
	return time.Duration(n * float64(unit)), true
}
