//go:build !linux

package kernel

func self() string { return "" }

func ended(int, string) bool { return false }
