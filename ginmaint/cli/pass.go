package cli

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func (a *app) passCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pass",
		Short: "Let people in by a link while maintenance is on",
		Long: `A pass is a link for people without an account: a customer who checks the release, an
auditor, a colleague on the road. Whoever opens it in a browser gets in while maintenance
is on, until the pass expires or is revoked.

A pass goes with the maintenance that it was made in, unless it is made with --stays.`,
		RunE: nameOne,
	}
	cmd.AddCommand(a.passCreateCommand(), a.passListCommand(), a.passRevokeCommand())
	return cmd
}

// issuing is one call of pass create.
type issuing struct {
	length time.Duration
	by     string
	url    string
	pass   maintenance.Pass
}

func (a *app) passCreateCommand() *cobra.Command {
	var o issuing
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Make a pass, and print its link",
		Long: `Make a pass and print its link. NAME says who it is for: the service logs it when the
link is opened, and pass revoke takes it.

The link is printed here and nowhere else: the store keeps only its SHA-256. Send it over
a channel that you would send a password over. Without --url, add what is printed to any
address of the service.`,
		Example: `  {} pass create customer --for 4h
  {} pass create auditor --for 2h --path /shop --url https://shop.example`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) != 1 || strings.TrimSpace(args[0]) == "":
				return usage("name the pass, and nothing else: who is it for? %s", seeHelp(cmd))
			case !cmd.Flags().Changed("for"):
				return usage("--for: say how long the pass is good for, such as 4h")
			case o.length <= 0:
				return usage("--for: %s is no length of time; write one such as 4h", o.length)
			}
			_, err := link(o.url, "", "")
			return err
		},
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			o.pass.Name, o.pass.Until, o.pass.Via = args[0], now().Add(o.length), viaCommand
			if o.pass.By, err = author(cmd, o.by); err != nil {
				return err
			}
			return a.follow(cmd, func(ctx context.Context, s *session) error { return s.issue(ctx, o) })
		},
	}
	flags := cmd.Flags()
	flags.DurationVar(&o.length, "for", 0, "how long it is good for")
	flags.StringVar(&o.pass.Path, "path", "", "open this `PATH` and what is under it alone")
	flags.BoolVar(&o.pass.Stays, "stays", false, "have it outlive the maintenance")
	flags.StringVar(&o.url, "url", "", "the service's `URL`, to print a whole link")
	byFlag(cmd, &o.by)
	a.jsonFlag(cmd, "print the pass, its token and its link as JSON")
	return cmd
}

// issue makes the pass.
func (s *session) issue(ctx context.Context, o issuing) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	pass, token, err := s.mode.IssuePass(ctx, o.pass)
	if err != nil {
		return s.unanswered(ctx, err)
	}
	address, err := link(o.url, pass.Path, token)
	if err != nil {
		return err
	}
	if s.json {
		s.print(struct {
			maintenance.Pass
			Token string `json:"token"`
			Link  string `json:"link"`
		}{pass, token, address})
		return nil
	}
	s.say("%s", address)
	what := "This link"
	if o.url == "" {
		what = "This ending of a link, which --url completes,"
	}
	s.note("The pass of %s opens %s until %s. %s is not shown again.", line(pass.Name), opened(pass), stamp(pass.Until, now()), what)
	return nil
}

// link is where the pass is redeemed; without a base it is what to add to any address.
func link(base, path, token string) (string, error) {
	query := "?" + maintenance.PassParameter + "=" + token
	if base == "" {
		return query, nil
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", usage("--url: write the service's address, such as https://shop.example")
	}
	if path == "" {
		path = "/"
	}
	return strings.TrimSuffix(u.String(), "/") + path + query, nil
}

func opened(p maintenance.Pass) string {
	if p.Path == "" {
		return "the whole service"
	}
	return p.Path + " and what is under it"
}

func (a *app) passListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the passes, without their links",
		Example: `  {} pass list`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.follow(cmd, func(ctx context.Context, s *session) error {
				state, err := s.load(ctx)
				if err != nil {
					return err
				}
				s.listPasses(state.Passes())
				return nil
			})
		},
	}
	a.jsonFlag(cmd, "print a JSON array")
	return cmd
}

func (s *session) listPasses(passes []maintenance.Pass) {
	if s.json {
		s.print(append([]maintenance.Pass{}, passes...))
		return
	}
	if len(passes) == 0 {
		s.say("There is no pass.")
		return
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tGOOD UNTIL\tOPENS\tMADE BY")
	for _, p := range passes {
		until := stamp(p.Until, now())
		switch {
		case !p.Revoked.At.IsZero():
			until = "revoked by " + line(p.Revoked.By)
		case !p.IsValid(now()):
			until = "expired"
		case p.Stays:
			until += ", stays"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", line(p.Name), until, line(opened(p)), line(p.By))
	}
	_ = w.Flush() // a strings.Builder takes everything
	s.say("%s", strings.TrimSuffix(b.String(), "\n"))
}

func (a *app) passRevokeCommand() *cobra.Command {
	var by string
	cmd := &cobra.Command{
		Use:   "revoke NAME...",
		Short: "Take passes away at once",
		Long: `Take passes away. Every replica follows as it follows a switch: within milliseconds, or
within a poll where a push is lost. pass list names who revoked it until the service opens.`,
		Example: `  {} pass revoke customer`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("name each pass, as pass list shows it; %s", seeHelp(cmd))
			}
			return nil
		},
		ValidArgsFunction: a.completePass,
		RunE: func(cmd *cobra.Command, args []string) error {
			by, err := author(cmd, by)
			if err != nil {
				return err
			}
			return a.follow(cmd, func(ctx context.Context, s *session) error {
				for _, name := range args {
					if err := s.revoke(ctx, name, maintenance.Revocation{By: by, Via: viaCommand}); err != nil {
						return err
					}
					s.say("Revoked: %s", line(name))
				}
				if s.json {
					s.print(map[string][]string{"revoked": args})
				}
				return nil
			})
		},
	}
	byFlag(cmd, &by)
	a.jsonFlag(cmd, "print the names as JSON")
	return cmd
}

// completePass offers the names of the passes, where the store answers.
func (a *app) completePass(cmd *cobra.Command, _ []string, _ string) (offers []string, _ cobra.ShellCompDirective) {
	_ = a.follow(cmd, func(ctx context.Context, s *session) error {
		state, err := s.load(ctx)
		for _, p := range state.Passes() {
			if p.Revoked.At.IsZero() {
				offers = append(offers, line(p.Name)+"\t"+line(opened(p)))
			}
		}
		return err
	})
	return offers, cobra.ShellCompDirectiveNoFileComp
}

func (s *session) revoke(ctx context.Context, name string, r maintenance.Revocation) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	return s.unanswered(ctx, s.mode.RevokePass(ctx, name, r))
}
