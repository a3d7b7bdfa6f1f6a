package maintenance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func issue(t *testing.T, mode *Mode, p Pass) (Pass, string) {
	t.Helper()
	if p.Until.IsZero() {
		p.Until = time.Now().Add(time.Hour)
	}
	p, token, err := mode.IssuePass(t.Context(), p)
	require.NoError(t, err)
	return p, token
}

func names(s State) (names []string) {
	for _, p := range s.Passes() {
		names = append(names, p.Name)
	}
	return names
}

func TestIssuePass(t *testing.T) {
	store := NewMemoryStore()
	mode := opened(t, store)
	require.NoError(t, mode.On(t.Context()))
	before := mode.State()

	p, token := issue(t, mode, Pass{Name: "auditor", Path: "/shop", By: "ops"})
	sum := sha256.Sum256([]byte(token))
	assert.Equal(t, hex.EncodeToString(sum[:]), p.SHA256)
	assert.GreaterOrEqual(t, len(token), 52)

	stored, err := store.Load(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []Pass{p}, stored.Passes())
	assert.Equal(t, before.ChangedBy, stored.ChangedBy, "the order is still its author's")
	assert.Equal(t, before.ChangedAt, stored.ChangedAt)
	text, err := json.Marshal(stored)
	require.NoError(t, err)
	assert.NotContains(t, string(text), token, "who reads the store must not get in")
	assert.Empty(t, stored.Public().Passes())

	var again State
	require.NoError(t, json.Unmarshal(text, &again))
	assert.Equal(t, stored, again)

	_, other := issue(t, mode, Pass{Name: "customer"})
	assert.NotEqual(t, token, other)
}

// Who revokes a pass is told with it until the service opens, and its hash is gone.
func TestRevokePass(t *testing.T) {
	mode := opened(t, NewMemoryStore(), Name("web-1"))
	require.NoError(t, mode.On(t.Context()))
	before := mode.State()
	issue(t, mode, Pass{Name: "auditor", Stays: true})
	issue(t, mode, Pass{Name: "customer", Stays: true, Via: "panel"})
	for name, p := range map[string]Revocation{"auditor": {By: "ann", Via: "panel"}, "customer": {}} {
		require.NoError(t, mode.RevokePass(t.Context(), name, p))
		assert.ErrorIs(t, mode.RevokePass(t.Context(), name, p), ErrNoPass, "it is revoked already")
	}
	all := mode.State().Passes()
	require.Len(t, all, 2)
	for i, want := range []string{"web-1 code, ann panel", "web-1 panel, web-1 code"} {
		p := all[i]
		assert.Equal(t, want, p.By+" "+p.Via+", "+p.Revoked.By+" "+p.Revoked.Via)
		assert.WithinDuration(t, time.Now(), p.Revoked.At, time.Minute)
		assert.Empty(t, p.SHA256)
		assert.False(t, p.IsValid(time.Now()))
	}
	assert.Equal(t, before.ChangedAt, mode.State().ChangedAt, "the order is still its author's")

	again, _ := issue(t, mode, Pass{Name: "auditor"})
	assert.Equal(t, []string{"customer", "auditor"}, names(mode.State()), "the name is free again")
	assert.True(t, again.IsValid(time.Now()))
	for i := range mostPasses - 1 {
		issue(t, mode, Pass{Name: fmt.Sprint(i)})
	}
	assert.NotContains(t, names(mode.State()), "customer", "its room was needed")

	require.NoError(t, mode.RevokePass(t.Context(), "auditor", Revocation{}))
	require.NoError(t, mode.Off(t.Context()))
	assert.Empty(t, mode.State().Passes())
	assert.ErrorIs(t, mode.RevokePass(t.Context(), "auditor", Revocation{}), ErrNoPass)
	assert.ErrorIs(t, mode.RevokePass(t.Context(), strings.Repeat("x", 3000), Revocation{}), ErrNoPass)
}

// A check sees what the change is saved over, and its error keeps it from being saved.
func TestChecksOfPasses(t *testing.T) {
	mode := opened(t, NewMemoryStore())
	require.NoError(t, mode.On(t.Context()))
	issue(t, mode, Pass{Name: "customer"})
	refused := errors.New("another revision")
	for _, want := range []error{nil, refused} {
		before := mode.State()
		check := func(stored State) error {
			assert.Equal(t, before, stored)
			return want
		}
		_, token, err := mode.IssuePass(t.Context(), Pass{Name: "auditor", Until: time.Now().Add(time.Hour)}, check)
		assert.Equal(t, want, err)
		assert.Equal(t, want == nil, token != "")
		before = mode.State()
		assert.Equal(t, want, mode.RevokePass(t.Context(), "customer", Revocation{}, check))
		if want != nil {
			assert.Equal(t, before, mode.State())
		}
	}
}

// Documents are edited by hand too: none says that a pass is both revoked and valid.
func TestPassesByHand(t *testing.T) {
	const digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for text, says := range map[string]string{
		`{"name":"a","until":"2999-01-01T00:00:00Z"}`:                                                                   "sha256: write",
		`{"name":"a","until":"2999-01-01T00:00:00Z","sha256":"` + digest + `","revoked":{"at":"2026-01-01T00:00:00Z"}}`: "sha256: leave it out",
		`{"name":"a","until":"2999-01-01T00:00:00Z","revoked":{"by":"a\nb","at":"2026-01-01T00:00:00Z"}}`:               "one line",
		`{"name":"a","until":"2999-01-01T00:00:00Z","revoked":{"via":"` + digest + `x","at":"2026-01-01T00:00:00Z"}}`:   "revoked: ",
		`{"name":"a","until":"2999-01-01T00:00:00Z","via":"` + digest + `x","sha256":"` + digest + `"}`:                 "via: ",
		`{"name":"a","until":"2999-01-01T00:00:00Z","revoked":{"at":"2026-01-01T00:00:00Z"}}`:                           "",
	} {
		var s State
		err := json.Unmarshal([]byte(`{"level":"on","passes":[`+text+`]}`), &s)
		if says == "" {
			assert.NoError(t, err)
			continue
		}
		assert.ErrorContains(t, err, says)
	}
}

func TestPassRefused(t *testing.T) {
	mode := opened(t, NewMemoryStore())
	later := time.Now().Add(time.Hour)
	_, _, err := mode.IssuePass(t.Context(), Pass{Name: "a", Until: later})
	require.ErrorIs(t, err, ErrInvalid)
	assert.ErrorContains(t, err, "none is on or announced")
	require.NoError(t, mode.On(t.Context()))
	issue(t, mode, Pass{Name: "taken"})
	for name, p := range map[string]Pass{
		"taken":     {Name: "taken", Until: later},
		"no name":   {Name: " ", Until: later},
		"from far":  {Name: "a", Until: later, Via: strings.Repeat("a", 65)},
		"two lines": {Name: "a\nb", Until: later},
		"long":      {Name: strings.Repeat("a", 65), Until: later},
		"no time":   {Name: "a"},
		"over":      {Name: "a", Until: time.Now()},
		"no slash":  {Name: "a", Until: later, Path: "shop"},
		"dots":      {Name: "a", Until: later, Path: "/shop/../admin"},
		"escape":    {Name: "a", Until: later, Path: "/%2e%2e"},
		"query":     {Name: "a", Until: later, Path: "/shop?x"},
		"long path": {Name: "a", Until: later, Path: "/" + strings.Repeat("a", 128)},
	} {
		t.Run(name, func(t *testing.T) {
			before := mode.State()
			_, token, err := mode.IssuePass(t.Context(), p)
			assert.ErrorIs(t, err, ErrInvalid)
			assert.Empty(t, token)
			assert.Equal(t, before, mode.State())
		})
	}
	for i := range 15 {
		issue(t, mode, Pass{Name: fmt.Sprint(i), By: strings.Repeat("ü", 300), Path: "/" + strings.Repeat("a", 127)})
	}
	_, _, err = mode.IssuePass(t.Context(), Pass{Name: "one more", Until: later})
	assert.ErrorContains(t, err, "at most 16")
}

// A pass goes with the maintenance that it was made in, unless it stays.
func TestPassesGoWithTheMaintenance(t *testing.T) {
	mode := opened(t, NewMemoryStore())
	require.NoError(t, mode.On(t.Context()))
	both := func() {
		issue(t, mode, Pass{Name: "goes"})
		if len(names(mode.State())) == 1 {
			issue(t, mode, Pass{Name: "stays", Stays: true})
		}
	}
	both()
	_, err := mode.Set(t.Context(), State{Level: ReadOnly, Message: "less"})
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"goes", "stays"}, names(mode.State()), "an order of another level keeps them")
	require.NoError(t, mode.Off(t.Context()))
	assert.Equal(t, []string{"stays"}, names(mode.State()))

	during := func(fail error) error {
		return mode.During(t.Context(), State{Level: On}, func(context.Context) error {
			both()
			return fail
		})
	}
	require.NoError(t, during(nil))
	assert.Equal(t, []string{"stays"}, names(mode.State()), "the service is open again")
	require.Error(t, during(errors.New("failed")))
	assert.ElementsMatch(t, []string{"goes", "stays"}, names(mode.State()), "the work that failed goes on")

	_, err = mode.Set(t.Context(), State{Level: On, End: time.Now().Add(50 * time.Millisecond)})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return mode.Level() == Off }, time.Minute, time.Millisecond)
	require.NoError(t, mode.On(t.Context()))
	assert.Equal(t, []string{"stays"}, names(mode.State()), "the window is over")
}

// Nobody's work is disturbed by a pass.
func TestPassLeavesWorkAlone(t *testing.T) {
	mode := opened(t, NewMemoryStore())
	e, err := mode.Engage(t.Context(), State{Level: On})
	require.NoError(t, err)
	issue(t, mode, Pass{Name: "customer"})
	require.Len(t, mode.State().Work(), 1)
	assert.False(t, mode.State().Work()[0].Overtaken)
	_, err = e.Release(t.Context())
	require.NoError(t, err)
	assert.Equal(t, Off, mode.Level())
}

// An expired pass makes room for one of its name.
func TestExpiredPassIsReplaced(t *testing.T) {
	mode := opened(t, NewMemoryStore())
	require.NoError(t, mode.On(t.Context()))
	issue(t, mode, Pass{Name: "customer", Until: time.Now().Add(20 * time.Millisecond)})
	require.Eventually(t, func() bool {
		_, _, err := mode.IssuePass(t.Context(), Pass{Name: "customer", Until: time.Now().Add(time.Hour)})
		return err == nil
	}, time.Minute, 5*time.Millisecond)
	assert.Len(t, mode.State().Passes(), 1)
}
