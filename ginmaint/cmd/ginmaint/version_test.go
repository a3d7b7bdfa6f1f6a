package main

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVersion(t *testing.T) {
	setting := func(key, value string) debug.BuildSetting { return debug.BuildSetting{Key: key, Value: value} }
	clean, dirty := setting("vcs.modified", "false"), setting("vcs.modified", "true")
	revision := setting("vcs.revision", "93de29d")
	for _, test := range []struct {
		name, version string
		settings      []debug.BuildSetting
		want          string
	}{
		{"a release, installed", "v1.2.3", nil, "v1.2.3, built with go1.25.0"},
		{"a release, in a clone", "v1.2.3", []debug.BuildSetting{revision, clean}, "v1.2.3, revision 93de29d, built with go1.25.0"},
		{"a clone with changes", "v1.2.4-0.20261125174200-93de29d+dirty", []debug.BuildSetting{revision, dirty},
			"v1.2.4-0.20261125174200-93de29d+dirty, revision 93de29d, with local changes, built with go1.25.0"},
		{"go run, or -buildvcs=false", "(devel)", nil, "unknown, revision unknown, built with go1.25.0"},
		{"a test", "", nil, "unknown, revision unknown, built with go1.25.0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			build := &debug.BuildInfo{GoVersion: "go1.25.0", Main: debug.Module{Version: test.version}, Settings: test.settings}
			assert.Equal(t, test.want, version(build))
		})
	}
}
