package pgtest

// Search is how a server's programs are found, in these folders first.
var Search = search
