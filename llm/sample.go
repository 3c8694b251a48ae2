package llm

import "unicode/utf8"

const (
	// sampledBytes is how much of a long prompt a rough count reads: enough for the density of tokens in a text, little enough not to be felt
	// beside a call.
	sampledBytes = 4 << 10
	// sampleBytes is the size of one sample: large beside the two words that its ends may cut, each of which counts as one more.
	sampleBytes = 256
)

// roughCount is countMessages from samples at even distances: it costs the same for every long prompt, whatever its counter costs. Short
// prompts are counted as a whole.
func roughCount(c Counter, messages []Message) int {
	total := 0
	for _, m := range messages {
		total += len(m.Text)
	}
	if total <= sampledBytes {
		return countMessages(c, messages)
	}
	c = counterOr(c)
	tokens, read := 0, 0
	stride, next, begin := total*sampleBytes/sampledBytes, 0, 0
	for _, m := range messages {
		for ; next < begin+len(m.Text); next += stride {
			sample := sampleAt(m.Text, next-begin)
			tokens, read = tokens+c.CountTokens(sample), read+len(sample)
		}
		begin += len(m.Text)
	}
	return replyFraming + messageFraming*len(messages) + tokens*total/read
}

// sampleAt returns the sample of text that begins at offset, which may lie in the middle of a rune.
func sampleAt(text string, offset int) string {
	for offset > 0 && !utf8.RuneStart(text[offset]) {
		offset--
	}
	end := min(offset+sampleBytes, len(text))
	for end < len(text) && !utf8.RuneStart(text[end]) {
		end++
	}
	return text[offset:end]
}
