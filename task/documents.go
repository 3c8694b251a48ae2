package task

import (
	"context"
	"fmt"
	"strings"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/retrieval"
	"github.com/gloss-sdk/gloss/retrieval/memindex"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// Documents says how whole class documents are shown.
type Documents struct {
	// MaxTokens bounds them all together, in estimated tokens; 0 means 6,000. They are taken in the order of the class; one that does not
	// fit in what is left is left out whole, and the prediction is flagged.
	MaxTokens int `json:"max_tokens"`
}

// RAG chooses what is shown by the submission.
type RAG struct {
	// Passages is how many passages of class documents are shown; 0 means 4. With class documents off it must be 0.
	Passages int `json:"passages,omitempty"`
	// PassageTokens is the size at which documents are cut, in estimated tokens; 0 means 200. With class documents off it must be 0.
	PassageTokens int `json:"passage_tokens,omitempty"`
	// Similarity ranks passages; empty means BM25. With class documents off it must be empty.
	Similarity Similarity `json:"similarity,omitempty"`
}

func (s Spec) validateDocuments(bad complain) {
	on := s.Inputs.ClassDocs
	if s.Documents == nil && on && s.RAG == nil {
		bad("documents are missing although class documents are on; specs are completed by DefaultSpec, ParseSpec and options")
	}
	if s.Documents != nil {
		switch {
		case !on:
			bad("documents are configured although class documents are off")
		case s.RAG != nil:
			bad("documents are configured although RAG chooses passages; set rag.passages instead")
		case s.Documents.MaxTokens < 1:
			bad("documents.max_tokens is %d; want 1 or more", s.Documents.MaxTokens)
		}
	}
	if s.RAG == nil {
		return
	}
	if !on {
		if *s.RAG != (RAG{}) {
			bad("rag configures passages although class documents are off")
		}
		if !s.Inputs.PastFeedback {
			bad("RAG is on although neither class documents nor past feedback are")
		}
		return
	}
	if s.RAG.Passages < 1 || s.RAG.PassageTokens < 1 {
		bad("rag.passages is %d and rag.passage_tokens %d; want 1 or more", s.RAG.Passages, s.RAG.PassageTokens)
	}
	validateSimilarity(bad, "rag.similarity", s.RAG.Similarity)
}

// documents returns the maker of the step that shows whole class documents: those of the submission's assignment and those of the whole
// class, in the class's order, as far as the budget goes.
func (w wiring) documents(n *pipeline.Needs) maker[Step] {
	documents, counter := pipeline.Need(n, w.r.documents), pipeline.Need(n, w.r.counter)
	budget := w.spec.Documents.MaxTokens
	return func(context.Context) (Step, error) {
		all, counter := documents(), counter()
		return StepFunc(func(_ context.Context, d Draft) (Draft, error) {
			left := budget
			var docs []userdata.Document
			var ids, dropped []string
			for _, doc := range all {
				if doc.Assignment != "" && doc.Assignment != d.Submission.Assignment {
					continue
				}
				cost := counter.CountTokens(doc.Text)
				if cost > left {
					dropped = append(dropped, doc.ID)
					continue
				}
				left -= cost
				docs, ids = append(docs, doc), append(ids, doc.ID)
			}
			d.Documents, d.Prediction.Provenance.Documents = docs, ids
			if len(dropped) > 0 {
				d = d.flag(FlagDocumentsDropped, "", fmt.Sprintf(
					"%s did not fit in %d tokens", strings.Join(dropped, ", "), budget))
			}
			return d, nil
		}), nil
	}
}

// passageIndex is the shared index over passages of the class documents.
func (r Resources) passageIndex(rag RAG) pipeline.Asset[retrieval.Index] {
	m := pipeline.Meta{Name: fmt.Sprintf("passages_%s_%d", rag.Similarity, rag.PassageTokens), Version: 1}
	cfg := indexConfig{Similarity: rag.Similarity, Tokens: rag.PassageTokens}
	return pipeline.Derive(m, cfg, func(n *pipeline.Needs, c indexConfig) func(context.Context) (retrieval.Index, error) {
		documents := pipeline.Need(n, r.documents)
		return func(context.Context) (retrieval.Index, error) {
			records, err := passageRecords(documents(), c.Tokens)
			if err != nil {
				return nil, err
			}
			return memindex.New(records, memindex.Similarity(c.Similarity))
		}
	})
}

// passages returns the maker of the step that shows the passages most similar to the submission. Passages of the assignment's documents and
// of those of the whole class compete in one ranking.
func (w wiring) passages(n *pipeline.Needs) maker[Step] {
	rag := *w.spec.RAG
	index := pipeline.Need(n, w.r.passageIndex(rag))
	documents := pipeline.Need(n, w.r.documents)
	return func(context.Context) (Step, error) {
		index, all := index(), documents()
		return StepFunc(func(ctx context.Context, d Draft) (Draft, error) {
			readable := documentsFor(all, d.Submission.Assignment)
			if len(readable) == 0 {
				return d, nil
			}
			text, _ := w.spec.shown(d.Submission)
			hits, err := index.Retrieve(ctx, retrieval.Query{
				Text: text, K: rag.Passages, Scope: retrieval.Scope{Everything: true, Documents: readable},
			})
			if err != nil {
				return Draft{}, fmt.Errorf("passages: %w", err)
			}
			var ids []string
			for _, h := range hits {
				ids = append(ids, h.Record.ID)
			}
			d.Passages, d.Prediction.Provenance.Passages = hits, ids
			return d, nil
		}), nil
	}
}

func documentsFor(all []userdata.Document, assignment string) []string {
	var ids []string
	for _, doc := range all {
		if doc.Assignment == "" || doc.Assignment == assignment {
			ids = append(ids, doc.ID)
		}
	}
	return ids
}

func passageRecords(docs []userdata.Document, tokens int) ([]retrieval.Record, error) {
	splitter, err := retrieval.NewSplitter(retrieval.WithTokens(tokens))
	if err != nil {
		return nil, err //nolint:wrapcheck // the error names the package and the option
	}
	var records []retrieval.Record
	for _, doc := range docs {
		passages := splitter.Split(doc.ID, doc.Text)
		records = append(records, retrieval.PassageRecords(passages, retrieval.Keys{Assignment: doc.Assignment})...)
	}
	return records, nil
}
