// Package sqlrow holds what the stores in SQL databases share, whatever the database and
// its client: how a document is kept in a row, when a save may replace it, how a save
// whose answer was lost is settled, how the entries of a roster are read, and which names
// tables and switches may have. Packages pgstore and sqlstore add the statements, and the
// errors of their clients.
//
// Errors begin with the name of the store's package, which the callers give.
package sqlrow
