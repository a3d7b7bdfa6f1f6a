package redisstore

import "time"

// Hurry shortens how long a connection that listens may be silent.
func (s *Store) Hurry(silence time.Duration) { s.silence = silence }
