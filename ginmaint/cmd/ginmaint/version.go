package main

import (
	"cmp"
	"runtime/debug"
)

// version tells which source a binary was built from.
func version(build *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, s := range build.Settings {
		settings[s.Key] = s.Value
	}
	text := build.Main.Version
	known := text != "" && text != "(devel)"
	if !known {
		text = "unknown"
	}
	// A release from the module proxy comes without its revision. A build of a
	// clone has neither with -buildvcs=false, nor has go run.
	if revision := settings["vcs.revision"]; revision != "" || !known {
		text += ", revision " + cmp.Or(revision, "unknown")
	}
	if settings["vcs.modified"] == "true" {
		text += ", with local changes"
	}
	return text + ", built with " + build.GoVersion
}
