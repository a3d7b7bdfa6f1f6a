package pgsql_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/pgsql"
)

type sqlstate string

func (s sqlstate) Error() string    { return "server: " + string(s) }
func (s sqlstate) SQLState() string { return string(s) }

func TestServerThatDoesNotTellItsTimeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := pgsql.For([]string{"ginmaint"}, "default")
		var refuses error
		with, without := 0, 0
		ask := func() string {
			untold, err := s.Ask(func(q *pgsql.Queries) error {
				if q.Join == s.Join {
					with++
					return refuses
				}
				assert.NotContains(t, q.Join+q.Renew+q.Remove+q.Replicas, "wal")
				without++
				return nil
			})
			assert.NoError(t, err)
			return untold
		}
		assert.Empty(t, ask())
		refuses = sqlstate("55000")
		assert.Equal(t, "server: 55000", ask())
		assert.Equal(t, "server: 55000", ask(), "it is not asked each time")
		assert.Equal(t, []int{2, 2}, []int{with, without})
		time.Sleep(time.Minute + 1)
		refuses = nil
		assert.Empty(t, ask(), "it may have become another server")
		assert.Equal(t, []int{3, 2}, []int{with, without})
	})
}

func TestErrorThatTheTimelineIsNotTheCauseOf(t *testing.T) {
	for _, failed := range []error{sqlstate("42501"), errors.New("connection lost"), sqlstate("42883")} {
		s := pgsql.For([]string{"ginmaint"}, "default")
		for range 2 {
			untold, err := s.Ask(func(*pgsql.Queries) error { return failed })
			assert.Empty(t, untold)
			assert.Equal(t, failed, err)
		}
	}
}
