package storetest_test

import (
	"testing"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/storetest"
)

// mystore stands for the package of your store.
var mystore struct {
	New func(name string) maintenance.Store
}

// In the test of your store. Values of the same name see the same document.
func ExampleRun() {
	_ = func(t *testing.T) { // func TestConformance(t *testing.T)
		storetest.Run(t, storetest.Harness{
			Open: func(_ *testing.T, name string) maintenance.Store { return mystore.New(name) },
		})
	}
}

// In a benchmark of your store: what a Mode asks of it.
func ExampleBench() {
	_ = func(b *testing.B) { // func BenchmarkStore(b *testing.B)
		storetest.Bench(b, func(_ *testing.B, name string) maintenance.Store { return mystore.New(name) })
	}
}
