package record

import (
	"sync"

	"github.com/gloss-sdk/gloss/pipeline"
)

// itemTexts holds the texts of each item in flight. The zero value is empty.
type itemTexts struct {
	mu    sync.Mutex
	texts map[itemPlace]*texts
}

// of returns the texts of the item that e belongs to, nil if it belongs to none. They live from the beginning of the item to its end.
func (it *itemTexts) of(e *pipeline.Event) *texts {
	at := itemPlace{e.Batch, e.Index}
	it.mu.Lock()
	defer it.mu.Unlock()
	switch e.Kind {
	case pipeline.KindItemStarted:
		if it.texts == nil {
			it.texts = map[itemPlace]*texts{}
		}
		it.texts[at] = newTexts()
	case pipeline.KindItem:
		defer delete(it.texts, at)
	default:
	}
	return it.texts[at]
}
