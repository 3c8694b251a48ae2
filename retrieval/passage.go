package retrieval

import "fmt"

// Passage is a part of a document, found by its place: Text is the document's text from byte Start up to, not including, byte End.
type Passage struct {
	// ID is the document's ID, "#" and the passage's place in the document, counted from 1 and padded to four digits so that the
	// order of IDs is the order of the text.
	ID       string `json:"id"`
	Document string `json:"document"`
	// Headings are the markdown headings that the passage stands under, outermost first, its own included; nil is none. Passages of
	// one section share the slice: do not modify it.
	Headings []string `json:"headings,omitempty"`
	Start    int      `json:"start"`
	End      int      `json:"end"`
	Text     string   `json:"text"`
}

// PassageRecords makes one record of each passage, in order: its ID, its text unchanged (so that a quote from the record is a
// quote from the document), and keys with Document set to the passage's document.
func PassageRecords(passages []Passage, keys Keys) []Record {
	records := make([]Record, len(passages))
	for i, p := range passages {
		keys.Document = p.Document
		records[i] = Record{ID: p.ID, Text: p.Text, Keys: keys}
	}
	return records
}

func passageID(document string, ordinal int) string {
	return fmt.Sprintf("%s#%04d", document, ordinal)
}
