// Package crash kills real processes in the middle of runs and has others go on. It holds tests only.
package crash
