package hashembed

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	shortest = 3
	longest  = 5
)

// vector hashes the n-grams of text into dim components and scales them to length 1.
func vector(text string, dim int) []float32 {
	grams := hashes(text)
	slices.Sort(grams) // equal n-grams side by side, and sums in one order
	sums := make([]float64, dim)
	for len(grams) > 0 {
		gram, count := grams[0], 1
		for count < len(grams) && grams[count] == gram {
			count++
		}
		grams = grams[count:]
		weight := 1 + math.Log(float64(count))
		if gram>>63 == 1 {
			weight = -weight
		}
		sums[gram%(1<<63)%uint64(dim)] += weight // the sign's bit has no part in the place
	}
	var square float64
	for _, x := range sums {
		square += x * x
	}
	v := make([]float32, dim)
	if square > 0 {
		for i, x := range sums {
			v[i] = float32(x / math.Sqrt(square))
		}
	}
	return v
}

// hashes lists the hashes of the n-grams of text, one for each occurrence.
func hashes(text string) []uint64 {
	var all []uint64
	words := strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r)
	})
	for word := range words {
		padded := " " + word + " "
		for rest := padded; rest != ""; {
			end := 0
			for n := 1; n <= longest && end < len(rest); n++ {
				_, size := utf8.DecodeRuneInString(rest[end:])
				end += size
				if n >= shortest {
					all = append(all, hash(rest[:end]))
				}
			}
			_, size := utf8.DecodeRuneInString(rest)
			rest = rest[size:]
		}
	}
	return all
}

// hash is FNV-1a, 64 bits, with the finalizer of MurmurHash3: FNV alone leaves the high bits of short strings, where the sign
// is, poorly mixed.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
