//go:build modules

// Imports of the programs in the guides, which go mod tidy does not see there.
package guides

import (
	_ "github.com/alicebob/miniredis/v2"
	_ "github.com/coder/websocket"
	_ "github.com/gin-contrib/cors"
	_ "github.com/gin-contrib/sessions"
	_ "github.com/gin-contrib/sessions/cookie"
	_ "github.com/gin-gonic/gin"
	_ "github.com/glebarez/sqlite"
	_ "github.com/golang-jwt/jwt/v5"
	_ "github.com/golang-migrate/migrate/v4"
	_ "github.com/jackc/pgx/v5/pgxpool"

	_ "github.com/pressly/goose/v3"
	_ "github.com/prometheus/client_golang/prometheus/promhttp"
	_ "github.com/redis/go-redis/v9"
	_ "gorm.io/gorm"

	_ "github.com/ginmaint/gin-maintenance-mode/ginmaint"
	_ "github.com/ginmaint/gin-maintenance-mode/ginmaint/metrics"
	_ "github.com/ginmaint/gin-maintenance-mode/ginmaint/pgstore"
	_ "github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
	_ "github.com/ginmaint/gin-maintenance-mode/ginmaint/sqlstore"
	_ "github.com/ginmaint/gin-maintenance-mode/ginmaint/storetest"
)
