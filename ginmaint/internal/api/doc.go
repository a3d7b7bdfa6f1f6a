// Package api holds what the module promises: a list of every exported name, with its
// type. A test compares the code with the list in testdata/api.txt, so a change of a
// promise is seen in the diff, and somebody has to decide on it. make api writes the list
// anew.
//
// The list has one line for each constant, variable, function, type, field and method,
// sorted, with the package before it. Comments are no part of it, nor are names and values
// that a caller does not see. Package main, internal packages and the tests promise
// nothing.
package api
