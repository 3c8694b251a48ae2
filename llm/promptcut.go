package llm

import "fmt"

const (
	// minTokens is the need from which on a count tells anything: below it framing and the texts that a server adds matter too much.
	minTokens = 200
	// countError is the error of a count in percent, see [Estimate].
	countError = 15
	// keptShare is the least share of the count, in percent, that a server reports for a prompt that it read as a whole. The
	// estimate must be more than 1.6 times the truth to fall below it; on whole texts of 100 words and more its worst was 1.15 times.
	keptShare = 60
)

// PromptCut reports whether the server cut the prompt of req without saying so, as servers with a fixed context size do, and why
// it looks so in one sentence for people. The answer then is about a part of the prompt, and nothing in it tells.
//
// The tokens that resp reports as its input, those from a cache included, are compared with the count of the messages by c; a nil c
// counts with [Estimate]. window is the size of the server's context in tokens, 0 if it is not known. A prompt is cut where
//
//   - the count exceeds the window by more than the error of a count (15 %), so that it cannot have fit,
//   - the server reports the whole window or more, and the count comes to at least about that (85 %), or
//   - the server reports less than 60 % of the count.
//
// Never flagged are requests that count less than 200 tokens, which are too short to tell, and responses without usage. A cut of a
// smaller part stays unseen where the window is not known. A server that reports only what it had not cached breaks the contract
// of [Usage] and is flagged wrongly.
//
// Most prompts are plainly whole, and told to be by a count of samples of 4 kB in all: what that costs does not grow with the prompt.
func PromptCut(req Request, resp Response, c Counter, window int) (reason string, cut bool) {
	reported := resp.Usage.Input
	if reported <= 0 || plainlyWhole(reported, roughCount(c, req.Messages), window) {
		return "", false
	}
	count := countMessages(c, req.Messages)
	if count < minTokens {
		return "", false
	}
	least := count * 100 / (100 + countError)
	switch {
	case window > 0 && least > window:
		return fmt.Sprintf("the prompt counts about %d tokens and the context holds %d, yet the server answered (it reports %d)",
			count, window, reported), true
	case window > 0 && reported >= window && count >= window*(100-countError)/100:
		return fmt.Sprintf("the server reports %d prompt tokens, which fill its context of %d, and the prompt counts about %d",
			reported, window, count), true
	case reported < count*keptShare/100:
		return fmt.Sprintf("the server reports %d prompt tokens where the prompt counts about %d", reported, count), true
	default:
		return "", false
	}
}

// roughError is the error of a count of samples, in percent, beyond which a prompt is counted as a whole.
const roughError = 25

// plainlyWhole reports whether a rough count leaves no doubt that a prompt was read as a whole.
func plainlyWhole(reported, rough, window int) bool {
	most := rough * (100 + roughError) / 100
	return reported >= most*keptShare/100 && (window <= 0 || reported < window && most*100/(100+countError) <= window)
}
