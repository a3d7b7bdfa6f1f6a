package cli

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// blind is a store that does not know its server.
type blind struct {
	*maintenance.MemoryStore
	unproven error
	vouched  string
}

func (b blind) Replicas(ctx context.Context) (maintenance.Listing, error) {
	l, err := b.MemoryStore.Replicas(ctx)
	l.Unproven, l.Vouched = b.unproven, b.vouched
	return l, err
}

// What a store can't know is told beforehand, by the drain, and by whose word it went on.
func TestStoreThatDoesNotKnowItsServer(t *testing.T) {
	unproven := errors.New("the server does not tell; vouch for it by anOption")
	for _, test := range []struct {
		name            string
		unproven        error
		vouched         string
		check           string
		preflight, code int
		says            string
	}{
		{"it knows", nil, "", "ok      identity  the store knows its server", 0, 0, "Drained"},
		{"it does not", unproven, "", "note    identity  no drain can be proven: the server does not tell; vouch for it by anOption", 4, 4, "\n  the server does not tell; vouch"},
		{"vouched for", nil, "anOption", "ok      identity  the server does not tell who it is; a drain rests on the owner's word, by anOption", 0, 0, "On the word of the store's owner (anOption)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := blind{maintenance.NewMemoryStore(), test.unproven, test.vouched}
			serving(t, store)
			got := called(t, on(store), "store", "check")
			assert.Zero(t, got.code, got.stdout)
			assert.Contains(t, got.stdout, test.check)
			assert.Equal(t, test.preflight, called(t, on(store), "preflight").code)
			got = called(t, on(store), "on", "--drain")
			assert.Equal(t, test.code, got.code)
			assert.Contains(t, got.stdout+got.stderr, test.says)
			assert.NotContains(t, got.stderr, "AllowLost")
		})
	}
}
