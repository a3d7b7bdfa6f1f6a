package pgstore

// Option changes a Store that New makes.
type Option func(*settings)

type settings struct {
	table string
	name  string
	vouch bool
}

// Table sets the name of the table that holds the document, "ginmaint" by
// default. The roster is kept in two more with the suffixes "_roster" and
// "_replicas". A schema may stand before the name, with a dot between, as in
// "ops.ginmaint"; without one the search_path decides. Both are quoted, so
// upper and lower case are as written. Where a part is empty, longer than 63
// bytes (54 for the table), or holds control characters, each method of the
// store returns an error that says so.
func Table(name string) Option { return func(s *settings) { s.table = name } }

// Switch names the switch that is kept, "default" by default: several share the
// tables side by side. Where the name is empty, longer than 255 bytes, not UTF-8,
// or holds control characters, each method of the store returns an error that says
// so.
func Switch(name string) Option { return func(s *settings) { s.name = name } }

// AssumeNothingLost is the word of the server's owner that a promotion loses nothing that
// was acknowledged: only a standby is promoted that synchronous_standby_names has every
// commit wait for. Then no unknown replica is listed after one, and a server that does not
// tell its timeline has drains proven. The Report of a drain that rests on the word names
// this option. Give it to all that use the switch. Where fsync is off, or a standby
// is there and synchronous_standby_names is empty, Join returns an error that says so.
func AssumeNothingLost() Option { return func(s *settings) { s.vouch = true } }
