package ginmaint

import (
	"regexp"
	"strings"
)

// word is a piece of a message: text, or a link.
type word struct {
	Text string
	URL  string // http, https or mailto; "": no link
}

// address finds what is a link in a message. It ends before white space, quotation marks,
// angle brackets, and marks that nobody sees: those that turn the direction of a text
// could make it look like another address.
var address = regexp.MustCompile(`(?i)\b(?:https?://|mailto:)[^\s<>"'“”‘’«»\p{C}]+`)

// words takes a message apart.
func words(message string) (list []word) {
	end := 0
	for _, at := range address.FindAllStringIndex(message, -1) {
		link := trimmed(message[at[0]:at[1]])
		if strings.HasSuffix(link, "/") && strings.HasSuffix(link, "://") || strings.HasSuffix(link, ":") {
			continue
		}
		if before := message[end:at[0]]; before != "" {
			list = append(list, word{Text: before})
		}
		list = append(list, word{Text: link, URL: link})
		end = at[0] + len(link)
	}
	if end == 0 {
		return nil
	}
	if end < len(message) {
		list = append(list, word{Text: message[end:]})
	}
	return list
}

// trimmed takes off what ends the sentence rather than the link: punctuation, and a
// bracket that was opened before it.
func trimmed(link string) string {
	for {
		shorter := strings.TrimRight(link, ".,;:!?…。，、")
		for _, pair := range []string{"()", "[]", "{}"} {
			if strings.HasSuffix(shorter, pair[1:]) && strings.Count(shorter, pair[1:]) > strings.Count(shorter, pair[:1]) {
				shorter = shorter[:len(shorter)-1]
			}
		}
		if shorter == link {
			return link
		}
		link = shorter
	}
}
