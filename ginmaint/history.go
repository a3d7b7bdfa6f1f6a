package ginmaint

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// recent is how many changes the panel shows.
const recent = 10

// happening is one change, as the panel tells it.
type happening struct{ When, What string }

// records asks the store for the last changes, the newest first.
func (b *orders) records(ctx context.Context) ([]maintenance.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, longestLook)
	defer cancel()
	return b.mode.History(ctx)
}

// past tells the last changes in words; nothing where they can't be had.
func (p panel) past(records []maintenance.Record) (list []happening) {
	for _, r := range records[:min(recent, len(records))] {
		list = append(list, happening{fleet.When(r, p.stamp), fleet.Happened(r, p.stamp)})
	}
	return list
}

// showHistory answers with the last changes.
func showHistory(c *gin.Context) {
	a, _ := adminOf(c)
	records, err := a.orders.records(c.Request.Context())
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		a.replies.problem(c, http.StatusNotFound, "This store keeps no history.", nil)
	case err != nil:
		a.logger.Error("ginmaint: the history can't be read", "error", err)
		a.replies.problem(c, http.StatusServiceUnavailable, "The history can’t be read. The service’s log has the details.", nil)
	default:
		a.replies.writeJSON(c, http.StatusOK, jsonContent, append([]maintenance.Record{}, records...))
	}
}
