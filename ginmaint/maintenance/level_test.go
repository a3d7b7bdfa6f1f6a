package maintenance

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLevelText(t *testing.T) {
	for name, level := range map[string]Level{"off": Off, "read-only": ReadOnly, "on": On} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, name, level.String())
			parsed, err := ParseLevel(name)
			require.NoError(t, err)
			assert.Equal(t, level, parsed)

			text, err := json.Marshal(level)
			require.NoError(t, err)
			assert.Equal(t, `"`+name+`"`, string(text))
			var read Level
			require.NoError(t, json.Unmarshal(text, &read))
			assert.Equal(t, level, read)
		})
	}
	assert.Zero(t, Off, "the zero value has to be Off")
}

func TestLevelThatDoesNotExist(t *testing.T) {
	assert.Equal(t, "Level(3)", Level(3).String())
	_, err := Level(3).MarshalText()
	assert.EqualError(t, err, "maintenance: there is no level 3")
	assert.True(t, Level(3).Refuses(Read), "an unknown level has to be closed")
}

func TestParseLevelRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty":          "",
		"capitals":       "ON",
		"title":          "Read-Only",
		"underscore":     "read_only",
		"joined":         "readonly",
		"space":          "on ",
		"number":         "2",
		"boolean":        "true",
		"zero":           "on\x00",
		"invalid UTF-8":  "\xff",
		"hostile length": strings.Repeat("on", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			level := On
			err := level.UnmarshalText([]byte(text))
			require.ErrorContains(t, err, "write off, read-only or on")
			assert.Less(t, len(err.Error()), 400, "an error must not fill a log")
			assert.Equal(t, On, level, "a failed read must not touch its target")
		})
	}
}

func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		level       Level
		read, write bool
	}{
		{Off, false, false},
		{ReadOnly, false, true},
		{On, true, true},
	} {
		t.Run(c.level.String(), func(t *testing.T) {
			assert.Equal(t, c.read, c.level.Refuses(Read))
			assert.Equal(t, c.write, c.level.Refuses(Write))
		})
	}
}

func TestAccessText(t *testing.T) {
	assert.Equal(t, "read", Read.String())
	assert.Equal(t, "write", Write.String())
}
