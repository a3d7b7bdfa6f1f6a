package cli

import (
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// drainResult is a report for machines.
type drainResult struct {
	Drained bool            `json:"drained"`
	Waited  float64         `json:"waited_seconds"`
	Total   int             `json:"total"`
	Pending []pendingResult `json:"pending"`
	Allowed []pendingResult `json:"allowed"`
	Note    string          `json:"note,omitempty"`

	report maintenance.Report
}

type pendingResult struct {
	Replica maintenance.Replica `json:"replica"`
	Cause   maintenance.Cause   `json:"cause"`
	LostFor float64             `json:"lost_for_seconds,omitempty"`
}

func newDrainResult(r maintenance.Report) *drainResult {
	return &drainResult{
		Drained: r.Drained && !r.Local,
		Waited:  r.Waited.Seconds(),
		Total:   r.Total,
		Pending: pendingResults(r.Pending),
		Allowed: pendingResults(r.Allowed),
		Note:    r.Note,
		report:  r,
	}
}

func pendingResults(pending []maintenance.Pending) []pendingResult {
	all := make([]pendingResult, 0, len(pending))
	for _, p := range pending {
		all = append(all, pendingResult{p.Replica, p.Cause, p.LostFor.Seconds()})
	}
	return all
}
