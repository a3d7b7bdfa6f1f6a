package redistest

import (
	"context"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
)

// MasterName is what the Sentinel calls the master that it watches.
const MasterName = "main"

// Sentinels is a master, its replica, and one Sentinel that lets the replica
// take over when the master has been silent for 300 ms.
type Sentinels struct {
	Master, Replica *Server
	Sentinel        *Server
}

// StartSentinels starts the three, waits until the Sentinel knows a replica in
// step, and ends them with the test.
func StartSentinels(t testing.TB) *Sentinels {
	t.Helper()
	s := &Sentinels{Master: Start(t)}
	s.Replica = StartReplica(t, s.Master)
	var err error
	if s.Sentinel, err = s.watch(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Sentinel.Kill(); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithTimeout(context.Background(), proc.Patience)
	defer cancel()
	sentinel := redis.NewSentinelClient(&redis.Options{Addr: s.Sentinel.Addr()})
	defer sentinel.Close()
	err = proc.Until(ctx, "the Sentinel to know the replica", func() bool {
		replicas := sentinel.Replicas(ctx, MasterName).Val()
		return len(replicas) == 1 && replicas[0]["master-link-status"] == "ok" && replicas[0]["flags"] == "slave"
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Client returns a client that asks the Sentinel for the master, and closes it when
// the test ends.
func (s *Sentinels) Client(t testing.TB) *redis.Client {
	t.Helper()
	client := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: MasterName, SentinelAddrs: []string{s.Sentinel.Addr()}})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func (s *Sentinels) watch(dir string) (*Server, error) {
	sentinel := &Server{dir: dir}
	return sentinel, proc.OnFreePort(func(port string) error {
		sentinel.port = port
		return sentinel.launch("sentinel.conf", []string{
			"bind 127.0.0.1",
			"port " + port,
			"sentinel monitor " + MasterName + " 127.0.0.1 " + s.Master.port + " 1",
			"sentinel down-after-milliseconds " + MasterName + " 300",
			"sentinel failover-timeout " + MasterName + " 2000",
		}, "--sentinel")
	})
}

// StartReplica starts a read-only replica, waits until it is in step with its
// master, and kills it when the test ends.
func StartReplica(t testing.TB, master *Server) *Server {
	t.Helper()
	replica := Start(t, "replicaof 127.0.0.1 "+master.port)
	ctx, cancel := context.WithTimeout(context.Background(), proc.Patience)
	defer cancel()
	client := replica.Client(t)
	err := proc.Until(ctx, "the replica to be in step", func() bool {
		return strings.Contains(client.Info(ctx, "replication").Val(), "master_link_status:up")
	})
	if err != nil {
		t.Fatal(err)
	}
	return replica
}
