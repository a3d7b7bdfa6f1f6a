// Package attack has the tests in which somebody tries to get in who does not
// belong: raw connections to a real server, with real engines of Gin in every
// setting. It has no other code.
//
// A case is one request, or a few, with the reason why it might work: where
// somebody reads a path, a header, a method or a message otherwise than the
// middleware does. Beside the named cases there are generated ones: every path
// over the bytes that matter up to a length, every header over the addresses that
// matter, every spelling of the methods.
//
// In is who reaches what is closed to him. The handlers say so themselves: a closed
// one records each request that reaches it. Under a path that is open they judge
// what a service behind might take the path for, by more readings than any one
// server has.
package attack
