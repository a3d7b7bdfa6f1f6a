package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// forgetting is one call of replicas forget.
type forgetting struct {
	silent time.Duration
	except string
	yes    bool
}

func (a *app) forgetCommand() *cobra.Command {
	var f forgetting
	cmd := &cobra.Command{
		Use:   "forget ID|NAME...",
		Short: "Take replicas that have ended off the list",
		Long: `Take replicas off the list, so that no drain waits for them any more. First make sure
that their processes have ended: from then on a drain relies on that. One that lives
after all admits nothing until it has joined again.

Name each by its ID, by as much of that as no other begins with, or by its name: then
those of that name go that are silent.

With --silent all go that are silent for at least that long, by the store's clock, with
the entries that stand for what a lost roster may have held. The command shows them
and asks; where nobody can be asked, --yes is needed.

With --except - it reads the names of the processes that live from standard input,
one on a line, and all other silent ones go. A name may be that of the host or
pod alone, and may follow a kind: pod/web-1. Where a replica is heard of that is not
among the names, they are not all that live, and nothing is done.`,
		Example: `  {} replicas forget 4DJX
  {} replicas forget web-1 web-2
  {} replicas forget --silent 1h
  kubectl get pods -l app=shop -o name | {} replicas forget --except -`,
		Args: func(cmd *cobra.Command, args []string) error {
			given := cmd.Flags().Changed
			switch {
			case given("silent") && given("except"), (given("silent") || given("except")) && len(args) > 0:
				return usage("name replicas, or choose them by --silent, or by --except; one of the three")
			case given("silent") && f.silent <= 0:
				return usage("--silent: %s is no length of time; write one such as 1h", f.silent)
			case given("except") && f.except != "-":
				return usage("--except: write -, and the names to standard input, one on a line")
			case given("yes") && !given("silent"):
				return usage("--yes is about --silent; add that, or leave it out")
			case !given("silent") && !given("except") && (len(args) == 0 || slices.Contains(args, "")):
				return usage("name each replica by its ID or its name, which replicas lists; %s", seeHelp(cmd))
			}
			return nil
		},
		ValidArgsFunction: a.completeReplica,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.follow(cmd, func(ctx context.Context, s *session) error {
				replicas, err := s.replicas(ctx)
				if err != nil {
					return err
				}
				switch {
				case cmd.Flags().Changed("silent"):
					replicas, err = s.forgetSilent(ctx, cmd, replicas, f)
				case cmd.Flags().Changed("except"):
					replicas, err = s.othersThan(cmd.InOrStdin(), replicas)
				default:
					replicas, err = s.meant(replicas, args)
				}
				if err != nil {
					return err
				}
				return s.forget(ctx, replicas, args)
			})
		},
	}
	flags := cmd.Flags()
	flags.DurationVar(&f.silent, "silent", 0, "all that are silent for at least this `LONG`")
	flags.StringVar(&f.except, "except", "", "all silent ones but those whose names are read from standard input, `-`")
	flags.BoolVar(&f.yes, "yes", false, "with --silent, do not ask")
	a.jsonFlag(cmd, "print the IDs as JSON")
	return cmd
}

// forget takes these off the list. args are what was typed.
func (s *session) forget(ctx context.Context, replicas []maintenance.Replica, args []string) error {
	forgotten := []string{}
	for _, r := range replicas {
		err := s.strike(ctx, r.ID)
		if err != nil && !errors.Is(err, maintenance.ErrUnlisted) { // that one has gone by itself
			return fmt.Errorf("%s of %d were forgotten: %w", count(len(forgotten), "replica", "replicas"), len(replicas), err)
		}
		forgotten = append(forgotten, r.ID)
		if slices.Contains(args, r.ID) {
			s.say("Forgotten: %s", line(r.ID))
		} else {
			s.say("Forgotten: %s (%s)", line(r.ID), told(r))
		}
	}
	if s.json {
		s.print(map[string][]string{"forgotten": forgotten})
	}
	return nil
}

func (s *session) strike(ctx context.Context, id string) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	return s.unanswered(ctx, s.mode.Forget(ctx, id))
}

// told names a replica and says how it stands.
func told(r maintenance.Replica) string {
	switch c := fleet.ConditionOf(r, maintenance.State{}); c {
	case fleet.Unknown:
		return "what a lost roster may have held, since " + fleet.Roughly(r.Silent)
	case fleet.Silent:
		return line(r.Name) + ", " + c.Text(r)
	}
	return line(r.Name)
}

// meant finds the replicas that were named.
func (s *session) meant(replicas []maintenance.Replica, names []string) (found []maintenance.Replica, _ error) {
	for _, name := range names {
		matches, err := s.find(replicas, name)
		if err != nil {
			return nil, err
		}
		for _, r := range matches {
			if !slices.ContainsFunc(found, func(f maintenance.Replica) bool { return f.ID == r.ID }) {
				found = append(found, r)
			}
		}
	}
	return found, nil
}

// find returns the replica with this ID, or the silent ones of this name, or the one
// whose ID begins so.
func (s *session) find(replicas []maintenance.Replica, name string) ([]maintenance.Replica, error) {
	var called, begun []maintenance.Replica
	for _, r := range replicas {
		switch {
		case r.ID == name:
			return []maintenance.Replica{r}, nil
		case r.Name == name:
			called = append(called, r)
		case len(name) >= leastShort && strings.HasPrefix(r.ID, name):
			begun = append(begun, r)
		}
	}
	if len(called) > 0 {
		gone := slices.DeleteFunc(slices.Clone(called), fleet.Heard)
		if len(gone) == 0 {
			return nil, fmt.Errorf("%s has renewed its entry %s ago, so it lives; to forget it all the same, name it by its ID",
				line(name), fleet.Roughly(called[0].Silent))
		}
		return gone, nil
	}
	switch len(begun) {
	case 0:
		return nil, &reworded{fmt.Sprintf("the store lists no replica %q; see %s", name, s.hint("replicas")), maintenance.ErrUnlisted}
	case 1:
		return begun, nil
	}
	return nil, usage("the IDs of %d replicas begin with %q; write more of it", len(begun), name)
}

// forgetSilent chooses those that are silent for long enough, and asks.
func (s *session) forgetSilent(ctx context.Context, cmd *cobra.Command, replicas []maintenance.Replica, f forgetting) ([]maintenance.Replica, error) {
	gone := slices.DeleteFunc(slices.Clone(replicas), func(r maintenance.Replica) bool { return fleet.Heard(r) || r.Silent < f.silent })
	if len(gone) == 0 {
		s.say("No replica is silent for %s or longer.", span(f.silent))
		return nil, nil
	}
	if f.yes {
		return gone, nil
	}
	var list strings.Builder
	for _, r := range gone {
		list.WriteString("\n  " + told(r))
	}
	asked := fmt.Sprintf("%s silent:%s", count(len(gone), "entry is", "entries are"), list.String())
	keyboard, ok := cmd.InOrStdin().(*os.File)
	if !ok || !isatty.IsTerminal(keyboard.Fd()) {
		return nil, usage("%s\nNothing was forgotten: nobody can be asked here. Once you are certain that their processes have ended, add --yes", asked)
	}
	s.aside(tidy(asked) + "\nHave their processes ended, and shall they be forgotten? [y/N] ")
	if answer, err := typedLine(ctx, keyboard); err != nil || !strings.HasPrefix(strings.ToLower(answer), "y") {
		s.note("Nothing was forgotten.")
		return nil, err
	}
	// Who has been heard of while the question stood lives.
	now, err := s.replicas(ctx)
	return slices.DeleteFunc(gone, func(g maintenance.Replica) bool {
		return !slices.ContainsFunc(now, func(r maintenance.Replica) bool { return r.ID == g.ID && r.Renewals == g.Renewals })
	}), err
}

// typedLine reads one line, unless ctx ends first.
func typedLine(ctx context.Context, keyboard io.Reader) (string, error) {
	read := make(chan string, 1)
	go func() { // the process ends while it still reads
		text, _ := bufio.NewReader(keyboard).ReadString('\n')
		read <- strings.TrimSpace(text)
	}()
	select {
	case text := <-read:
		return text, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// process is what a default name, such as web-1:4711, adds to that of the host.
var process = regexp.MustCompile(`:\d+$`)

// othersThan chooses the silent ones but those whose names are read. It refuses where
// one is heard of that is not among them: then they are not all that live.
func (s *session) othersThan(names io.Reader, replicas []maintenance.Replica) ([]maintenance.Replica, error) {
	text, err := io.ReadAll(io.LimitReader(names, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("the names can't be read from standard input: %w", err)
	}
	reports := make(map[string]bool) // by name, whether a replica of it is heard of
	for _, l := range strings.Split(string(text), "\n") {
		if name := strings.TrimSpace(l); name != "" {
			reports[name] = false
		}
	}
	if len(reports) == 0 {
		return nil, usage("--except: no name was read, so nothing was forgotten; where none lives any more, use --silent")
	}
	among := func(r maintenance.Replica) (name string, ok bool) {
		for name := range reports {
			bare := name[strings.LastIndex(name, "/")+1:]
			if r.Name == name || r.Name == bare || process.ReplaceAllString(r.Name, "") == bare {
				return name, true
			}
		}
		return "", false
	}
	var gone, roster []maintenance.Replica
	for _, r := range replicas {
		name, lives := among(r)
		switch {
		case r.Unknown:
			roster = append(roster, r)
		case fleet.Heard(r) && !lives:
			return nil, fmt.Errorf("nothing was forgotten: %s has renewed its entry %s ago and is not among the names, so they are not all that live",
				line(r.Name), fleet.Roughly(r.Silent))
		case fleet.Heard(r):
			reports[name] = true
		case lives:
			s.note("kept, as its name is among those that live: %s, ID %s", told(r), line(r.ID))
		default:
			gone = append(gone, r)
		}
	}
	// Where all that live are listed, a lost roster held nobody else.
	for name, reports := range reports {
		if !reports && len(roster) > 0 {
			s.note("kept: the entry for what a lost roster may have held, as no replica is heard of by the name %s", line(name))
			roster = nil
		}
	}
	if gone = append(gone, roster...); len(gone) == 0 {
		s.say("No other replica is silent.")
	}
	return gone, nil
}
