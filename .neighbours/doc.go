// Package neighbours runs ginmaint beside the middleware that real applications
// have, each a real package. It is a module of its own, so that nobody who uses
// ginmaint gets one of them. What it shows is told in ginmaint/NEIGHBOURS.md.
package neighbours
