package redisstore

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Replicas implements maintenance.Roster. The age counts from when a script
// first met the present incarnation, so it may be too short, never too long.
func (s *Store) Replicas(ctx context.Context) (maintenance.Listing, error) {
	const failed = "the replicas were not listed"
	reply, err := s.run(ctx, replicasScript, []string{s.keys.roster, s.keys.state})
	if err != nil {
		return maintenance.Listing{}, explain(failed, err)
	}
	answer, err := list(reply, 5)
	if err != nil {
		return maintenance.Listing{}, explain(failed, err)
	}
	fields, err := list(answer[4], 0)
	if err != nil {
		return maintenance.Listing{}, explain(failed, err)
	}
	found, err := s.read(answer[0])
	if err != nil {
		return maintenance.Listing{}, err
	}
	snapshot := maintenance.Listing{State: found.state, Incarnation: text(answer[2])}
	if snapshot.Incarnation != "" {
		// A clock set back must not make an age that means unknown.
		snapshot.Age = max(microseconds(answer[1]).Sub(microseconds(answer[3])), 1)
	}
	for pair := range slices.Chunk(fields, 2) {
		id, ok := strings.CutPrefix(text(pair[0]), "replica:")
		if !ok {
			continue
		}
		r, err := s.replica(id, text(at(pair, 1)))
		if err != nil {
			return maintenance.Listing{}, err
		}
		snapshot.Replicas = append(snapshot.Replicas, r)
	}
	slices.SortFunc(snapshot.Replicas, func(a, b maintenance.Replica) int { return cmp.Compare(a.ID, b.ID) })
	return snapshot, nil
}
