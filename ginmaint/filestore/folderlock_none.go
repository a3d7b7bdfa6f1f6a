//go:build !linux && !darwin

package filestore

import (
	"errors"
	"os"
)

// No folder is local where there are no locks for it.
func local(string) bool { return false }

func lockByte(*os.File, int64) error { return errors.ErrUnsupported }

func lockedBytes(_ *os.File, _, _ int64) (bool, error) { return false, errors.ErrUnsupported }
