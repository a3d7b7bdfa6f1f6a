package toxitest

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// Proxy stands before one upstream server. A test calls its methods from one
// goroutine at a time; a failure ends the test.
type Proxy struct {
	server *Server
	name   string
	addr   string
	toxics []string
}

// Proxy returns a new proxy to the address upstream, with nothing wrong yet.
func (s *Server) Proxy(t testing.TB, upstream string) *Proxy {
	t.Helper()
	s.mu.Lock()
	s.proxies++
	p := &Proxy{server: s, name: fmt.Sprintf("proxy%d", s.proxies)}
	s.mu.Unlock()
	var made struct{ Listen string }
	p.must(t, http.MethodPost, "/proxies",
		map[string]any{"name": p.name, "listen": "127.0.0.1:0", "upstream": upstream, "enabled": true}, &made)
	p.addr = made.Listen
	return p
}

// Addr returns the address to connect to in the place of the upstream's. It
// stays the same through Cut and Heal.
func (p *Proxy) Addr() string { return p.addr }

// Latency delays what the upstream sends by d, to the millisecond.
func (p *Proxy) Latency(t testing.TB, d time.Duration) {
	t.Helper()
	p.add(t, "latency", "downstream", map[string]any{"latency": d.Milliseconds()})
}

// Bandwidth limits what the upstream sends to this many kilobytes a second.
func (p *Proxy) Bandwidth(t testing.TB, kilobytes int) {
	t.Helper()
	p.add(t, "bandwidth", "downstream", map[string]any{"rate": kilobytes})
}

// Silence lets nothing through any more, in either direction, and keeps the
// connections open: the half-open state that a lost route leaves.
func (p *Proxy) Silence(t testing.TB) {
	t.Helper()
	p.Deafen(t)
	p.Mute(t)
}

// Deafen loses what the client sends, and keeps the connections open.
func (p *Proxy) Deafen(t testing.TB) {
	t.Helper()
	p.add(t, "timeout", "upstream", map[string]any{"timeout": 0})
}

// Mute loses what the upstream sends, and keeps the connections open: requests
// arrive, and their answers don't.
func (p *Proxy) Mute(t testing.TB) {
	t.Helper()
	p.add(t, "timeout", "downstream", map[string]any{"timeout": 0})
}

// Cut closes all connections and refuses new ones.
func (p *Proxy) Cut(t testing.TB) {
	t.Helper()
	p.must(t, http.MethodPost, "/proxies/"+p.name, map[string]any{"enabled": false}, nil)
}

// Heal undoes everything. A connection that was silent is closed: toxiproxy ends
// it with the toxic.
func (p *Proxy) Heal(t testing.TB) {
	t.Helper()
	for _, toxic := range p.toxics {
		p.must(t, http.MethodDelete, "/proxies/"+p.name+"/toxics/"+toxic, nil, nil)
	}
	p.toxics = nil
	p.must(t, http.MethodPost, "/proxies/"+p.name, map[string]any{"enabled": true}, nil)
}

func (p *Proxy) add(t testing.TB, kind, stream string, attributes map[string]any) {
	t.Helper()
	name := fmt.Sprintf("%s-%s-%d", kind, stream, len(p.toxics))
	p.must(t, http.MethodPost, "/proxies/"+p.name+"/toxics",
		map[string]any{"name": name, "type": kind, "stream": stream, "toxicity": 1, "attributes": attributes}, nil)
	p.toxics = append(p.toxics, name)
}

func (p *Proxy) must(t testing.TB, method, path string, body, into any) {
	t.Helper()
	if err := p.server.call(method, path, body, into); err != nil {
		t.Fatal(err)
	}
}
