package maintenance

import (
	"bytes"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// goroutine is one or more goroutines with the same stack.
type goroutine struct {
	count     int64
	functions []string // their full names, innermost first
}

// goroutines looks at all goroutines of this process. The profile is the one that
// hardly stops the program, and counts equal stacks; runtime.Stack would tell how
// many minutes each one waits, and stops everything while it writes all of them.
// Stacks deeper than 128 functions lack the outer ones.
func goroutines() []goroutine {
	var text bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&text, 1) // a Buffer takes everything
	return parseProfile(text.String())
}

// parseProfile reads the text form of a profile, in which each stack looks so:
//
//	2 @ 0x47da4e 0x480be5 0x4dccdd 0x483f01
//	# labels: {"user":"17"}
//	#	0x480be4	time.Sleep+0x164	/usr/local/go/src/runtime/time.go:363
//	#	0x4dccdc	main.report+0x1c	/srv/shop/main.go:5
func parseProfile(text string) (list []goroutine) {
	for line := range strings.Lines(text) {
		if count, _, ok := strings.Cut(line, " @ "); ok && line[0] != '#' {
			n, err := strconv.ParseInt(count, 10, 64)
			if err == nil {
				list = append(list, goroutine{count: n})
			}
			continue
		}
		fields := strings.SplitN(line, "\t", 4)
		if len(list) == 0 || len(fields) < 4 {
			continue
		}
		function := fields[2]
		if end := strings.LastIndex(function, "+0x"); end > 0 {
			function = function[:end]
		}
		last := &list[len(list)-1]
		last.functions = append(last.functions, function)
	}
	return list
}

// mainModule is the path of the application's module, empty where it is not known.
var mainModule = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Path
	}
	return ""
})

// isOwn tells whether a function is the application's own.
func isOwn(function string) bool {
	if strings.HasPrefix(function, "main.") {
		return true
	}
	rest, ok := strings.CutPrefix(function, mainModule())
	return ok && mainModule() != "" && (rest[0] == '/' || rest[0] == '.')
}

// thisPackage is how the names of this package's functions begin.
const thisPackage = "github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance."

// mayWork tells whether a goroutine that nobody recognises may hold a Ticket: it runs
// the application's own code, is not the main one, and does not wait in a Mode.
func mayWork(functions []string) bool {
	return slices.ContainsFunc(functions, isOwn) && !slices.ContainsFunc(functions, func(f string) bool {
		return f == "main.main" || strings.HasPrefix(f, thisPackage)
	})
}

// isTelling tells whether a function says what is waited for: not those by which the
// standard library puts a goroutine to sleep.
func isTelling(function string) bool {
	return !slices.ContainsFunc([]string{"runtime.", "internal/", "syscall.", "sync.runtime_", "net.(*netFD)."},
		func(prefix string) bool { return strings.HasPrefix(function, prefix) })
}

// short leaves out the path of a function's package, but for its last element, and the
// one before a version: pgx/v5.(*Conn).Query.
func short(function string) string {
	last := strings.LastIndexByte(function, '/')
	if last < 0 {
		return function
	}
	version, _, _ := strings.Cut(function[last+1:], ".")
	if v, ok := strings.CutPrefix(version, "v"); ok {
		if _, err := strconv.Atoi(v); err == nil {
			last = strings.LastIndexByte(function[:last], '/')
		}
	}
	return function[last+1:]
}
