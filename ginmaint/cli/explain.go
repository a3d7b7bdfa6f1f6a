package cli

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
)

// inquiry is one call of explain.
type inquiry struct {
	url      string
	headers  string // the file
	address  string
	role     string
	exitCode bool
}

func (a *app) explainCommand() *cobra.Command {
	var q inquiry
	cmd := &cobra.Command{
		Use:   "explain METHOD PATH",
		Short: "Ask a running replica whether a request would pass, and why",
		Long: `Ask the endpoint explain of a running replica whether a request would pass, and which
rule decides. No handler of the service runs for it, and nothing changes.

--url names the endpoints, as in the browser, else GINMAINT_URL. They answer a superuser:
give the header that makes you one, such as "Cookie: session=..." or "Authorization:
Bearer ...", in the file that --headers names, a line for each, or in GINMAINT_HEADERS.
On a command line others on the same host could read it, so no flag takes it.

Without --ip the request comes from an address that is not listed, and without --role from
somebody who is not logged in.`,
		Example: `  {} explain POST /orders --url https://shop.example/maintenance-mode/ --headers ~/.ginmaint-headers
  {} explain GET /reports --ip 203.0.113.7 --role staff`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage("name a method and a path, such as POST /orders; %s", seeHelp(cmd))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.explain(cmd, q, args[0], args[1]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&q.url, "url", "", "where the endpoints are: a `URL`, else $GINMAINT_URL")
	flags.StringVar(&q.headers, "headers", "", "the `FILE` with the headers to send, - for standard input; else $GINMAINT_HEADERS")
	flags.StringVar(&q.address, "ip", "", "the visitor's `ADDRESS`")
	flags.StringVar(&q.role, "role", "", "the visitor's `ROLE`: anonymous, authenticated, staff or superuser")
	flags.BoolVar(&q.exitCode, "exit-code", false, "exit with 3 where the request would be refused")
	a.jsonFlag(cmd, "print the answer as JSON")
	return cmd
}

// explanation is what of the endpoint's answer a person reads.
type explanation struct {
	Passes bool   `json:"passes"`
	Why    string `json:"why"`
	Detail string `json:"detail"` // of an error
}

// longestAnswer is what is read of an answer, in bytes.
const longestAnswer = 64 << 10

func (a *app) explain(cmd *cobra.Command, q inquiry, method, path string) error {
	target, err := q.target(method, path)
	if err != nil {
		return err
	}
	headers, err := q.credentials(cmd.InOrStdin())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), a.patience)
	defer cancel()
	status, body, err := get(ctx, target, headers)
	if err != nil {
		return fmt.Errorf("the replica did not answer: %w", err)
	}
	var e explanation
	unreadable := json.Unmarshal(body, &e) != nil
	switch {
	case status == http.StatusOK && !unreadable && e.Why != "":
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		return fmt.Errorf("the replica takes you for no superuser (%d): see --headers", status)
	case status == http.StatusBadRequest && e.Detail != "":
		return usage("%s", line(e.Detail))
	case status/100 == 3:
		return fmt.Errorf("the replica sends you elsewhere (%d): see --headers, and whether --url is right", status)
	default:
		return fmt.Errorf("there is no endpoint that explains at --url (status %d)", status)
	}
	c := newConsole(cmd, a.json, a.quiet)
	if c.json {
		c.print(json.RawMessage(body))
	}
	c.say("%s", fleet.Sentence(e.Why))
	if err := c.unwritten(); err != nil {
		return err
	}
	if q.exitCode && !e.Passes {
		cmd.SilenceErrors = true // it is an answer
		return exits(inForce, errors.New("the request would be refused"))
	}
	return nil
}

// target is the URL to ask.
func (q inquiry) target(method, path string) (string, error) {
	text := cmp.Or(q.url, os.Getenv("GINMAINT_URL"))
	if text == "" {
		return "", usage("name the endpoints of a running replica with --url or GINMAINT_URL, such as https://shop.example/maintenance-mode/")
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", usage("--url: write an http(s) URL such as https://shop.example/maintenance-mode/")
	}
	if u.User != nil {
		return "", usage("--url: a command line can be seen by others; write the Authorization header into the file of --headers")
	}
	u = u.JoinPath("explain", "/")
	query := url.Values{"method": {method}, "path": {path}}
	if q.address != "" {
		query.Set("ip", q.address)
	}
	if q.role != "" {
		query.Set("role", q.role)
	}
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// credentials reads the headers to send. Errors repeat none of them.
func (q inquiry) credentials(stdin io.Reader) (http.Header, error) {
	from := io.Reader(strings.NewReader(os.Getenv("GINMAINT_HEADERS")))
	switch q.headers {
	case "":
	case "-":
		from = stdin
	default:
		file, err := os.Open(q.headers)
		if err != nil {
			return nil, usage("--headers: %w", err)
		}
		defer file.Close()
		from = file
	}
	headers := make(http.Header)
	lines := bufio.NewScanner(io.LimitReader(from, longestAnswer))
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" {
			continue
		}
		name, value, ok := strings.Cut(text, ":")
		if !ok || name == "" || strings.ContainsAny(name, " \t") {
			return nil, usage("--headers, line %d: write a header such as Cookie: session=...", n)
		}
		headers.Add(name, strings.TrimSpace(value))
	}
	if err := lines.Err(); err != nil {
		return nil, usage("--headers: %w", err)
	}
	return headers, nil
}

// get asks, and follows no redirect: the headers are for this address alone.
func get(ctx context.Context, target string, headers http.Header) (status int, body []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return 0, nil, err
	}
	request.Header = headers
	request.Header.Set("Accept", "application/json")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	answer, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(io.LimitReader(answer.Body, longestAnswer))
	return answer.StatusCode, body, err
}
