package maintenance

import (
	"log/slog"
	"time"
)

// outage tells of a fault once when it begins and once when it ends, however
// often it is met in between.
type outage struct {
	logger *slog.Logger
	what   string
	since  time.Time
}

func (o *outage) note(err error) {
	switch {
	case err != nil && o.since.IsZero():
		o.since = time.Now()
		o.logger.Warn("maintenance: "+o.what, "error", err)
	case err == nil && !o.since.IsZero():
		o.logger.Info("maintenance: over: "+o.what, "lasted", time.Since(o.since))
		o.since = time.Time{}
	}
}
