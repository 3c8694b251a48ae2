package eventlog

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/gloss-sdk/gloss/pipeline"
)

// The keys of the attributes. An attribute that has nothing to say is left out.
const (
	KeyTarget = "target" // string: the asset whose stage runs, or that was built
	KeyBatch  = "batch"  // int: number of the batch in the run, from 1
	KeyIndex  = "index"  // int: place of the item in its batch, from 0
	KeyItem   = "item"   // string: identifier of the item; see ItemIDs

	KeyStage    = "stage"    // string: path of the named stages
	KeyElement  = "element"  // string: index of the concurrent element, "0.2" if nested
	KeyResource = "resource" // string: what was called
	KeyProvider = "provider" // string: of the model that was asked
	KeyModel    = "model"    // string: the model that was asked
	KeySeq      = "seq"      // int: number of the call of the item at its stage and element, from 1
	KeyAttempt  = "attempt"  // int: number of the attempt of the call, from 1

	KeyErrorClass = "error_class" // string: see pipeline.ErrorClass
	KeyErrorType  = "error_type"  // string: Go type of the innermost error
	KeyReason     = "reason"      // string: why the run stopped, in the words of the pipeline
	KeyOrigin     = "origin"      // string: where the outcome was kept, if it was reused

	KeyAssetOrigin = "asset_origin" // string: "given", "source", "tool" or "derived"

	KeyElapsed = "elapsed" // duration
	KeyWaited  = "waited"  // duration: what of it passed before an attempt was sent

	KeyItems    = "items"   // int: finished items of a batch
	KeyFailed   = "failed"  // int: those of them that failed
	KeyUnrun    = "not_run" // int: those of them that were not run because the run had stopped
	KeyReused   = "reused"  // int: those of them that were reused
	KeyCalls    = "calls"   // int: attempts of calls
	KeyInput    = "input_tokens"
	KeyOutput   = "output_tokens"
	KeyCost     = "cost"           // string: decimal number of units of currency, of the calls whose price is known
	KeyUnpriced = "unpriced_calls" // int: calls whose price is not known
)

// attrs collects attributes.
type attrs []slog.Attr

func (as *attrs) add(a slog.Attr) { *as = append(*as, a) }

func (as *attrs) text(key, s string) {
	if s != "" {
		as.add(slog.String(key, s))
	}
}

// count leaves a zero out.
func (as *attrs) count(key string, n int) {
	if n != 0 {
		as.add(slog.Int(key, n))
	}
}

func (as *attrs) usage(u pipeline.Usage) {
	as.count(KeyCalls, u.Calls)
	as.count(KeyInput, u.Input)
	as.count(KeyOutput, u.Output)
	if u.Cost != 0 {
		as.text(KeyCost, u.Cost.String())
	}
	as.count(KeyUnpriced, u.Unpriced)
}

// failure says what err is, not what it says.
func (as *attrs) failure(err error) {
	as.text(KeyErrorClass, pipeline.ErrorClass(err))
	as.text(KeyErrorType, fmt.Sprintf("%T", innermost(err)))
}

// innermost follows the chain of err to its end, along the first of several errors.
func innermost(err error) error {
	for {
		var next error
		switch e := err.(type) { //nolint:errorlint // it walks the chain itself
		case interface{ Unwrap() error }:
			next = e.Unwrap()
		case interface{ Unwrap() []error }:
			if all := e.Unwrap(); len(all) > 0 {
				next = all[0]
			}
		}
		if next == nil {
			return err
		}
		err = next
	}
}

// stageOf returns the path of the stages in which err happened.
func stageOf(err error) string {
	if e, ok := errors.AsType[*pipeline.StageError](err); ok && e != nil {
		return e.Stage
	}
	return ""
}
