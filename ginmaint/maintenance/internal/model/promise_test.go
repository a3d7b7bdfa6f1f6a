package model

import "github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"

// The words of package maintenance, so that model and code read alike.
type (
	level  = maintenance.Level
	access = maintenance.Access
)

const (
	off      = maintenance.Off
	readOnly = maintenance.ReadOnly
	on       = maintenance.On

	read  = maintenance.Read
	write = maintenance.Write
)

var (
	offOn      = []level{off, on}
	allLevels  = []level{off, readOnly, on}
	allClasses = []access{read, write}
	writesOnly = []access{write} // Off and On treat both classes alike
)

// work is a set of access classes: those of which something is in flight. How
// many of a class does not matter to a drain, only whether there are any: so one
// bit stands for any number of requests. Enter sets it, and the Leave of the last
// clears it.
type work uint8

func workOf(a access) work { return 1 << a }

// refused is the set of classes that l refuses.
func refused(l level) work {
	var w work
	for _, a := range allClasses {
		if l.Refuses(a) {
			w |= workOf(a)
		}
	}
	return w
}

// promises are what drains that returned nil have promised and nobody has taken
// back since: a set of levels. It is no part of the protocol, but what the
// protocol is measured by.
type promises uint8

// with adds the promise of a drain that returned nil for a document of level l.
func (p promises) with(l level) promises { return p | 1<<l }

// saved is what remains once a document of level l was saved: a lower level
// takes the promises of the higher ones back.
func (p promises) saved(l level) promises { return p & (1<<(l+1) - 1) }

// refused is the set of classes of which nothing may run.
func (p promises) refused() work {
	var w work
	for _, l := range []level{readOnly, on} {
		if p&(1<<l) != 0 {
			w |= refused(l)
		}
	}
	return w
}

// broken is what every model looks for.
const broken = "Drain returned nil, and work of a refused class is running"

// The texts of steps that several models have. They are constants, as nothing is
// built for millions of steps that nobody reads.
var (
	replicaNames   = [...]string{"replica A", "replica B", "replica C"}
	enterNames     = [...]string{read: "Enter: a read is admitted", write: "Enter: a write is admitted"}
	leaveNames     = [...]string{read: "Leave: the last read", write: "Leave: the last write"}
	leavePastNames = [...]string{read: "Leave: the last read of the past epochs", write: "Leave: the last write of the past epochs"}
	saveNames      = [...]string{off: "saves off", readOnly: "saves read-only", on: "saves on"}
)
