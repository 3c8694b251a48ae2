// Package spelling tells how far apart two names are, so that a message about an unknown name can say which one was probably meant.
package spelling

// Distance is the Levenshtein distance in bytes: how many insertions, deletions and replacements turn a into b. Time is the product of the
// lengths, so it is for names, not for texts.
func Distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
