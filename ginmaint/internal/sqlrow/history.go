package sqlrow

import (
	"encoding/json"
	"fmt"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// History reads the records of a switch, one JSON array of them, the newest first.
func History(pkg, name, text string) ([]maintenance.Record, error) {
	records := []maintenance.Record{}
	if text == "" {
		return records, nil
	}
	if err := json.Unmarshal([]byte(text), &records); err != nil {
		return nil, fmt.Errorf("%s: the history of the switch %q can't be read: %w; delete the rows of that name, "+
			"and it begins anew", pkg, Clip(name), err)
	}
	return records, nil
}
