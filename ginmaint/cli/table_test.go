package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestTable(t *testing.T) {
	state := maintenance.State{ID: "DOCUMENT"}
	at := time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC)
	entry := func(id, name string, silent time.Duration) maintenance.Replica {
		return maintenance.Replica{ID: id, Name: name, Document: "DOCUMENT", Lease: 10 * time.Second, RenewedAt: at, Silent: silent}
	}
	working, held := entry("WORKING", "b-1", 0), entry("HELD", "c-1", 10*time.Second)
	working.Document, working.Reads, working.Writes = "OTHER", 2, 1
	held.Held = 12
	replicas := []maintenance.Replica{
		maintenance.UnknownReplica("LOST", maintenance.Replica{}),
		entry("SAME1", "a-1", 11*time.Second),
		entry("SAME2", "a-2", 3*time.Minute),
		entry("THIRD", "a-3", 5*time.Hour),
		entry("FOURTH", "a-4", 80*time.Hour),
		{ID: "DAMAGED", Silent: 1 << 62},
		{ID: "STRANGERS", Name: "processes that are not listed; do they write to /srv?", Unlisted: true},
		held, working,
	}
	fleet.ByName(replicas)
	assert.Equal(t, strings.TrimPrefix(`
NAME              STATE       LEVEL  IN FLIGHT            ID
b-1               behind      off    2 reads and 1 write  WORKI
c-1               current     off    12 held              HELD
not listed        behind      off    -                    STRAN
-                 silent      off    -                    DAMAG
a-1               silent 11s  off    -                    SAME1
a-2               silent 3m   off    -                    SAME2
a-3               silent 5h   off    -                    THIRD
a-4               silent 3d   off    -                    FOURT
unknown replicas  unknown     off    -                    LOST
not listed: processes that are not listed; do they write to /srv?`, "\n"), strings.Join(table(replicas, state), "\n"))
}
