package retryafter_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/gloss-sdk/gloss/internal/retryafter"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestFrom(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		seconds, millis string
		want            time.Duration
	}{
		"neither":                    {"", "", 0},
		"seconds":                    {"20", "", 20 * time.Second},
		"zero":                       {"0", "", 0},
		"fraction":                   {"1.25", "", 1250 * time.Millisecond},
		"fraction without a zero":    {".5", "", 500 * time.Millisecond},
		"white space":                {" 3 ", "", 3 * time.Second},
		"milliseconds":               {"", "750", 750 * time.Millisecond},
		"milliseconds with fraction": {"", "0.5", 500 * time.Microsecond},
		"milliseconds win":           {"2", "1500", 1500 * time.Millisecond},
		"zero milliseconds win":      {"2", "0", 0},
		"milliseconds unreadable":    {"2", "soon", 2 * time.Second},
		"date":                       {now.Add(90 * time.Second).Format(http.TimeFormat), "", 90 * time.Second},
		"date in another zone's now": {"Sun, 01 Mar 2026 12:00:05 GMT", "", 5 * time.Second},
		"date, RFC 850":              {"Sunday, 01-Mar-26 12:01:00 GMT", "", time.Minute},
		"date, asctime":              {"Sun Mar  1 12:02:00 2026", "", 2 * time.Minute},
		"date that has passed":       {"Sun, 01 Mar 2026 11:00:00 GMT", "", 0},
		"date far away":              {"Fri, 01 Mar 2999 11:00:00 GMT", "", retryafter.Max},
		"negative":                   {"-5", "-5", 0},
		"plus":                       {"+5", "", 0},
		"exponent":                   {"1e3", "", 0},
		"hexadecimal":                {"0x10", "", 0},
		"infinite":                   {"Inf", "NaN", 0},
		"two points":                 {"1.2.3", ".", 0},
		"a word":                     {"soon", "", 0},
		"a duration":                 {"20s", "", 0},
		"a day":                      {"86400", "", retryafter.Max},
		"almost a day":               {"86399", "", retryafter.Max - time.Second},
		"more than a day":            {"86401", "", retryafter.Max},
		"more than a duration holds": {"99999999999999999999", "", retryafter.Max},
		"more than a float holds":    {strings.Repeat("9", 400), "", retryafter.Max},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			if test.seconds != "" {
				h.Set("Retry-After", test.seconds)
			}
			if test.millis != "" {
				h.Set("retry-after-ms", test.millis)
			}
			assert.Equal(t, test.want, retryafter.From(h, now))
			assert.Equal(t, test.want, retryafter.From(h, now.In(time.FixedZone("elsewhere", 3*3600))), "the zone of now does not count")
		})
	}
}

func TestFromReadsTheFirstOfSeveral(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	h.Add("Retry-After", "7")
	h.Add("Retry-After", "9")
	assert.Equal(t, 7*time.Second, retryafter.From(h, now))
	assert.Zero(t, retryafter.From(nil, now))
}

func FuzzFrom(f *testing.F) {
	for _, seed := range []string{"", "0", "5", "1.5", "-1", "1e309", "NaN", "Sun, 01 Mar 2026 12:00:05 GMT", ".", "9999999999999999999999"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, seconds, millis string) {
		wait := retryafter.From(http.Header{"Retry-After": {seconds}, "Retry-After-Ms": {millis}}, now)
		if wait < 0 || wait > retryafter.Max {
			t.Fatalf("the wait is %v", wait)
		}
		n, err := strconv.Atoi(seconds)
		whole := err == nil && n >= 0 && n <= 86400 && seconds[0] != '+' && seconds[0] != '-'
		if got := retryafter.From(http.Header{"Retry-After": {seconds}}, now); whole && got != time.Duration(n)*time.Second {
			t.Fatalf("%d seconds are read as %v", n, got)
		}
	})
}
