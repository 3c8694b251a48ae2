package store_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"

	"github.com/gloss-sdk/gloss/pipeline/store"
)

// Whoever creates the object of a claim first has it.
func ExampleNewMemory() {
	ctx := context.Background()
	s := store.NewMemory()
	for _, worker := range []string{"worker 1", "worker 2"} {
		_, err := s.Put(ctx, "claims/batch-7", []byte(worker), "")
		switch {
		case errors.Is(err, store.ErrConflict):
			held, err := s.Get(ctx, "claims/batch-7")
			if err != nil {
				log.Fatal(err)
			}
			fmt.Printf("%s: held by %s\n", worker, held.Data)
		case err != nil:
			log.Fatal(err)
		default:
			fmt.Printf("%s: mine\n", worker)
		}
	}
	// Output:
	// worker 1: mine
	// worker 2: held by worker 1
}

// What one program has written, the next one finds and replaces.
func ExampleOpenDir() {
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	run := func() error {
		s, err := store.OpenDir(dir)
		if err != nil {
			return err
		}
		old, err := s.Get(ctx, "runs/count")
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		n, _ := strconv.Atoi(string(old.Data)) // 0 the first time, when the tag is "", too
		_, err = s.Put(ctx, "runs/count", []byte(strconv.Itoa(n+1)), old.Tag)
		fmt.Println("run", n+1)
		return err
	}
	for range 3 {
		if err := run(); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// run 1
	// run 2
	// run 3
}
