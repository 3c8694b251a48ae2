package record

import "github.com/gloss-sdk/gloss/pipeline"

// Totals sums up a run. Items are counted as the last session that had any delivered them, which is what the results hold; usage and
// latencies are sums over all sessions.
type Totals struct {
	Counts Counts `json:"counts,omitzero"`
	// Targets sums up each target by its name.
	Targets map[string]Counts `json:"targets,omitempty"`
	// Batches sums up each stream of the last session in order. An input that ran alone, by [pipeline.Runner.Run], has no entry.
	Batches []Batch `json:"batches,omitempty"`
	// Stages sums up each stage, in the order of target and path; Models each model, in the order of provider and model.
	Stages []StageTotals `json:"stages,omitempty"`
	Models []ModelTotals `json:"models,omitempty"`
}

// Counts sums up finished items, and the usage of every attempt of a call that returned, be its item finished or not.
type Counts struct {
	Items     int `json:"items"`
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
	// Reused counts those of the items that succeeded whose result was taken from a journal, the record of an earlier session among them.
	Reused int `json:"reused,omitempty"`
	// Orphaned counts attempts of calls that were sent and whose end is not recorded: the process died, and what they consumed is not
	// known. See [Run.Orphans].
	Orphaned int            `json:"orphaned_attempts,omitempty"`
	Usage    pipeline.Usage `json:"usage"`
}

// Batch sums up one stream. Number is the batch of its items in the log and the results.
type Batch struct {
	Number int    `json:"batch"`
	Target string `json:"target"`
	Counts
}

// StageTotals sums up a named stage of a target. Stage is the path; it is empty for calls outside of every named stage.
type StageTotals struct {
	Target string `json:"target"`
	Stage  string `json:"stage"`
	// Failed counts how often the stage failed, Usage is what the calls consumed that it made itself, not in a stage inside of it.
	Failed  int            `json:"failed,omitempty"`
	Usage   pipeline.Usage `json:"usage,omitzero"`
	Latency Latency        `json:"latency,omitzero"`
}

// ModelTotals sums up the attempts of calls to one model. Both names are empty for calls to what does not say what it is.
type ModelTotals struct {
	Provider string `json:"provider"`
	Model    string `json:"model"`
	// Failed counts attempts that failed. Latency is that of the attempts that returned, without the time that they waited to be sent.
	Failed  int            `json:"failed,omitempty"`
	Usage   pipeline.Usage `json:"usage"`
	Latency Latency        `json:"latency,omitzero"`
}

// Totals sums the log up, as the manifest of a closed run does, so that it is there for a run that was killed or still goes on. What is in
// flight counts as orphaned.
func (r *Run) Totals() (Totals, error) {
	t := newTally()
	for e, err := range r.Events() {
		if err != nil {
			return Totals{}, err
		}
		t.count(&e)
	}
	return t.totals(), nil
}
