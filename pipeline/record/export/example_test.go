package export_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/pipeline/record"
	"github.com/gloss-sdk/gloss/pipeline/record/export"
)

func ExampleCSV() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	w, err := record.Create(dir, record.Manifest{})
	if err != nil {
		fmt.Println(err)
		return
	}
	// A run tells its recorder of such events.
	for i, output := range []string{`{"score":3,"traits":{"thesis":"clear"}}`, `{"score":4.5,"notes":["shorter","- louder"]}`} {
		w.Observe(context.Background(), pipeline.Event{
			Kind: pipeline.KindItem, Target: "scores", Batch: 1, Index: i, Item: fmt.Sprintf("e%d", i), Out: json.RawMessage(output),
		})
	}
	if err := w.Close(); err != nil {
		fmt.Println(err)
		return
	}

	run, err := record.Open(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer run.Close()
	if err := export.CSV(os.Stdout, run); err != nil {
		fmt.Println(err)
		return
	}
	// Output:
	// batch,target,index,id,status,error,output.score,output.traits.thesis,output.notes
	// 1,scores,0,e0,succeeded,,3,clear,
	// 1,scores,1,e1,succeeded,,4.5,,"[""shorter"",""- louder""]"
}
