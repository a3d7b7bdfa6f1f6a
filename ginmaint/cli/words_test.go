package cli

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTidyLeavesSecretsOut(t *testing.T) {
	const secret = "s3cret"
	for _, text := range []string{
		"cannot parse redis://user:s3cret@host:1/0",
		"cannot parse redis://:s3cret@host",
		"cannot parse `postgres://u:p@s3cret@host/db`: what",
		"postgres://host/db?user=u&password=s3cret&sslmode=disable",
		"host=h PASSWORD=s3cret dbname=d",
		"sslpassword=s3cret",
		`"redis://user:a/s3cret#b@host"`,
	} {
		assert.NotContains(t, tidy(text), secret, text)
	}
	assert.Equal(t, "dial tcp 127.0.0.1:1: refused", tidy("dial tcp 127.0.0.1:1: refused"))
	assert.Equal(t, "revision 3, by alice@host", tidy("revision 3, by alice@host"))
}

func TestTidyLeavesControlCharactersOut(t *testing.T) {
	assert.Equal(t, "\ufffd[31mred\ufffd", tidy("\x1b[31mred\x07"))
	assert.Equal(t, "a b", line("a\n\tb "))
	assert.Equal(t, "schön, 日本", tidy("schön, 日本"))
	assert.Equal(t, "\ufffdtxt", tidy("\u202etxt"), "it turns what follows around")
}

func TestPlace(t *testing.T) {
	for url, want := range map[string]string{
		"redis://user:secret@redis:6379/0":                         "redis://redis:6379/0",
		"redis://redis:6379/0?switch=blue&password=secret":         "redis://redis:6379/0?switch=blue",
		"postgres://u:secret@db:5432/shop?table=ops.switch":        "postgres://db:5432/shop?table=ops.switch",
		"postgres:///shop?host=/run/postgresql&sslpassword=secret": "postgres:///shop?host=%2Frun%2Fpostgresql",
		"://":                            "the store",
		"file:///var/lib/on.json":        "/var/lib/on.json",
		"sqlite:///var/app.db?_pragma=x": "/var/app.db",
	} {
		assert.Equal(t, want, place(url), url)
	}
}
