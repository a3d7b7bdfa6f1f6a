package maintenance

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOpenNamesAllWrongOptions(t *testing.T) {
	_, err := Open(t.Context(), NewMemoryStore(), Poll(time.Millisecond), FailClosed(0), Fallback(9), ClockSkew(-1), Name("a\nb\x00"))
	require.EqualError(t, err, `maintenance: these options of Open are wrong: Poll(1ms): the interval is at least 10ms
FailClosed(0s): the lease spans at least three polls, 3ms
Fallback: there is no level 9
ClockSkew(-1ns): a difference is not negative
Name: control character U+0000 at byte 3; only line breaks and tabs may stand there`)
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		name  string
		opt   Option
		fault string // empty: right
	}{
		{"the shortest poll", Poll(10 * time.Millisecond), ""},
		{"a poll below it", Poll(10*time.Millisecond - 1), "Poll"},
		{"no poll", Poll(0), "Poll"},
		{"a limit that fails open", WorkLimit(time.Minute), "WorkLimit(1m0s): it needs FailClosed"},
		{"nobody's name", Sole(), "Sole: it needs Name"},
		{"no limit", WorkLimit(0), "WorkLimit(0s): work takes some time"},
		{"the shortest lease", FailClosed(3 * time.Second), ""},
		{"a lease below it", FailClosed(3*time.Second - 1), "the lease spans at least three polls, 3s"},
		{"no skew at all", ClockSkew(0), ""},
		{"a name too long", Name(strings.Repeat("n", 513)), "Name: 513 bytes are too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := resolve([]Option{c.opt})
			if c.fault == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.fault)
		})
	}
}

func TestDefaults(t *testing.T) {
	o, err := resolve(nil)
	require.NoError(t, err)
	assert.Equal(t, time.Second, o.poll)
	assert.Equal(t, 10*time.Second, o.lease, "what others allow before they call this process lost")
	assert.Equal(t, 2*time.Second, o.skew)
	assert.False(t, o.closes)
	assert.Nil(t, o.fallback)
	assert.Regexp(t, `^.+:\d+$`, o.name)
	assert.Same(t, slog.Default(), o.logger)
}

func TestOpenWithoutAStore(t *testing.T) {
	_, err := Open(t.Context(), nil)
	assert.EqualError(t, err, "maintenance: there is no store; hand one to Open, such as NewMemoryStore()")
}
