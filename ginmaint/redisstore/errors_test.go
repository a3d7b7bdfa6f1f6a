package redisstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/toxitest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
)

// operations are all that ask the server for one answer.
var operations = []struct {
	name   string
	writes bool
	roster bool // touches the roster
	state  bool // touches the state
	do     func(context.Context, *redisstore.Store) error
}{
	{"Load", false, false, true, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Load(ctx)
		return err
	}},
	{"Save", true, false, true, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Save(ctx, maintenance.State{Level: maintenance.On})
		return err
	}},
	{"Restore", true, false, true, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Restore(ctx, maintenance.State{ID: "X", Revision: 3}, maintenance.State{})
		return err
	}},
	{"Join", true, true, false, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Join(ctx, maintenance.Replica{ID: "a"})
		return err
	}},
	{"Renew", true, true, true, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Renew(ctx, maintenance.Replica{ID: "a"})
		return err
	}},
	{"Remove", true, true, false, func(ctx context.Context, s *redisstore.Store) error { return s.Remove(ctx, "a") }},
	{"Replicas", false, true, true, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Replicas(ctx)
		return err
	}},
}

// dump returns everything that a server holds.
func dump(t testing.TB, client *redis.Client) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for _, k := range client.Keys(within(t), "*").Val() {
		if client.Type(within(t), k).Val() == "hash" { // whose fields have no order
			all[k] = fmt.Sprint(client.HGetAll(within(t), k).Val())
			continue
		}
		all[k] = client.Dump(within(t), k).Val()
	}
	return all
}

func TestKeyOfAnotherType(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client(t)
	store := redisstore.New(client)
	for _, which := range []string{"state", "roster"} {
		foreign := "ginmaint:{default}:" + which
		for _, op := range operations {
			if which == "state" && !op.state || which == "roster" && !op.roster {
				continue
			}
			t.Run(which+"/"+op.name, func(t *testing.T) {
				require.NoError(t, client.FlushAll(within(t)).Err())
				require.NoError(t, client.RPush(within(t), foreign, "somebody else's").Err())
				before := dump(t, client)
				err := op.do(within(t), store)
				article(t, err, "choose another Prefix or Switch, or remove that key")
				assert.Contains(t, err.Error(), foreign)
				assert.Equal(t, before, dump(t, client), "nothing changes")
			})
		}
	}
}

func TestUnreadableDocument(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client(t)
	store := redisstore.New(client)
	for _, document := range []string{"", "on", "{", "null", "{}", `{"level":"loud"}`, `{"level":"on","start":"soon"}`} {
		require.NoError(t, client.FlushAll(within(t)).Err())
		r, err := store.Join(within(t), replica("a"))
		require.NoError(t, err)
		require.NoError(t, client.Set(within(t), "ginmaint:{default}:state", document, 0).Err())
		before := dump(t, client)
		for _, op := range operations {
			if !op.state || op.name == "Renew" {
				continue
			}
			err := op.do(within(t), store)
			article(t, err, "running replicas write back what they know")
			assert.Contains(t, err.Error(), "ginmaint:{default}:state", op.name)
		}
		assert.Equal(t, before, dump(t, client), "%q", document)
		_, err = store.Renew(within(t), r)
		article(t, err, "running replicas write back what they know")
		assert.Equal(t, document, client.Get(within(t), "ginmaint:{default}:state").Val())
	}
}

func TestReadOnlyReplica(t *testing.T) {
	master := redistest.Start(t)
	copied := redistest.StartReplica(t, master)
	r, err := redisstore.New(master.Client(t)).Join(within(t), replica("a"))
	require.NoError(t, err)
	_, err = redisstore.New(master.Client(t)).Save(within(t), maintenance.State{Level: maintenance.On})
	require.NoError(t, err)
	store := redisstore.New(impatient(t, copied.Addr()))
	for _, op := range operations {
		article(t, op.do(within(t), store), "connect the client to the master")
	}
	_, err = store.Renew(within(t), r)
	article(t, err, "connect the client to the master")
}

func TestOutOfMemory(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client(t)
	store := redisstore.New(client)
	r, err := store.Join(within(t), replica("a"))
	require.NoError(t, err)
	require.NoError(t, client.ConfigSet(within(t), "maxmemory-policy", "noeviction").Err())
	require.NoError(t, client.ConfigSet(within(t), "maxmemory", "1").Err())
	before := dump(t, client)

	_, err = store.Save(within(t), maintenance.State{Level: maintenance.On})
	article(t, err, "raise Redis's maxmemory")
	_, err = store.Join(within(t), replica("b"))
	article(t, err, "raise Redis's maxmemory")
	_, err = store.Renew(within(t), r)
	article(t, err, "raise Redis's maxmemory")
	assert.Equal(t, before, dump(t, client))

	_, err = store.Load(within(t))
	require.NoError(t, err, "what is there can still be read")
	_, err = store.Replicas(within(t))
	require.NoError(t, err)
	require.NoError(t, store.Remove(within(t), "a"), "and somebody can say goodbye")
}

func TestPassword(t *testing.T) {
	const secret = "correct-horse"
	server := redistest.Start(t, "requirepass "+secret)
	for _, wrong := range []struct{ name, password, remedy string }{
		{"wrong", "battery-staple", "check the client's user name and password"},
		{"none", "", "give the client the user name and password"},
	} {
		t.Run(wrong.name, func(t *testing.T) {
			options := &redis.Options{Addr: server.Addr(), Password: wrong.password, MaxRetries: -1}
			store := redisstore.New(redistest.Connect(t, options))
			for _, op := range operations {
				article(t, op.do(within(t), store), wrong.remedy, secret, "battery-staple")
			}
			err := store.Watch(within(t), func(maintenance.State) { assert.Fail(t, "nothing to tell") })
			article(t, err, wrong.remedy, secret, "battery-staple")
		})
	}
	_, err := redisstore.New(redistest.Connect(t, &redis.Options{Addr: server.Addr(), Password: secret})).Load(within(t))
	require.NoError(t, err)
}

// Users may use all channels by default, as before Redis 7, or none.
func TestPermissions(t *testing.T) {
	for _, channels := range []string{"resetchannels", "allchannels"} {
		t.Run(channels, func(t *testing.T) { testPermissions(t, redistest.Start(t, "acl-pubsub-default "+channels)) })
	}
}

func testPermissions(t *testing.T, server *redistest.Server) {
	admin := server.Client(t)
	user := func(name string, rules ...any) *redisstore.Store {
		args := append([]any{"ACL", "SETUSER", name, "on", ">secret"}, rules...)
		require.NoError(t, admin.Do(within(t), args...).Err())
		return redisstore.New(redistest.Connect(t, &redis.Options{Addr: server.Addr(), Username: name, Password: "secret"}))
	}
	// As the package's documentation says.
	documented := []any{
		"resetchannels", "&ginmaint:*", "~ginmaint:*", "+hello", "+ping", "+eval", "+evalsha", "+subscribe", "+publish", "+info", "+time", "+type",
		"+get", "+set", "+del", "+hget", "+hmget", "+hset", "+hsetnx", "+hexists", "+hdel", "+hgetall", "+lpush", "+ltrim", "+lrange",
	}
	store := user("enough", documented...)
	w := watch(t, store)
	w.next(t)
	_, err := store.Join(within(t), replica("a"))
	require.NoError(t, err)
	for _, op := range operations[:3] {
		if op.name != "Restore" {
			require.NoError(t, op.do(within(t), store), op.name)
		}
	}
	require.NoError(t, operations[6].do(within(t), store))
	require.NoError(t, store.Remove(within(t), "a"))
	before := dump(t, admin)

	mute := user("mute", append(documented, "resetchannels")...)
	stored, err := mute.Load(within(t))
	require.NoError(t, err)
	_, err = mute.Save(within(t), stored)
	article(t, err, "the channels, as &ginmaint:*, are missing", ">secret")
	_, err = mute.Join(within(t), replica("a"))
	article(t, err, "allow the Redis user")
	err = mute.Watch(within(t), func(maintenance.State) { assert.Fail(t, "nothing to tell") })
	article(t, err, "allow the Redis user")
	assert.Equal(t, before, dump(t, admin), "a save of which nobody hears is none")

	for _, lacks := range []string{"-lpush", "-ltrim", "-publish"} {
		unable := user("unable", append(documented, lacks)...)
		_, err = unable.Save(within(t), stored)
		article(t, err, "allow the Redis user what the package's documentation lists: +"+lacks[1:]+" is missing")
		assert.Equal(t, before, dump(t, admin), "a save without its record is none")
	}

	for _, lacks := range []string{"-evalsha", "-get", "-hmget"} {
		weak := user("weak", append(documented, lacks)...)
		_, err = weak.Replicas(within(t))
		article(t, err, "allow the Redis user")
		assert.Contains(t, err.Error(), "+"+lacks[1:]+" is missing")
	}
	listing, err := user("silent", append(documented, "-info")...).Replicas(within(t))
	require.NoError(t, err)
	require.ErrorContains(t, listing.Unproven, "it refuses INFO in scripts")
}

func TestServerThatIsGone(t *testing.T) {
	server := redistest.Start(t)
	client := impatient(t, server.Addr())
	require.NoError(t, server.Kill())
	store := redisstore.New(client)
	for _, op := range operations {
		article(t, op.do(within(t), store), "check that Redis runs")
	}
	_, err := store.Save(within(t), maintenance.State{})
	article(t, err, "can't be known")

	require.NoError(t, client.Close())
	for _, op := range operations {
		article(t, op.do(within(t), store), "keep the client open")
	}
}

func TestContextEndsPromptly(t *testing.T) {
	proxy := toxitest.Start(t).Proxy(t, shared.Addr())
	client := redistest.Connect(t, &redis.Options{Addr: proxy.Addr(), ReadTimeout: 3 * time.Second, MaxRetries: -1})
	store := redisstore.New(client, name(t))
	for _, op := range operations { // a connection, and the scripts known
		_ = op.do(within(t), store)
	}
	fresh := redisstore.New(client, redisstore.Switch(t.Name()+"2"))
	proxy.Mute(t)
	for _, op := range operations {
		t.Run(op.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			began := time.Now()
			err := op.do(ctx, fresh)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Less(t, time.Since(began), time.Minute)
			if op.name == "Save" || op.name == "Restore" {
				article(t, err, "can't be known")
			}
			ended, stop := context.WithCancel(context.Background())
			stop()
			err = op.do(ended, fresh)
			require.ErrorIs(t, err, context.Canceled)
			assert.NotContains(t, err.Error(), "can't be known", "it was never sent")
		})
	}
}
