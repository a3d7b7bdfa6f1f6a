// Package guides checks the documents of this repository: links and commands of all of
// them, and what the guides in ginmaint/guides show. It is a module of its own, as the
// guides speak of modules that ginmaint does not need.
package guides
