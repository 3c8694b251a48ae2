package llm

// Counter counts the tokens of a text. Implementations are safe for concurrent use and never return less than 0. One that cuts the prompts of a
// run must say what it is by a method Identity() string where the run is to be resumed: a [CounterFunc] cannot.
type Counter interface {
	CountTokens(text string) int
}

// CounterFunc adapts a function to a [Counter].
type CounterFunc func(text string) int

// CountTokens calls f.
func (f CounterFunc) CountTokens(text string) int { return f(text) }

// The tokens that a chat format adds: role and delimiters of each message, and the opening of the reply.
const (
	messageFraming = 4
	replyFraming   = 3
)

// CountRequest returns how many tokens of a context window req takes before the answer: the text of its messages, a framing of 4
// tokens for each and 3 for the opening of the reply, and the name and the document of the reply schema. The framing is that of
// OpenAI's chat format; other formats differ by a few tokens per message. A nil c counts with [Estimate].
func CountRequest(c Counter, req Request) int {
	n := countMessages(c, req.Messages)
	if req.Reply != nil {
		c = counterOr(c)
		n += c.CountTokens(req.Reply.Name) + c.CountTokens(string(req.Reply.JSON))
	}
	return n
}

// countMessages is the part of [CountRequest] that every provider reports: not all of them count the schema.
func countMessages(c Counter, messages []Message) int {
	c = counterOr(c)
	n := replyFraming
	for _, m := range messages {
		n += messageFraming + c.CountTokens(m.Text)
	}
	return n
}

func counterOr(c Counter) Counter {
	if c == nil {
		return Estimate{}
	}
	return c
}
