package redistest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
)

// Cluster is three masters that share the slots, and one replica, of the first.
type Cluster struct {
	Masters [3]*Server
	Replica *Server
}

// slots is how many parts a cluster divides its keys into.
const slots = 16384

// StartCluster starts a cluster, waits until every node knows every other, and
// ends it with the test.
func StartCluster(t testing.TB) *Cluster {
	t.Helper()
	c := &Cluster{}
	for i := range c.Masters {
		c.Masters[i] = startNode(t)
	}
	c.Replica = startNode(t)
	if err := c.join(t); err != nil {
		t.Fatal(err)
	}
	return c
}

// Addrs returns the addresses of the masters.
func (c *Cluster) Addrs() []string {
	var addrs []string
	for _, node := range c.Masters {
		addrs = append(addrs, node.Addr())
	}
	return addrs
}

// Client returns a client of the whole cluster, and closes it when the test ends.
// What options leaves open is as in go-redis; the addresses are filled in.
func (c *Cluster) Client(t testing.TB, options redis.ClusterOptions) *redis.ClusterClient {
	t.Helper()
	options.Addrs = c.Addrs()
	client := redis.NewClusterClient(&options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func startNode(t testing.TB) *Server {
	t.Helper()
	// The default, the port plus 10000, may be no port at all. And a replica
	// counts only once its master has sent it something.
	bus, err := proc.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return Start(t, "cluster-enabled yes", "cluster-port "+bus, "cluster-node-timeout 2000", "repl-ping-replica-period 1")
}

func (c *Cluster) join(t testing.TB) error {
	ctx, cancel := context.WithTimeout(context.Background(), proc.Patience)
	defer cancel()
	first := c.Masters[0].Client(t)
	for i, node := range append(c.Masters[:], c.Replica) {
		client := node.Client(t)
		if i < len(c.Masters) {
			from, to := i*slots/len(c.Masters), (i+1)*slots/len(c.Masters)-1
			if err := client.ClusterAddSlotsRange(ctx, from, to).Err(); err != nil {
				return fmt.Errorf("redistest: %w", err)
			}
		}
		if i > 0 {
			bus, _ := strings.CutPrefix(node.config[1], "cluster-port ")
			if err := first.Do(ctx, "CLUSTER", "MEET", "127.0.0.1", node.port, bus).Err(); err != nil {
				return fmt.Errorf("redistest: %w", err)
			}
		}
	}
	id, err := first.Do(ctx, "CLUSTER", "MYID").Text()
	if err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	replica := c.Replica.Client(t)
	err = proc.Until(ctx, "the replica to follow its master", func() bool {
		return replica.Do(ctx, "CLUSTER", "REPLICATE", id).Err() == nil
	})
	if err != nil {
		return err
	}
	for _, node := range append(c.Masters[:], c.Replica) {
		client := node.Client(t)
		// A client learns of a replica from any of them.
		err := proc.Until(ctx, "the cluster to be complete", func() bool {
			info := client.ClusterInfo(ctx).Val()
			nodes := 0
			for _, slot := range client.ClusterSlots(ctx).Val() {
				nodes += len(slot.Nodes)
			}
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_slots_ok:16384") && nodes == 4
		})
		if err != nil {
			return err
		}
	}
	return proc.Until(ctx, "the replica to be in step", func() bool {
		return strings.Contains(replica.Info(ctx, "replication").Val(), "master_link_status:up")
	})
}
