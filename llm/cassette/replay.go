package cassette

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/gloss-sdk/gloss/llm"
)

// Player is the model that answers from a cassette. It is made by [Replay], is safe for concurrent use, and has no other model
// behind it.
type Player struct {
	identity string
	requests []llm.Request // of the interactions, in the order of the file
	tracks   map[key][]interaction

	mu     sync.Mutex
	played map[key]int
}

var (
	_ llm.Model      = (*Player)(nil)
	_ llm.Identifier = (*Player)(nil)
	_ llm.Describer  = (*Player)(nil)
)

// Replay reads the cassette at path. A file that is not whole is refused, because a fixture that lost its end would change what a
// test sees: the error names every line at fault, also a last line without its newline, and repeats no text of the file.
func Replay(path string) (*Player, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("replay cassette: %w", err)
	}
	interactions, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("replay cassette %s: %w", path, err)
	}
	return newPlayer(data, interactions)
}

func newPlayer(data []byte, interactions []interaction) (*Player, error) {
	sum := sha256.Sum256(data)
	p := &Player{
		identity: "cassette/" + hex.EncodeToString(sum[:8]),
		tracks:   map[key][]interaction{}, played: map[key]int{},
	}
	for _, i := range interactions {
		k, err := keyOf(i.Request)
		if err != nil {
			return nil, err
		}
		p.requests = append(p.requests, i.Request)
		p.tracks[k] = append(p.tracks[k], i)
	}
	return p, nil
}

// Generate returns what the recorded model returned to a request that is equal in everything: messages, schema and settings. Equal
// requests get their answers in the order of the file, each once. An error comes back as an [*llm.Error] with the recorded code,
// model, status, wait and message; its cause is text alone, so errors.Is finds no other error in it.
//
// A request that was not recorded, or whose answers were all given, fails with [llm.CodeInvalid]. The error describes the request by
// its hash, sizes and schema, and says what differs from the most similar one; it does not repeat its text.
func (p *Player) Generate(ctx context.Context, req llm.Request) (llm.Response, error) {
	if err := ctx.Err(); err != nil {
		code := llm.CodeCanceled
		if errors.Is(err, context.DeadlineExceeded) {
			code = llm.CodeTimeout
		}
		return llm.Response{}, p.fail(code, err)
	}
	k, err := keyOf(req)
	if err != nil {
		return llm.Response{}, p.fail(llm.CodeInvalid, err)
	}
	track := p.tracks[k]
	p.mu.Lock()
	turn := p.played[k]
	p.played[k] = turn + 1
	p.mu.Unlock()
	switch {
	case len(track) == 0:
		return llm.Response{}, p.fail(llm.CodeInvalid, fmt.Errorf("%s is not recorded; %s", describe(k, req), p.nearest(req)))
	case turn >= len(track):
		return llm.Response{}, p.fail(llm.CodeInvalid, fmt.Errorf("%s is recorded with %d answers; this asks for answer %d",
			describe(k, req), len(track), turn+1))
	default:
		return track[turn].outcome()
	}
}

// Identity returns "cassette/" and a hash of the file: its content decides every answer.
func (p *Player) Identity() string { return p.identity }

// ModelInfo returns "cassette" and the identity: a replay asks nobody, whatever model was recorded.
func (p *Player) ModelInfo() (provider, model string) { return "cassette", p.identity }

func (p *Player) fail(code llm.Code, err error) error {
	return &llm.Error{Code: code, Model: p.identity, Err: err}
}
