package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/stores"
)

// TestReplicasFollowOneSwitch runs three replicas on a store that they share.
func TestReplicasFollowOneSwitch(t *testing.T) {
	t.Parallel()
	for name, storeURL := range map[string]func(*testing.T) string{
		"file":       func(t *testing.T) string { return fileURL(stateFile(t)) },
		"Redis":      func(t *testing.T) string { return serve(t, "redis") },
		"SQLite":     func(t *testing.T) string { return "sqlite:" + strings.TrimPrefix(fileURL(stateFile(t)), "file:") },
		"PostgreSQL": func(t *testing.T) string { return serve(t, "postgres") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{"GINMAINT_STORE": storeURL(t), "SESSION_SECRET": "one for all replicas"}
			shops := []*example{launch(t, env), launch(t, env), launch(t, env)} // at the same time, tables and all
			for _, shop := range shops {
				shop.url = address(t, shop.lines)
			}
			guest, superuser := newVisitor(t, shops[0].url), newcomer(t, shops[0].url, "superuser")
			everywhere := func(status int) {
				t.Helper()
				began := time.Now()
				for _, shop := range shops {
					guest.at(shop.url).meets(status)
				}
				t.Logf("%d on all replicas after %s", status, time.Since(began))
			}
			everywhere(http.StatusOK)
			var streams []*stream
			for _, shop := range shops {
				streams = append(streams, guest.at(shop.url).listen("/events"))
			}

			superuser.switchTo(maintenance.On, "message", "Back at ten.")
			everywhere(http.StatusServiceUnavailable)
			for _, shop := range shops {
				assert.Contains(t, guest.at(shop.url).get("/").body, "Back at ten.")
				superuser.at(shop.url).sees("Maintenance is on")
			}
			for _, stream := range streams {
				assert.Contains(t, stream.rest(), "event:bye")
			}
			report := drain(t, env["GINMAINT_STORE"])
			assert.Equal(t, len(shops), report.Total)

			require.NoError(t, shops[0].stop())
			shops = slices.Delete(shops, 0, 1)
			assert.Equal(t, len(shops), drain(t, env["GINMAINT_STORE"]).Total, "one said goodbye")
			superuser.at(shops[0].url).switchTo(maintenance.Off)
			everywhere(http.StatusOK)
		})
	}
}

// drain waits from outside until nothing runs on any replica.
func drain(t *testing.T, storeURL string) maintenance.Report {
	t.Helper()
	store, done, err := stores.Open(t.Context(), storeURL)
	require.NoError(t, err)
	defer func() { assert.NoError(t, done()) }()
	mode, err := maintenance.Open(t.Context(), store, maintenance.Observer())
	require.NoError(t, err)
	defer func() { assert.NoError(t, mode.Close()) }()
	report, err := mode.Drain(t.Context())
	require.NoError(t, err)
	return report
}
