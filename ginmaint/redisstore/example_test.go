package redisstore_test

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
)

// Two switches share a server: one for the shop, one for its reports.
func Example() {
	ctx := context.Background()
	client := redis.NewClient(&redis.Options{Addr: shared.Addr()})
	defer client.Close()

	shop := redisstore.New(client, redisstore.Prefix("example"), redisstore.Switch("shop"))
	reports := redisstore.New(client, redisstore.Prefix("example"), redisstore.Switch("reports"))

	_, err := shop.Save(ctx, maintenance.State{Level: maintenance.ReadOnly, Message: "Back at noon."})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, store := range []*redisstore.Store{shop, reports} {
		state, err := store.Load(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(state.Level, state.Revision, state.Message)
	}
	// Output:
	// read-only 1 Back at noon.
	// off 0
}

// A save over a document that somebody else has replaced stores nothing.
func ExampleStore_Save() {
	ctx := context.Background()
	client := redis.NewClient(&redis.Options{Addr: shared.Addr()})
	defer client.Close()
	store := redisstore.New(client, redisstore.Prefix("example"), redisstore.Switch("conflict"))

	_, err := store.Save(ctx, maintenance.State{Level: maintenance.On})
	fmt.Println(err)
	_, err = store.Save(ctx, maintenance.State{Level: maintenance.Off})
	fmt.Println(err)
	// Output:
	// <nil>
	// maintenance: somebody else changed the state first; load it and decide again
}
