package redisstore

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// entry is what a script is given of a replica.
type entry struct {
	id   string
	text string // a digest of what a drain waits for, in 16 characters, and the replica as JSON
}

func newEntry(r maintenance.Replica) (entry, error) {
	if r.ID == "" {
		return entry{}, errors.New("redisstore: a replica needs an ID; give it one that no other has")
	}
	text, err := json.Marshal(r)
	if err != nil {
		return entry{}, fmt.Errorf("redisstore: the replica %q can't be written as JSON: %w; correct that field", r.ID, err)
	}
	work := sha256.Sum256([]byte(r.Work()))
	return entry{r.ID, hex.EncodeToString(work[:8]) + string(text)}, nil
}

// listed is an entry as the scripts write it.
type listed struct {
	Incarnation string               `json:"incarnation"`
	RenewedUS   string               `json:"renewed_us"`
	Replica     *maintenance.Replica `json:"replica"`
}

// replica reads the entry of the replica with this ID. One that can't be read
// is an error: leaving it out would call a replica drained that is not.
func (s *Store) replica(id, text string) (maintenance.Replica, error) {
	var l listed
	err := json.Unmarshal([]byte(text), &l)
	if err == nil && (l.Replica == nil || l.Replica.ID != id) {
		err = errors.New("it does not hold that replica")
	}
	if err != nil {
		return maintenance.Replica{}, fmt.Errorf("redisstore: the entry %q under the key %q can't be read: %w; when that replica is stopped, HDEL it",
			"replica:"+id, s.keys.roster, err)
	}
	r := *l.Replica
	r.Incarnation = l.Incarnation
	r.RenewedAt = microseconds(l.RenewedUS)
	return r, nil
}

// text returns a part of an answer as it came.
func text(part any) string {
	t, _ := part.(string)
	return t
}

// microseconds returns a time of the server's clock, the zero time where part
// is none.
func microseconds(part any) time.Time {
	n, err := strconv.ParseInt(text(part), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
