package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// visit is one order that a visitor has sent, and what came of it.
type visit struct {
	sent    time.Time
	worked  span // zero where it was not worked on
	refused bool
	failed  bool
}

// load sends orders at a fixed rate, whether the earlier ones were answered or not.
type load struct {
	stop func() // and wait for the answers

	mu      sync.Mutex
	visits  []visit // answered ones
	waiting int     // not answered yet
}

func startLoad(url string, perSecond int) *load {
	l := &load{}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1024}, Timeout: time.Minute}
	ended := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		tick := time.NewTicker(time.Second / time.Duration(perSecond))
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				work.Go(func() { l.order(client, url) })
			}
		}
	})
	l.stop = sync.OnceFunc(func() {
		close(ended)
		work.Wait()
		client.CloseIdleConnections()
	})
	return l
}

func (l *load) order(client *http.Client, url string) {
	v := visit{sent: time.Now()}
	l.mu.Lock()
	l.waiting++
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.waiting--
		l.visits = append(l.visits, v)
	}()
	question, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, strings.NewReader("a teapot"))
	if err != nil {
		v.failed = true
		return
	}
	answer, err := client.Do(question)
	if err != nil {
		v.failed = true
		return
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusServiceUnavailable && answer.Header.Get("Maintenance-Mode") != "":
		v.refused = true
	case answer.StatusCode != http.StatusOK, json.NewDecoder(answer.Body).Decode(&v.worked) != nil:
		v.failed = true
	}
}

// numbers are what the story counts.
type numbers struct {
	requests, waiting, refused, held, failed, overlapping int
}

// migration is when one ran: nothing may be worked on then. To is zero while it runs.
type migration struct {
	span
	closed time.Time // since when the level has been in force
}

// count says what came of the orders. Held are those that were sent while the level was
// in force and worked on after it; overlapping are those that were worked on beside a
// migration.
func (l *load) count(migrations []migration) numbers {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := numbers{requests: len(l.visits) + l.waiting, waiting: l.waiting}
	for _, v := range l.visits {
		switch {
		case v.failed:
			n.failed++
			continue
		case v.refused:
			n.refused++
			continue
		}
		for _, m := range migrations {
			over := !m.To.IsZero() && v.worked.From.After(m.To)
			if v.worked.To.After(m.From) && !over {
				n.overlapping++
			}
			if over && v.sent.After(m.closed) && v.sent.Before(m.To) {
				n.held++
			}
		}
	}
	return n
}
