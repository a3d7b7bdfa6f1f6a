package maintenance

import (
	"errors"
	"log/slog"
	"strings"
	"time"
)

// outage tells of a fault once when it begins and once when it ends, however
// often it is met in between.
type outage struct {
	logger       *slog.Logger
	begins, ends string // the sentence of either
	since        time.Time
}

func (o *outage) note(err error) {
	switch {
	case err != nil && o.since.IsZero():
		o.since = time.Now()
		o.logger.Warn("maintenance: "+o.begins, "error", oneLine(err))
	case err == nil && !o.since.IsZero():
		o.logger.Info("maintenance: "+o.ends+" again", "after", time.Since(o.since))
		o.since = time.Time{}
	}
}

// oneLine is err for a log: joined errors stand on a line each.
func oneLine(err error) error {
	if text := err.Error(); strings.Contains(text, "\n") {
		return errors.New(strings.ReplaceAll(text, "\n", "; "))
	}
	return err
}
