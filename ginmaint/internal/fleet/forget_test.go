package fleet

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// unknown is the entry for what a lost roster may have held.
func unknown(id string) maintenance.Pending {
	return maintenance.Pending{Cause: maintenance.Unknown, Replica: maintenance.Replica{ID: id, Unknown: true, Silent: time.Minute}}
}

func TestForgetIsShortEnoughToType(t *testing.T) {
	silent := maintenance.Pending{Cause: maintenance.Lost, Replica: maintenance.Replica{ID: "A", Name: "web-1", Silent: time.Hour}}
	busy := maintenance.Pending{Cause: maintenance.Busy, Replica: maintenance.Replica{ID: "B", Name: "web-2", Lease: time.Minute}}
	for name, c := range map[string]struct {
		pending          []maintenance.Pending
		command, certain string
	}{
		"nobody is gone": {[]maintenance.Pending{busy}, "", ""},
		"a silent one":   {[]maintenance.Pending{silent, busy}, "replicas forget web-1", "that those which are silent have ended"},
		"a lost roster": {
			[]maintenance.Pending{unknown("unknown-4AFGXG2UUP.b6a2"), busy},
			"replicas forget unknown-4AFG", "that no replica runs which is not listed",
		},
		"two that begin alike": {
			[]maintenance.Pending{unknown("unknown-4AFGXA"), unknown("unknown-4AFGXB")},
			"replicas forget unknown-4AFGXA unknown-4AFGXB", "that no replica runs which is not listed",
		},
		"of files, which has no more": {
			[]maintenance.Pending{unknown("unknown"), silent}, "replicas forget unknown web-1",
			"that those which are silent have ended, and that no replica runs which is not listed",
		},
	} {
		assert.Equal(t, c.command, Forget(c.pending), name)
		assert.Equal(t, c.certain, Certain(c.pending), name)
	}
}
