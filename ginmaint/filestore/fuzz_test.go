package filestore

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzFile puts anything into the file. It is a state that stays the same for
// everybody and can be saved over, or an error, and never Off by accident.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{
		"", "\n", "{}", `{"level":"on"}`, "\ufeff{\"level\":\"off\"}", `{"level":"on","revision":18446744073709551615,"id":"X"}`,
		`{"level":"read-only","start":"2026-11-22T01:00:00Z","end":"2026-11-22T02:00:00+01:00","x":[1,2]}`, "null", "[", "\xff\xfe{",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := parse("f", text)
		if err != nil {
			require.Zero(t, d)
			require.ErrorContains(t, err, "filestore: f ")
			return
		}
		require.NoError(t, d.state.Validate())
		out, again, err := render("f", d.state)
		require.NoError(t, err)
		require.Equal(t, d.state, again.state, "%s", out)
	})
}

func FuzzMemory(f *testing.F) {
	f.Add([]byte("\n{\"known\":{},\"check\":0}"))
	f.Add([]byte("\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := newPath(t)
		put(t, path, string(text))
		_, _ = recall(path)
	})
}
