// Package toxitest puts a proxy that misbehaves on demand between a client and a
// server: delays, throttled or silent connections, cut ones. The proxy is
// toxiproxy, in the version that .tools/go.mod pins; where it can't be built a
// test fails with a sentence.
//
//	proxies := toxitest.Start(t)
//	proxy := proxies.Proxy(t, server.Addr())
//	client := connect(proxy.Addr())
//	proxy.Latency(t, 200*time.Millisecond)
//	proxy.Silence(t) // both ends stay connected, and hear nothing more
//	proxy.Heal(t)
//
// Everything listens on free ports of 127.0.0.1 and ends with the test.
package toxitest
