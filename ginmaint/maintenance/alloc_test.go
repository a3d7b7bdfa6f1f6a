package maintenance

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestHotPathAllocatesNothing(t *testing.T) {
	for _, c := range []struct {
		name string
		opts []Option
	}{
		{"by default", nil},
		{"failing closed", []Option{FailClosed(time.Minute)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := opened(t, NewMemoryStore(), c.opts...)
			var message string
			for name, f := range map[string]func(){
				"Enter and Leave": func() { ticket, _ := m.Enter(Write); ticket.Leave() },
				"Level":           func() { _ = m.Level() },
				"Announced":       func() { _ = m.Snapshot().Announced },
				"State":           func() { message = m.State().Message },
				"Draining":        func() { _ = m.Draining(Read) },
			} {
				assert.Zero(t, testing.AllocsPerRun(1000, f), name)
			}
			assert.Empty(t, message)
		})
	}
}
