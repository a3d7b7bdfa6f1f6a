package attack

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What the tests of the package have sent.
var named, generated, entered atomic.Int64

// report prints what the README says: how many, none in.
func report(code int) {
	if named.Load() > 0 {
		fmt.Printf("attacks: %d named, %d generated; %d got in\n", named.Load(), generated.Load(), entered.Load())
	}
	os.Exit(code)
}

// TestEachAttackHasAReason: a case that is there twice counts once.
func TestEachAttackHasAReason(t *testing.T) {
	why := make(map[string]bool)
	add := func(kind, text string) {
		assert.NotEmpty(t, text)
		assert.False(t, why[kind+text], "%s: %s", kind, text)
		why[kind+text] = true
	}
	for _, p := range paths {
		add("paths", p.why)
	}
	for _, f := range forgeries {
		add("addresses", f.why)
	}
	for _, w := range writes {
		add("methods", w.why)
	}
	for _, m := range messages {
		add("messages", m.why)
	}
	for _, s := range switching {
		add("endpoints", s.why)
	}
	for _, p := range passing {
		add("exemptions", p.why)
	}
	assert.GreaterOrEqual(t, len(why), 300)
}
