// Package writing has the metrics of feedback on student writing: which criteria feedback raises, and whether its quotations are real.
package writing
