package pgstore_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestRowThatCantBeTrusted(t *testing.T) {
	for _, c := range []struct{ name, change, want string }{
		{"not an object", `document = '[]'`, "can't be read"},
		{"no level", `document = '{"revision":1}'`, `no "level"`},
		{"unknown level", `document = '{"level":"closed"}'`, "level"},
		{"edited by hand", `document = '{"level":"off"}'`, "changed by hand"},
		{"other revision", `revision = 7`, "changed by hand"},
		{"other id", `id = 'x'`, "changed by hand"},
		{"no id", `id = '', document = '{"level":"on","revision":1}'`, "changed by hand"},
		{"newer release", `version = 2`, "newer release"},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, pool := fresh(t)
			saved := save(t, store, maintenance.On)
			set(t, pool, "UPDATE ginmaint SET "+c.change)

			found, err := store.Load(t.Context())
			require.ErrorContains(t, err, c.want)
			assert.Zero(t, found)
			_, err = store.Replicas(t.Context())
			require.ErrorContains(t, err, c.want)
			joined, err := store.Join(t.Context(), maintenance.Replica{ID: "a"})
			require.NoError(t, err)
			_, err = store.Renew(t.Context(), joined)
			require.ErrorContains(t, err, c.want)

			if c.name == "newer release" {
				_, err = store.Save(t.Context(), saved)
				require.ErrorContains(t, err, "newer release")
				_, err = store.Restore(t.Context(), saved, saved)
				require.ErrorContains(t, err, "newer release")
			}
		})
	}
}

func TestMembersOfALaterReleaseStay(t *testing.T) {
	store, pool := fresh(t)
	save(t, store, maintenance.On)
	set(t, pool, `UPDATE ginmaint SET document = (document::jsonb || '{"colour":"red"}')::json`)
	w := watch(t, store)
	saved := save(t, store, maintenance.ReadOnly)
	assert.Equal(t, saved, w.next(t))

	var members map[string]any
	require.NoError(t, json.Unmarshal([]byte(get[string](t, pool, "SELECT document::text FROM ginmaint")), &members))
	assert.Equal(t, "red", members["colour"])
	assert.Equal(t, "read-only", members["level"])
}
