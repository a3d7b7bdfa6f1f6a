package stores

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// FromEnvironment returns the URL that the variable GINMAINT_STORE holds, or the file
// that GINMAINT_STORE_FILE names; the empty text where neither is set. Line breaks at
// the file's end are no part of the URL. open tells that accounts other than the file's
// owner and group may read the file, which is worth a warning. It is an error where both
// are set, and where the file can't be read or is empty; no error holds the URL.
func FromEnvironment(getenv func(string) string) (url string, open bool, err error) {
	url, path := getenv("GINMAINT_STORE"), getenv("GINMAINT_STORE_FILE")
	switch {
	case path == "":
		return url, false, nil
	case url != "":
		return "", false, errors.New("stores: GINMAINT_STORE and GINMAINT_STORE_FILE are both set; unset one of them")
	}
	if url, err = readSecret("GINMAINT_STORE_FILE", path); err != nil {
		return "", false, err
	}
	return url, public(path), nil
}

// ExposedSecrets returns the files that a store's URL takes a secret from (password_file=,
// sentinel_password_file=, key= and sslkey=) and that accounts other than their owner and group
// may read, which is worth a warning. It returns none where the URL can't be read, which
// Open says.
func ExposedSecrets(rawURL string) (paths []string) {
	a, err := parse(rawURL)
	if err != nil {
		return nil
	}
	for _, name := range []string{"password_file", "sentinel_password_file", "key", "sslkey"} {
		if path := a.params[name]; path != "" && public(path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// public tells whether all accounts of this host may read a file. Windows does not tell it
// by the file's mode.
func public(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o004 != 0 && runtime.GOOS != "windows"
}

// readSecret reads a file that holds a secret and nothing else.
func readSecret(what, path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("stores: the file of %s can't be read: %w; correct its name or its rights", what, err)
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if secret == "" {
		return "", fmt.Errorf("stores: the file %s of %s is empty; write the secret into it", clip(path), what)
	}
	return secret, nil
}

// passwordFile takes the parameter password_file= and returns what the file holds, or
// the empty text where there is none.
func (a *address) passwordFile() (secret string, err error) {
	path := ""
	if err := a.take("password_file", func(name string) { path = name }); err != nil || path == "" {
		return "", err
	}
	if _, ok := a.url.User.Password(); ok || a.has("password") {
		return "", errors.New("stores: the URL has a password and password_file=; keep one")
	}
	return readSecret("password_file=", path)
}

// certificates takes the parameters ca=, cert= and key=, files in PEM. It returns nil
// where there are none, and all that is wrong at once.
func (a *address) certificates() (*tls.Config, error) {
	var ca, cert, key string
	err := errors.Join(
		a.take("ca", func(path string) { ca = path }),
		a.take("cert", func(path string) { cert = path }),
		a.take("key", func(path string) { key = path }),
	)
	if err != nil || ca+cert+key == "" {
		return nil, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	var faults []error
	if ca != "" {
		text, err := os.ReadFile(ca)
		config.RootCAs = x509.NewCertPool()
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("stores: the file of ca= can't be read: %w; correct its name or its rights", err))
		case !config.RootCAs.AppendCertsFromPEM(text):
			faults = append(faults, fmt.Errorf("stores: the file of ca= (%s) holds no certificate; write one in PEM", clip(ca)))
		}
	}
	switch {
	case (cert == "") != (key == ""):
		faults = append(faults, errors.New("stores: cert= and key= belong together; name both files, or neither"))
	case cert != "":
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			faults = append(faults, fmt.Errorf("stores: the files of cert= and key= don't serve: %w; name a certificate and its own key, in PEM", err))
		}
		config.Certificates = []tls.Certificate{pair}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return config, nil
}
