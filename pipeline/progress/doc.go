// Package progress shows people how far a run is: items, failures, speed, tokens, cost and the time that is left, in one line.
//
//	line, err := progress.New(os.Stderr, progress.Total(len(essays)))
//	defer line.Close()
//	run, err := pipeline.NewRun(pipeline.WithObserver(line))
//
// On a terminal the line is drawn again in its place; anywhere else, as in a log file, a line of plain text is added now and then.
// What else is written there while the run is on goes through the line, which is an [io.Writer]: slog.NewTextHandler(line, nil).
// It shows counts, never who or what an item is.
package progress
