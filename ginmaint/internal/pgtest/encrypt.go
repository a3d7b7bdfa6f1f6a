package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Encrypt restarts the server with TLS: it shows the certificate cert, and lets nobody
// connect to a database but "postgres" who does not show one of the authority ca. The
// arguments name files in PEM. It fails the test where it can't.
func (s *Server) Encrypt(tb testing.TB, ca, cert, key string) {
	tb.Helper()
	var faults []error
	copied := func(name, from string) string {
		text, err := os.ReadFile(from)
		path := filepath.Join(s.dir, name)
		faults = append(faults, err, os.WriteFile(path, text, 0o600))
		return path
	}
	s.settings = append(s.settings, "ssl=on", "ssl_ca_file="+copied("ca", ca), "ssl_cert_file="+copied("cert", cert), "ssl_key_file="+copied("key", key))
	access := "host postgres all 127.0.0.1/32 password\nhostssl all postgres 127.0.0.1/32 password clientcert=verify-ca\n"
	faults = append(faults, os.WriteFile(filepath.Join(s.data(), "pg_hba.conf"), []byte(access), 0o600))
	if err := errors.Join(faults...); err != nil {
		tb.Fatal(fmt.Errorf("pgtest: the server's folder: %w", err))
	}
	if err := errors.Join(s.user.own(s.dir), s.Restart()); err != nil {
		tb.Fatal(err)
	}
}
