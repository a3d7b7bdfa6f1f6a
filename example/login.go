package main

import (
	"crypto/subtle"
	"net/http"

	"github.com/gin-contrib/sessions"
	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// accounts are for demonstration: everybody's password is the same.
var accounts = map[string]ginmaint.Role{
	"user":      ginmaint.Authenticated,
	"staff":     ginmaint.Staff,
	"superuser": ginmaint.Superuser,
}

const password = "demo"

func showLogin(c *gin.Context) {
	session := sessions.Default(c)
	role, _ := session.Get("role").(string)
	state, on := ginmaint.State(c)
	c.HTML(http.StatusOK, "login.html", ginmaint.H(c, gin.H{
		"user": session.Get("user"),
		// Somebody who logs in while the shop is closed is told why it does not open.
		"closed": on && state.Level == maintenance.On && role == ginmaint.Authenticated.String(),
	}))
}

// logIn keeps the name and the role in the session, where ginmaint looks for
// them.
func logIn(c *gin.Context) {
	name := c.PostForm("username")
	role, ok := accounts[name]
	if !ok || subtle.ConstantTimeCompare([]byte(c.PostForm("password")), []byte(password)) != 1 {
		c.HTML(http.StatusUnauthorized, "login.html", ginmaint.H(c, gin.H{"error": "The name or the password is wrong."}))
		return
	}
	session := sessions.Default(c)
	session.Set("user", name)
	session.Set("role", role.String())
	save(c, session)
}

func logOut(c *gin.Context) {
	session := sessions.Default(c)
	session.Clear()
	save(c, session)
}

func save(c *gin.Context, session sessions.Session) {
	if err := session.Save(); err != nil {
		c.String(http.StatusInternalServerError, "The session could not be saved.\n")
		return
	}
	c.Redirect(http.StatusSeeOther, "/")
}
