package fire

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestOverlaps(t *testing.T) {
	windows := []Window{{maintenance.On, 10, 20}, {maintenance.ReadOnly, 30, 40}}
	cases := []struct {
		name string
		run  Run
		want int
	}{
		{"before all", Run{From: 1, To: 9}, 0},
		{"ends as the window begins", Run{From: 1, To: 10}, 0},
		{"begins as the window ends", Run{From: 20, To: 25}, 0},
		{"ends inside", Run{From: 1, To: 11}, 1},
		{"begins inside", Run{From: 19, To: 25}, 1},
		{"inside", Run{From: 12, To: 13}, 1},
		{"a read over a read-only window", Run{From: 35, To: 36}, 0},
		{"a write over a read-only window", Run{Access: maintenance.Write, From: 35, To: 36}, 1},
		{"a write over both", Run{Access: maintenance.Write, From: 15, To: 50}, 2},
		{"after all", Run{Access: maintenance.Write, From: 40, To: 50}, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			assert.Len(t, Overlaps([]Run{c.run}, windows), c.want)
		})
	}
}
