package proc

import "time"

// Hurry bounds what the child may take by d instead of Patience.
func (c *Child) Hurry(d time.Duration) { c.bound = d }
