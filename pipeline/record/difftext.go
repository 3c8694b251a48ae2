package record

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/gloss-sdk/gloss/pipeline/record/internal/jsontree"
)

const (
	// maxShort is the length in bytes up to which a text is shown whole.
	maxShort = 64
	// maxWords bounds how many words of a changed passage are shown, and maxContext how many on either side of it.
	maxWords   = 12
	maxContext = 4
	// maxRunes bounds what is shown of anything else, and of a single word.
	maxRunes = 80
)

// String returns the difference in one line: the path, then the old and the new value; of long texts the passage that changed, as
// [-old words-] {+new words+} between some words around it. What a terminal would not print is escaped.
func (d Difference) String() string {
	path := d.Path
	if path != "" {
		path += " "
	}
	switch {
	case d.Old == nil && d.New == nil:
		return d.Path
	case d.Old == nil:
		return path + "added: " + brief(d.New)
	case d.New == nil:
		return path + "removed: " + brief(d.Old)
	case jsontree.KindOf(d.Old) == jsontree.String && jsontree.KindOf(d.New) == jsontree.String:
		return path + textChange(jsontree.Text(d.Old), jsontree.Text(d.New))
	default:
		return path + brief(d.Old) + " -> " + brief(d.New)
	}
}

// delta returns the difference of two numbers in parentheses, "" for anything else.
func delta(was, is string) string {
	if a, err := strconv.ParseInt(was, 10, 32); err == nil {
		if b, err := strconv.ParseInt(is, 10, 32); err == nil {
			return fmt.Sprintf(" (%+d)", b-a)
		}
	}
	a, errA := strconv.ParseFloat(was, 64)
	b, errB := strconv.ParseFloat(is, 64)
	if errA != nil || errB != nil || math.IsInf(b-a, 0) || b == a {
		return ""
	}
	return fmt.Sprintf(" (%+.4g)", b-a)
}

// brief shows a value in at most about maxRunes characters.
func brief(v json.RawMessage) string {
	if jsontree.KindOf(v) != jsontree.String {
		return cut(printable(string(compact(v))))
	}
	text := jsontree.Text(v)
	short := cut(text)
	if short == text {
		return strconv.Quote(text)
	}
	return fmt.Sprintf("%s (%d words)", strconv.Quote(short), len(strings.Fields(text)))
}

// cut shortens s to maxRunes characters.
func cut(s string) string {
	n := 0
	for i := range s {
		if n++; n > maxRunes {
			return s[:i] + "…"
		}
	}
	return s
}

// printable escapes what would move the cursor of a terminal, or hide.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// textChange shows short texts whole, and of long ones the passage between what they have in common at their beginnings and ends.
func textChange(a, b string) string {
	if max(len(a), len(b)) <= maxShort {
		return strconv.Quote(a) + " -> " + strconv.Quote(b)
	}
	was, is := strings.Fields(a), strings.Fields(b)
	begin := 0
	for begin < min(len(was), len(is)) && was[begin] == is[begin] {
		begin++
	}
	end := 0
	for end < min(len(was), len(is))-begin && was[len(was)-1-end] == is[len(is)-1-end] {
		end++
	}
	if begin == len(was) && begin == len(is) {
		return "differs in white space only"
	}
	parts := []string{passage(was[max(0, begin-maxContext):begin])}
	if begin > maxContext {
		parts[0] = "…" + parts[0]
	}
	if gone := was[begin : len(was)-end]; len(gone) > 0 {
		parts = append(parts, "[-"+passage(gone)+"-]")
	}
	if came := is[begin : len(is)-end]; len(came) > 0 {
		parts = append(parts, "{+"+passage(came)+"+}")
	}
	after := passage(is[len(is)-end : len(is)-max(0, end-maxContext)])
	if end > maxContext {
		after += "…"
	}
	return strings.TrimSpace(strings.Join(append(parts, after), " "))
}

// passage joins words; of many it shows the first and the last ones.
func passage(words []string) string {
	shown := make([]string, 0, min(len(words), maxWords)+1)
	for i, w := range words {
		switch {
		case len(words) > maxWords && i == maxWords/2:
			shown = append(shown, fmt.Sprintf("… %d words …", len(words)-maxWords))
		case len(words) > maxWords && i > maxWords/2 && i <= len(words)-maxWords/2-1:
		default:
			shown = append(shown, cut(printable(w)))
		}
	}
	return strings.Join(shown, " ")
}
