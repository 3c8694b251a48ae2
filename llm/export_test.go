package llm

// CountByPieces is [Estimate.CountTokens] without its shortcuts.
func CountByPieces(text string) int {
	var s pieces
	for _, r := range text {
		s.add(r)
	}
	return (s.cost + perToken - 1) / perToken
}
