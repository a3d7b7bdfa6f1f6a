// Command man writes the manual pages of the command ginmaint into a folder:
//
//	make man DIR=/usr/local/share/man/man1
//
// It is in this module, as the generator has dependencies that no application needs.
package main

import (
	"log"
	"os"
	"regexp"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/cli"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("name the folder to write to: man DIR")
	}
	if err := write(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

// write writes a page for each command.
func write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root := cli.Command()
	root.DisableAutoGenTag = true // the same text for the same commands
	prepare(root)
	return doc.GenManTree(root, &doc.GenManHeader{Title: "GINMAINT", Section: "1", Source: "ginmaint"}, dir)
}

// listing is what the help indents: addresses, variables, exit codes.
var listing = regexp.MustCompile(`(?m)^((?:  .*\n?)+)`)

// prepare makes Markdown of the help, which the generator takes it for.
func prepare(command *cobra.Command) {
	_ = command.UsageString() // fills in the names in the examples
	command.Long = listing.ReplaceAllStringFunc(command.Long, func(lines string) string {
		return "\n" + regexp.MustCompile(`(?m)^  `).ReplaceAllString(lines, "    ") + "\n"
	})
	for _, sub := range command.Commands() {
		prepare(sub)
	}
}
