package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"os/user"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/filestore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/stores"
)

// app is one command tree, and what the flags of all its commands say.
type app struct {
	root        *cobra.Command
	store       maintenance.Store // the application's; nil: the one that --store names
	url         string            // --store
	patience    time.Duration     // --connect-timeout
	json, quiet bool
}

// session is one call of a command.
type session struct {
	*console
	app   *app
	store maintenance.Store
	where string            // the store, for people; empty where the application handed it over
	mode  *maintenance.Mode // nil for the commands that ask the store itself
}

// defaultURL is where the state is kept when nothing says otherwise.
const defaultURL = "file:" + filestore.DefaultPath

// open calls f with the store open, and a context that the first interrupt ends.
// A result that could not be written is an error.
func (a *app) open(cmd *cobra.Command, f func(context.Context, *session) error) (err error) {
	if a.patience <= 0 {
		return usage("--connect-timeout: %s is no time to answer in; write one such as 5s", a.patience)
	}
	ctx, stop := interruptible(cmd.Context())
	defer stop()
	s := &session{console: newConsole(cmd, a.json, a.quiet), app: a, store: a.store}
	defer func() { err = errors.Join(err, s.unwritten()) }()
	if s.store == nil {
		address := a.url
		if flag := cmd.Flag("store"); flag == nil || !flag.Changed {
			var open bool
			if address, open, err = stores.FromEnvironment(os.Getenv); err != nil {
				return exits(misused, err)
			}
			if open {
				s.warnOfExposed(os.Getenv("GINMAINT_STORE_FILE"))
			}
			if address == "" {
				address = defaultURL
			}
		}
		for _, path := range stores.ExposedSecrets(address) {
			s.warnOfExposed(path)
		}
		store, done, err := stores.Open(ctx, address)
		if err != nil {
			return exits(misused, err)
		}
		defer func() { err = errors.Join(err, done()) }()
		s.store, s.where = store, place(address)
	}
	return f(ctx, s)
}

func (s *session) warnOfExposed(path string) {
	s.note("warning: every account of this host may read the secret in %s; take that right away: chmod o-r", path)
}

// follow calls f as open does, with a Mode that has just asked the store.
func (a *app) follow(cmd *cobra.Command, f func(context.Context, *session) error) error {
	return a.open(cmd, func(ctx context.Context, s *session) (err error) {
		asking, cancel := s.bounded(ctx)
		defer cancel()
		// The Mode's own error would speak to programmers.
		if _, err := s.store.Load(asking); err != nil {
			return s.unanswered(asking, err)
		}
		if s.mode, err = maintenance.Open(asking, s.store, maintenance.Observer(), maintenance.Logger(slog.New(s.journal()))); err != nil {
			return s.unanswered(asking, err)
		}
		defer func() { err = errors.Join(err, s.mode.Close()) }()
		return f(ctx, s)
	})
}

// load asks the store for the state.
func (s *session) load(ctx context.Context) (maintenance.State, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	state, err := s.mode.Load(ctx)
	return state, s.unanswered(ctx, err)
}

// bounded bounds one question to the store.
func (s *session) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.app.patience)
}

// unanswered says so where the store's time was up.
func (s *session) unanswered(ctx context.Context, err error) error {
	if err == nil || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%s did not answer within %s; check that it runs and can be reached from here, "+
		"or give it more time with --connect-timeout: %w", s.named(), s.app.patience, err)
}

// named is the store, for people.
func (s *session) named() string {
	if s.where == "" {
		return "the store"
	}
	return s.where
}

// hint is a call of another command, for people to copy.
func (s *session) hint(args string) string {
	text := s.app.root.CommandPath() + " " + args
	if s.app.url != "" {
		text += " (with the same --store)"
	}
	return text
}

// result is what on, off, status and watch print for machines.
type result struct {
	Level    maintenance.Level   `json:"level"` // in force now
	State    maintenance.State   `json:"state"`
	Replaced *maintenance.State  `json:"replaced,omitempty"` // by this order; absent where nothing was ever saved
	Drain    *maintenance.Report `json:"drain,omitempty"`
	Store    string              `json:"store,omitempty"`
	Replicas *int                `json:"replicas,omitempty"` // that follow it; absent where that can't be known
}

// jsonFlag adds --json, where there is something for machines.
func (a *app) jsonFlag(cmd *cobra.Command, what string) {
	cmd.Flags().BoolVar(&a.json, "json", false, what)
}

// byFlag adds --by.
func byFlag(cmd *cobra.Command, by *string) {
	cmd.Flags().StringVar(by, "by", "", "the `NAME` to record; default user@host")
}

// viaCommand is what a state's Via says of its orders.
const viaCommand = "command"

// author is who switches.
func author(cmd *cobra.Command, by string) (string, error) {
	if cmd.Flags().Changed("by") {
		if strings.TrimSpace(by) == "" {
			return "", usage("--by: the name is empty; write one, or leave the flag out")
		}
		return by, nil
	}
	name := "unknown"
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	} else if uid := os.Getuid(); uid >= 0 {
		name = fmt.Sprintf("uid%d", uid) // a container may run as a user without a name
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return name + "@" + host, nil
}

// interruptible returns a context that the first interrupt ends; a second one
// ends the process.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, interrupts()...)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// interrupts are the signals that ask a process to end, without those that
// whoever started it has it ignore, as nohup does.
func interrupts() []os.Signal {
	heard := []os.Signal{syscall.SIGTERM} // one at least: for none, Notify would take all
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			heard = append(heard, s)
		}
	}
	return heard
}
