package stores

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// What a URL leaves out comes from the environment: these tests say it all.
	for _, name := range []string{
		"PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE",
		"PGSSLMODE", "PGSSLCERT", "PGSSLKEY", "PGSSLROOTCERT", "PGSSLPASSWORD", "PGTARGETSESSIONATTRS", "PGCONNECT_TIMEOUT",
	} {
		_ = os.Unsetenv(name) // it can't fail for a name like these
	}
	goleak.VerifyTestMain(m)
}
