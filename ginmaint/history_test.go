package ginmaint

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// The panel and the API tell who changed what, when, from where and why.
func TestHistory(t *testing.T) {
	m := opened(t, maintenance.NewMemoryStore())
	s := paneled(t, Config{Mode: m})
	require.Equal(t, http.StatusOK, ask(s, "POST", "/maintenance-mode/on/", as(Superuser), program,
		sent("application/json", `{"reason":"disks <b>"}`)).Code)
	_, err := m.Set(t.Context(), maintenance.State{ChangedBy: hostileName})
	require.NoError(t, err)

	answer := ask(s, "GET", "/maintenance-mode/history/", as(Superuser))
	require.Equal(t, http.StatusOK, answer.Code)
	var records []maintenance.Record
	decoded(t, answer, &records)
	require.Len(t, records, 2)
	assert.Equal(t, m.State(), records[0].After)
	assert.Equal(t, records[1].After, records[0].Before)
	assert.Equal(t, "api", records[1].After.Via)

	page := opens(t, s, "/maintenance-mode/")
	page.sees("Last changes", "on → off, by web\ufffd-2", "(code), revision 2", "(api), revision 1: disks <b>")
	assert.NotContains(t, page.page.Body.String(), "<b>")
	assert.Equal(t, http.StatusForbidden, ask(s, "GET", "/maintenance-mode/history/", as(Staff), program).Code)

	fixed := paneled(t, Config{Mode: opened(t, maintenance.Fixed(maintenance.On))})
	assert.Equal(t, http.StatusNotFound, ask(fixed, "GET", "/maintenance-mode/history/", as(Superuser), program).Code)
	opens(t, fixed, "/maintenance-mode/").seesNot("Last changes")
}
