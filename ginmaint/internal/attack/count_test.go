package attack

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What the tests of the package have sent.
var named, generated, entered atomic.Int64

// report prints how many there were, and keeps the README's numbers true where all ran.
func report(code int) {
	if named.Load() > 0 {
		fmt.Printf("attacks: %d named, %d generated; %d got in\n", named.Load(), generated.Load(), entered.Load())
	}
	if all := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.list").Value.String() == ""; all && code == 0 {
		text, err := os.ReadFile("../../../README.md")
		said := fmt.Sprintf("%d attacks by name and %d %03d generated ones", named.Load(), generated.Load()/1000, generated.Load()%1000)
		if err != nil || !strings.Contains(string(text), said) {
			fmt.Printf("the README should say %q (%v)\n", said, err)
			code = 1
		}
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
