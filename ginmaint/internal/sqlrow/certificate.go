package sqlrow

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// Certificate says what to do where a connection failed for a certificate, and returns an
// empty text where it did not. where says how the client is told which authorities to trust.
func Certificate(err error, where string) string {
	var (
		untrusted x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		misnamed  x509.HostnameError
		plain     tls.RecordHeaderError
		alert     tls.AlertError
	)
	switch {
	case errors.As(err, &misnamed):
		return "connect by a name that the server's certificate has"
	case errors.As(err, &untrusted), errors.As(err, &invalid):
		return "the server's certificate is not trusted: name the certificate that signed it, by " + where + ", or add it to the system's"
	case errors.As(err, &plain):
		return "this port speaks no TLS: connect without, or to another port"
	case errors.As(err, &alert):
		return "the server refuses this client's certificate, or wants one: name one that its authority has signed"
	}
	return ""
}
