package neighbours

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/glebarez/sqlite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/mariatest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/sqlstore"
)

// What a process finds in its environment that serves a shop instead of the tests.
const (
	shopMySQL  = "GORM_SHOP_MYSQL" // the data source of its database
	shopSQLite = "GORM_SHOP_SQLITE"
)

func TestMain(m *testing.M) {
	dialector, dialect := mysql.Open(os.Getenv(shopMySQL)), sqlstore.MySQL
	switch {
	case os.Getenv(shopSQLite) != "":
		dialector, dialect = sqlite.Open(os.Getenv(shopSQLite)), sqlstore.SQLite
	case os.Getenv(shopMySQL) == "":
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := serveShop(ctx, dialector, dialect); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// Order is what the shop keeps.
type Order struct {
	ID   uint
	What string
}

// serveShop is an application on GORM. It prints where it listens.
func serveShop(ctx context.Context, dialector gorm.Dialector, dialect sqlstore.Dialect) (err error) {
	db, err := gorm.Open(dialector, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	store := sqlstore.New(pool, dialect)
	if err := errors.Join(store.Migrate(ctx), db.AutoMigrate(&Order{})); err != nil {
		return err
	}
	mode, err := maintenance.Open(ctx, store, maintenance.Logger(quiet))
	if err != nil {
		return err
	}
	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode, Logger: quiet}))
	r.GET("/orders", func(c *gin.Context) {
		var n int64
		if err := db.WithContext(c.Request.Context()).Model(&Order{}).Count(&n).Error; err != nil {
			c.String(http.StatusInternalServerError, err.Error())
			return
		}
		c.String(http.StatusOK, "%d orders", n)
	})
	r.POST("/orders", func(c *gin.Context) {
		if err := db.WithContext(c.Request.Context()).Create(&Order{What: "tea"}).Error; err != nil {
			c.String(http.StatusInternalServerError, err.Error())
			return
		}
		c.String(http.StatusCreated, "ordered")
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, mode.Close())
	}
	server := &http.Server{Handler: r, ReadHeaderTimeout: time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	fmt.Printf("http://%s\n", listener.Addr())
	<-ctx.Done()
	bound, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err = errors.Join(server.Shutdown(bound), mode.Shutdown(bound))
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

// A fleet of three on GORM does what README says of one.
func TestGORM(t *testing.T) {
	command := filepath.Join(t.TempDir(), "ginmaint")
	build := exec.Command("go", "build", "-o", command, "./ginmaint/cmd/ginmaint")
	build.Dir = ".."
	require.NoError(t, proc.Run(build))
	server := mariatest.New(t)
	database, file := server.Database(t), filepath.Join(t.TempDir(), "shop.db")
	for _, c := range []struct{ name, variable, source, url string }{
		{"MariaDB", shopMySQL, server.DSN(database) + "?parseTime=true", "mysql://" + server.User() + ":" + server.Password() + "@" + server.Addr() + "/" + database},
		{"SQLite", shopSQLite, "file:" + file + "?_pragma=busy_timeout(1000)&_pragma=journal_mode(WAL)", "sqlite://" + file},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			gm := func(args ...string) string {
				t.Helper()
				cmd := exec.Command(command, args...)
				cmd.Env = append(os.Environ(), "GINMAINT_STORE="+c.url)
				var out proc.Output
				cmd.Stdout, cmd.Stderr = &out, &out
				require.NoError(t, proc.Run(cmd), out.String())
				return out.String()
			}
			var shops []*proc.Child
			var urls []string
			for range 3 {
				cmd := exec.Command(os.Args[0])
				cmd.Env = append(os.Environ(), c.variable+"="+c.source)
				shop, err := proc.Start(cmd)
				require.NoError(t, err)
				t.Cleanup(shop.Kill)
				// One by one: AutoMigrate of two processes at once may fail.
				require.NoError(t, shop.Ready(func() bool { return strings.HasSuffix(shop.Printed(), "\n") }))
				shops, urls = append(shops, shop), append(urls, strings.TrimSpace(shop.Printed()))
			}
			order(t, urls[0], http.StatusCreated, "ordered")

			assert.Contains(t, gm("on", "--message", "Back at ten.", "--drain", "--expect", "3"), "3 replicas")
			for _, url := range urls {
				order(t, url, http.StatusServiceUnavailable, "Back at ten.")
			}
			replicas := gm("replicas")
			assert.Equal(t, 1, strings.Count(replicas, "current"), replicas)
			assert.Equal(t, 2, strings.Count(replicas, "idle"), "two of them have had no request yet: %s", replicas)
			gm("off")
			for i, url := range urls {
				require.NoError(t, proc.Until(t.Context(), "the shop to open", func() bool {
					code, _ := send(t, http.MethodGet, url)
					return code == http.StatusOK
				}))
				order(t, url, http.StatusCreated, "ordered")
				_, text := send(t, http.MethodGet, url)
				assert.Equal(t, fmt.Sprintf("%d orders", i+2), text)
			}
			for _, shop := range shops {
				require.NoError(t, shop.Stop(syscall.SIGTERM))
				require.NoError(t, shop.Wait())
			}
		})
	}
}

func order(t *testing.T, url string, code int, says string) {
	t.Helper()
	got, text := send(t, http.MethodPost, url)
	assert.Equal(t, code, got)
	assert.Contains(t, text, says)
}

// send asks a shop, as a program does that reads plain text.
func send(t *testing.T, method, url string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url+"/orders", nil)
	require.NoError(t, err)
	r.Header.Set("Accept", "text/plain")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(text)
}
