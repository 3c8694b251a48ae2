package memindex_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gloss-sdk/gloss/retrieval"
	"github.com/gloss-sdk/gloss/retrieval/memindex"
)

func ExampleNew() {
	index, err := memindex.New([]retrieval.Record{
		{ID: "ann-1", Text: "Plants make sugar from light.", Keys: retrieval.Keys{Class: "7a", Student: "ann"}},
		{ID: "ben-1", Text: "The sugar comes from the soil.", Keys: retrieval.Keys{Class: "7a", Student: "ben"}},
		{ID: "eva-1", Text: "Light is stored as sugar in the leaf.", Keys: retrieval.Keys{Class: "7b", Student: "eva"}},
	}, memindex.TFIDFCosine)
	if err != nil {
		log.Fatal(err)
	}
	hits, err := index.Retrieve(context.Background(), retrieval.Query{
		Text:  "A leaf turns light into sugar.",
		K:     2,
		Scope: retrieval.Scope{Class: "7a"},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, hit := range hits {
		fmt.Printf("%d. %s %.3f %s\n", hit.Rank, hit.Record.ID, hit.Score, hit.Record.Text)
	}
	// Output:
	// 1. ann-1 0.613 Plants make sugar from light.
	// 2. ben-1 0.170 The sugar comes from the soil.
}

func ExampleWithBM25() {
	answers := []retrieval.Record{
		{ID: "a1", Text: "Packets may be lost, so the sender retransmits lost packets."},
		{ID: "a2", Text: "A window limits what is sent."},
	}
	index, err := memindex.New(answers, memindex.BM25, memindex.WithBM25(0.9, 0.4))
	if err != nil {
		log.Fatal(err)
	}
	hits, err := index.Retrieve(context.Background(), retrieval.Query{
		Text: "a lost packet", K: 5, Scope: retrieval.Scope{Everything: true},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, hit := range hits {
		fmt.Println(hit.Record.ID)
	}
	// Output:
	// a1
}
