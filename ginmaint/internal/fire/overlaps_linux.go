package fire

import (
	"slices"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Window is a time in which Drain's promise held.
type Window struct {
	Level    maintenance.Level
	From, To time.Duration // by Now
}

// Overlap is work that ran in a window that promised there was none.
type Overlap struct {
	Run    Run
	Window Window
}

// Overlaps returns every run that a window's promise excludes. The windows are
// in the order of time and apart from each other.
func Overlaps(runs []Run, windows []Window) []Overlap {
	var found []Overlap
	for _, run := range runs {
		i, _ := slices.BinarySearchFunc(windows, run.From, func(w Window, t time.Duration) int { return int(w.To - t) })
		for ; i < len(windows) && windows[i].From < run.To; i++ {
			if w := windows[i]; w.Level.Refuses(run.Access) && run.From < w.To {
				found = append(found, Overlap{run, w})
			}
		}
	}
	return found
}
