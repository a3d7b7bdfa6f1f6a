package cli

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// renewing is a store with replicas that renew their entries before each look.
type renewing struct {
	*maintenance.MemoryStore
	looks   uint64
	entries []maintenance.Replica
}

func (r *renewing) Replicas(ctx context.Context) (maintenance.Listing, error) {
	s, err := r.MemoryStore.Replicas(ctx)
	r.looks++
	for _, e := range r.entries {
		e.Renewals, e.Lease = r.looks, time.Millisecond
		s.Replicas = append(s.Replicas, e)
	}
	return s, err
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dead, renews []maintenance.Replica
		serving      int
		args         []string
		code         int
		says         string
	}{
		"all are heard of":     {serving: 2, says: `^Ready: nothing would hold a drain\. 2 replicas were heard of within \S+\.\n$`},
		"as many as expected":  {serving: 2, args: []string{"--expect", "2"}, says: "^Ready"},
		"nobody":               {code: 4, says: "\n  no replica follows the store, and 1\\+ is expected; where 0 is right, add --expect 0\n$"},
		"nobody, as expected":  {args: []string{"--expect", "0"}, says: "^Ready"},
		"too few":              {serving: 2, args: []string{"--expect", "3"}, code: 4, says: "\n  2 replicas follow the store, and 3 is expected"},
		"one is dead":          {serving: 1, dead: []maintenance.Replica{{ID: "A", Name: "dead-1"}}, code: 4, says: "not ready: after \\S+\n  dead-1: silent for 72h\nOnce .*\n  ginmaint replicas forget dead-1\n$"},
		"a lost roster":        {serving: 1, dead: []maintenance.Replica{maintenance.UnknownReplica("LOST", maintenance.Replica{})}, code: 4, says: "\n  what a lost roster may have held, since 3d\nOnce .*\n  ginmaint replicas forget LOST\n$"},
		"one does not obey":    {serving: 1, renews: []maintenance.Replica{{ID: "A", Name: "old-1", Document: "OTHER"}}, code: 4, says: "\n  old-1: does not obey the present state yet\n$"},
		"one is busy for long": {serving: 1, renews: []maintenance.Replica{{ID: "A", Name: "busy-1", Writes: 1}}, code: 4, says: "\n  busy-1: busy with 1 write from before the present state\n$"},
		"one is not listed":    {serving: 1, renews: []maintenance.Replica{{ID: "A", Name: "processes that are not listed", Unlisted: true}}, code: 4, says: "\n  processes that are not listed\n$"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := maintenance.NewMemoryStore()
			for range c.serving {
				serving(t, store, maintenance.Name("web"))
			}
			var all maintenance.Store = &buried{MemoryStore: store, dead: c.dead, lease: time.Millisecond}
			if len(c.renews) > 0 {
				all = &renewing{MemoryStore: store, entries: c.renews}
			}
			got := called(t, on(all), append([]string{"preflight"}, c.args...)...)
			assert.Equal(t, c.code, got.code, got.stderr)
			if c.code == 0 {
				assert.Regexp(t, c.says, got.stdout)
			} else {
				assert.Regexp(t, c.says, got.stderr)
				assert.Empty(t, got.stdout)
			}
			state, err := store.Load(t.Context())
			require.NoError(t, err)
			assert.Zero(t, state, "it changes nothing")
		})
	}
	got := called(t, on(alone{maintenance.NewMemoryStore()}), "preflight")
	assert.Equal(t, 4, got.code)
	assert.Contains(t, got.stderr, "the store keeps no list of replicas")
}

func TestPreflightJSON(t *testing.T) {
	store := &buried{MemoryStore: maintenance.NewMemoryStore(), lease: time.Millisecond}
	serving(t, store)
	assert.Equal(t, `{"ready":true,"replicas":1,"holders":[]}`+"\n", called(t, on(store), "preflight", "--json").stdout)
	store.bury(maintenance.Replica{ID: "A", Name: "dead-1"})
	got := called(t, on(store), "preflight", "--json")
	assert.Equal(t, 4, got.code)
	assert.Regexp(t, `^{"ready":false,"replicas":1,"holders":\[{"replica":{"id":"A","name":"dead-1",.*"cause":"lost"`, got.stdout)
}
