package redisstore

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// History implements maintenance.Historian.
func (s *Store) History(ctx context.Context) ([]maintenance.Record, error) {
	reply, err := s.run(ctx, historyScript, []string{s.keys.history, s.keys.roster})
	if err != nil {
		return nil, explain("the history was not loaded", err)
	}
	texts, err := list(reply, 0)
	if err != nil {
		return nil, err
	}
	records := make([]maintenance.Record, 0, len(texts))
	for _, part := range texts {
		var r maintenance.Record
		if err := json.Unmarshal([]byte(text(part)), &r); err != nil {
			return nil, fmt.Errorf("redisstore: a record under the key %q can't be read: %w; DEL it, and the history begins anew", s.keys.history, err)
		}
		records = append(records, r)
	}
	return records, nil
}
