package fire

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/toxitest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/stores"
)

const (
	writers = 8
	writes  = 30 // of each
)

// TestWritersThroughRestarts has eight processes save through a proxy that cuts,
// slows and silences, on a store that is killed and restarted: every save that a
// writer counts is there in the end, and none twice.
func TestWritersThroughRestarts(t *testing.T) {
	for name, open := range map[string]func(*testing.T) engine{"redis": redisEngine, "postgres": postgresEngine, "mariadb": mariaEngine} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := open(t)
			proxy := toxitest.Start(t).Proxy(t, e.upstream)
			done := make(chan error, writers)
			for i := range writers {
				command := exec.Command(program(t))
				command.Env = append(os.Environ(), "FIRE_STORE="+e.url(proxy.Addr()), fmt.Sprintf("FIRE_WRITER=writer%d", i))
				child, err := proc.Start(command)
				require.NoError(t, err)
				t.Cleanup(child.Kill)
				go func() {
					<-child.Ended()
					done <- child.Wait()
				}()
			}
			harms := []func(){
				func() { proxy.Cut(t) },
				func() { proxy.Latency(t, 50*time.Millisecond) },
				func() { proxy.Silence(t) },
				func() { proxy.Mute(t) },
				func() { e.restart(false) },
			}
			deadline := time.After(60 * time.Second)
			for ended, round := 0, 0; ended < writers; round++ {
				select {
				case err := <-done:
					require.NoError(t, err)
					ended++
				case <-deadline:
					require.Fail(t, "the writers do not come to an end")
				case <-time.After(150 * time.Millisecond):
					if round < 3*len(harms) { // then peace, so that they can end
						harms[round%len(harms)]()
						pause(short())
						proxy.Heal(t)
					}
				}
			}
			store, end, err := stores.Open(t.Context(), e.url(e.upstream))
			require.NoError(t, err)
			defer func() { require.NoError(t, end()) }()
			state, err := store.Load(t.Context())
			require.NoError(t, err)
			counts := map[string]int{}
			require.NoError(t, json.Unmarshal([]byte(state.Message), &counts))
			assert.Len(t, counts, writers)
			for name, n := range counts {
				assert.Equal(t, writes, n, name)
			}
			assert.EqualValues(t, writers*writes, state.Revision)
		})
	}
}

// write is one writer: it counts itself up in the message. Where the outcome of
// a save is unknown it looks.
func write(url, name string) error {
	store, end, err := stores.Open(context.Background(), url)
	if err != nil {
		return err
	}
	for counted := 0; counted < writes; {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		state, err := store.Load(ctx)
		if err != nil {
			cancel()
			pause(20 * time.Millisecond)
			continue
		}
		counts := map[string]int{}
		if state.Message != "" {
			if err := json.Unmarshal([]byte(state.Message), &counts); err != nil {
				cancel()
				return err
			}
		}
		switch counts[name] {
		case counted:
		case counted + 1: // the save before did take place
			counted++
			cancel()
			continue
		default:
			cancel()
			return fmt.Errorf("%s counted %d, and the store holds %d", name, counted, counts[name])
		}
		counts[name]++
		text, err := json.Marshal(counts)
		if err != nil {
			cancel()
			return err
		}
		state.Level, state.Message = maintenance.On, string(text)
		if _, err := store.Save(ctx, state); err == nil {
			counted++
		}
		cancel()
	}
	return end()
}
