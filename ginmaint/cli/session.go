package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/stores"
)

// session is one call of a command with its store open.
type session struct {
	*console
	app   *app
	mode  *maintenance.Mode
	store maintenance.Store // nil: the application handed a Mode alone
	where string            // the store, for people; empty where the application handed it
	ends  []func() error
}

// open opens the store and follows it. What is wrong with a URL is wrong
// usage; a store that does not answer in time is an error.
func (a *app) open(ctx context.Context, cmd *cobra.Command) (*session, error) {
	if a.patience <= 0 {
		return nil, usage("--connect-timeout: %s is no time to answer in; write one such as 5s", a.patience)
	}
	s := &session{console: a.console(cmd), app: a, mode: a.mode, store: a.store}
	if s.store == nil && s.mode == nil {
		if err := s.openURL(ctx, cmd); err != nil {
			return nil, err
		}
	}
	if err := s.follow(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *session) openURL(ctx context.Context, cmd *cobra.Command) error {
	address := s.app.url
	if flag := cmd.Flag("store"); flag == nil || !flag.Changed {
		if address = os.Getenv("GINMAINT_STORE"); address == "" {
			address = defaultURL
		}
	}
	store, done, err := stores.Open(ctx, address)
	if err != nil {
		return exits(misused, err)
	}
	s.store, s.where = store, place(address)
	s.ends = append(s.ends, done)
	return nil
}

// follow opens a Mode, and asks the store for the present state. It asks once
// before the Mode does, whose error speaks to programmers.
func (s *session) follow(ctx context.Context) error {
	if s.mode != nil {
		_, err := s.refresh(ctx)
		return err
	}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	if _, err := s.store.Load(ctx); err != nil {
		return s.unanswered(ctx, err)
	}
	mode, err := maintenance.Open(ctx, s.store, maintenance.Observer(), maintenance.Logger(slog.New(s.journal())))
	if err != nil {
		return s.unanswered(ctx, err)
	}
	s.mode = mode
	s.ends = append(s.ends, mode.Close)
	return nil
}

// refresh has the Mode load the state, and returns it.
func (s *session) refresh(ctx context.Context) (maintenance.State, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	state, err := s.mode.Load(ctx)
	return state, s.unanswered(ctx, err)
}

// close ends what open has begun, the last first.
func (s *session) close() error {
	var errs []error
	for i := len(s.ends) - 1; i >= 0; i-- {
		errs = append(errs, s.ends[i]())
	}
	s.ends = nil
	return errors.Join(errs...)
}

// end closes the session, and tells what else went wrong: a result that could not
// be written is no success.
func (s *session) end(err *error) {
	*err = errors.Join(*err, s.close(), s.unwritten())
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
	where := s.where
	if where == "" {
		where = "the store"
	}
	return fmt.Errorf("%s did not answer within %s; check that it runs and can be reached from here, "+
		"or give it more time with --connect-timeout: %w", where, s.app.patience, err)
}

// hint is a call of another command, for people to copy.
func (s *session) hint(args string) string {
	text := s.app.root.CommandPath() + " " + args
	if s.app.url != "" {
		text += " (with the same --store)"
	}
	return text
}

// byFlag adds --by.
func byFlag(cmd *cobra.Command, by *string) {
	cmd.Flags().StringVar(by, "by", "", "the `NAME` to record; default user@host")
}

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
