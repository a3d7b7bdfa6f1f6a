package fleet

import "github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"

// Shortest returns how to write the IDs of these as short as they stay apart, in so many
// characters at least.
func Shortest(replicas []maintenance.Replica, least int) func(id string) string {
	short := func(id string, n int) string { return id[:min(n, len(id))] }
	n := least
	for _, a := range replicas {
		for _, b := range replicas {
			for a.ID != b.ID && short(a.ID, n) == short(b.ID, n) && n < max(len(a.ID), len(b.ID)) {
				n++
			}
		}
	}
	return func(id string) string { return Line(short(id, n)) }
}
