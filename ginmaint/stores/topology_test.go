package stores

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// file writes a file that only its owner may read, and returns its path.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// authority makes a private CA, and a certificate of it for 127.0.0.1 with its key.
func authority(t *testing.T) (ca, cert, key string) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tests"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	hidden, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	cert = file(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	return cert, cert, file(t, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: hidden})))
}

func TestRedisWithCertificates(t *testing.T) {
	ca, cert, key := authority(t)
	port, err := proc.FreePort()
	require.NoError(t, err)
	redistest.Start(t, "tls-port "+port, "tls-ca-cert-file "+ca, "tls-cert-file "+cert, "tls-key-file "+key, "requirepass "+secret)
	base := "rediss://127.0.0.1:" + port + "/0?password_file=" + file(t, secret+"\n")
	all := base + "&ca=" + ca + "&cert=" + cert + "&key=" + key
	switchOn(t, open(t, all), all, all+"&switch=blue")
	for name, url := range map[string]string{"no CA": base, "no certificate of its own": base + "&ca=" + ca} {
		_, err := open(t, url).Load(t.Context())
		require.Error(t, err, name)
		assert.NotContains(t, err.Error(), secret)
	}
}

func TestRedisCluster(t *testing.T) {
	base := "redis://" + strings.Join(redistest.StartCluster(t).Addrs(), ",") + "?cluster=true"
	for _, name := range []string{"a", "b", "c"} { // on all three nodes
		switchOn(t, open(t, base+"&switch="+name), base+"&switch="+name, base+"&switch=other"+name)
	}
}

func TestRedisSentinel(t *testing.T) {
	sentinels := redistest.StartSentinels(t)
	base := "redis://" + sentinels.Sentinel.Addr() + "/1?master_name=" + redistest.MasterName
	store := open(t, base)
	switchOn(t, store, base, base+"&switch=blue")

	ctx, cancel := context.WithTimeout(t.Context(), proc.Patience)
	defer cancel()
	require.NoError(t, sentinels.Client(t).Wait(ctx, 1, proc.Patience).Err(), "the replica has it all")
	require.NoError(t, sentinels.Master.Kill())
	var state maintenance.State
	require.NoError(t, proc.Until(ctx, "the fail-over", func() bool {
		var err error
		state, err = store.Load(ctx)
		return err == nil
	}))
	assert.Equal(t, maintenance.On, state.Level)
	_, err := store.Save(ctx, state)
	require.NoError(t, err, "the new master takes writes")
}

func TestWrongFilesAreNamedAtOnce(t *testing.T) {
	ca, _, key := authority(t)
	_, other, _ := authority(t)
	empty := file(t, "\n")
	for _, test := range []struct {
		name, url string
		says      []string
	}{
		{"no such files", "rediss://h?ca=/no/ca&cert=/no/cert&key=/no/key&password_file=/no/word", []string{"ca=", "/no/ca", "cert=", "/no/cert", "password_file=", "/no/word"}},
		{"no certificate in it", "rediss://h?ca=" + key, []string{"holds no certificate"}},
		{"another key", "mysql://h/d?cert=" + other + "&key=" + key, []string{"its own key"}},
		{"no key", "rediss://h?ca=" + ca + "&cert=" + ca, []string{"belong together"}},
		{"without TLS", "redis://h?ca=" + ca, []string{"write rediss://"}},
		{"empty", "postgres://h/d?password_file=" + empty, []string{"is empty"}},
		{"two passwords", "mysql://u:hunter2@h/d?password_file=" + empty, []string{"keep one"}},
		{"unchecked", "mysql://h/d?tls=skip-verify&ca=" + ca, []string{"need tls=true"}},
		{"cluster and Sentinel", "redis://h?cluster=true&master_name=a", []string{"keep one"}},
		{"cluster of nothing", "redis://h?cluster=maybe", []string{"cluster= takes true"}},
		{"database of a cluster", "redis://h/1?cluster=true", []string{"no database but 0"}},
		{"Sentinel without a master", "redis://h?sentinel_username=a", []string{"master_name=NAME"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := Open(t.Context(), test.url)
			require.Error(t, err)
			for _, says := range test.says {
				assert.Contains(t, err.Error(), says)
			}
			assert.NotContains(t, err.Error(), secret)
		})
	}
}

func TestFromEnvironment(t *testing.T) {
	env := map[string]string{}
	ask := func() (string, bool, error) { return FromEnvironment(func(name string) string { return env[name] }) }
	url, _, err := ask()
	require.NoError(t, err)
	assert.Empty(t, url)

	env["GINMAINT_STORE_FILE"] = file(t, "redis://:"+secret+"@h\n")
	url, public, err := ask()
	require.NoError(t, err)
	assert.Equal(t, "redis://:"+secret+"@h", url)
	assert.False(t, public)
	require.NoError(t, os.Chmod(env["GINMAINT_STORE_FILE"], 0o644))
	_, public, err = ask()
	require.NoError(t, err)
	assert.True(t, public)

	env["GINMAINT_STORE"] = "redis://h"
	_, _, err = ask()
	require.ErrorContains(t, err, "GINMAINT_STORE and GINMAINT_STORE_FILE")
	delete(env, "GINMAINT_STORE")
	env["GINMAINT_STORE_FILE"] = "/no/such"
	_, _, err = ask()
	require.ErrorContains(t, err, "/no/such")
}
