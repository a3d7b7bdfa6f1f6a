package ginmaint

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// member is one replica, and what the list says of it in words.
type member struct {
	maintenance.Replica
	Label     string   `json:"label"`     // the name on one line; "not listed" for who has no entry
	Condition string   `json:"condition"` // one word, such as "current"
	Says      string   `json:"says"`      // the same, and for how long
	InFlight  string   `json:"in_flight"` // "-" where nothing is
	Works     []string `json:"works"`     // what runs there that a drain waits for, a line each
}

// roll is the list of those who follow the state, as of one moment.
type roll struct {
	Replicas []member `json:"replicas"`
	Summary  string   `json:"summary"`
	Revision uint64   `json:"revision"` // of the state that they are judged by
}

// call lists the replicas, beside the state that this process knows.
func (b *orders) call(ctx context.Context) (roll, error) {
	ctx, cancel := context.WithTimeout(ctx, longestLook)
	defer cancel()
	listed, err := b.mode.Replicas(ctx)
	if err != nil {
		return roll{}, err
	}
	state := b.mode.State()
	list := append([]maintenance.Replica{}, listed...)
	fleet.ByName(list)
	r := roll{Replicas: make([]member, 0, len(list)), Summary: summary(list, state), Revision: state.Revision}
	for _, one := range list {
		condition := fleet.ConditionOf(one, state)
		m := member{one, fleet.Line(one.Name), condition.String(), condition.Text(one), fleet.Work(one), []string{}}
		switch {
		case one.Unlisted:
			m.Label = "not listed: " + m.Label
		case m.Label == "":
			m.Label = fleet.Line(one.ID)
		}
		for _, running := range one.Running {
			m.Works = append(m.Works, fleet.Line(running.String()))
		}
		r.Replicas = append(r.Replicas, m)
	}
	return r, nil
}

// summary counts the replicas by their conditions, those first that are as they should be.
func summary(list []maintenance.Replica, state maintenance.State) string {
	if len(list) == 0 {
		return "No replica follows this state."
	}
	var order []string
	counts := make(map[string]int)
	for _, r := range list {
		word := fleet.ConditionOf(r, state).String()
		if counts[word]++; counts[word] == 1 {
			order = append(order, word)
		}
	}
	for i, word := range order {
		order[i] = fmt.Sprintf("%d %s", counts[word], word)
	}
	return fleet.Count(len(list), "replica follows", "replicas follow") + " this state: " + strings.Join(order, ", ") + "."
}

// showReplicas answers with the list.
func showReplicas(c *gin.Context) {
	a, _ := adminOf(c)
	r, err := a.orders.call(c.Request.Context())
	if err != nil {
		a.logger.Error("ginmaint: the replicas can't be listed", "error", err)
		a.replies.problem(c, http.StatusServiceUnavailable, unlistable, nil)
		return
	}
	a.replies.writeJSON(c, http.StatusOK, jsonContent, r)
}

const unlistable = "The replicas can’t be listed: the store does not answer. The service’s log has the details."
