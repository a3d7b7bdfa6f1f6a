package metrics_test

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/metrics"
)

// In an application with promhttp.Handler: prometheus.MustRegister(metrics.New(mode)).
func ExampleNew() {
	ctx := context.Background()
	mode, err := maintenance.Open(ctx, maintenance.NewMemoryStore())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mode.Close()
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics.New(mode))

	if _, err := mode.Set(ctx, maintenance.State{Level: maintenance.ReadOnly}); err != nil {
		fmt.Println(err)
		return
	}
	families, err := registry.Gather()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, family := range families {
		if name := family.GetName(); name == "ginmaint_level" || name == "ginmaint_trusted" {
			fmt.Println(name, family.GetMetric()[0].GetGauge().GetValue())
		}
	}
	// Output:
	// ginmaint_level 1
	// ginmaint_trusted 1
}

// Of many processes, which all tell of all replicas, one lists them.
func ExampleWithoutReplicas() {
	mode, err := maintenance.Open(context.Background(), maintenance.NewMemoryStore())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mode.Close()
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics.New(mode, metrics.WithoutReplicas()))

	families, err := registry.Gather()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, family := range families {
		if family.GetName() == "ginmaint_replicas" {
			fmt.Println("listed")
		}
	}
	fmt.Println(len(families) > 0)
	// Output: true
}
