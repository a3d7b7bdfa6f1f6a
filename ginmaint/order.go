package ginmaint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// maxOrder bounds the body of a POST: the longest texts of a state, escaped in
// a form, several times over.
const maxOrder = 64 << 10

// order is what a POST to on/ or off/ may say, as a form or as JSON. All of it
// may be left out.
type order struct {
	Level    string `json:"level"`    // "on" or "read-only"; of on/ alone
	Message  string `json:"message"`  // for visitors
	Reason   string `json:"reason"`   // for the audit
	For      string `json:"for"`      // a duration such as "30m"; of on/ alone
	End      string `json:"end"`      // RFC 3339, instead of for
	Start    string `json:"start"`    // RFC 3339
	Revision string `json:"revision"` // only over that one
}

// orderFields are the names of a form's fields.
var orderFields = []string{"level", "message", "reason", "start", "end", "for", "revision"}

// state returns what the order asks for, and in words what is wrong with it.
func (o order) state(l maintenance.Level, by string) (maintenance.State, string) {
	var err error
	s := maintenance.State{Level: l, Message: o.Message, Reason: o.Reason, ChangedBy: by}
	var faults []string
	note := func(field string, err error) {
		if err != nil {
			faults = append(faults, fmt.Sprintf("%s: %v.", field, err))
		}
	}
	if o.Revision != "" {
		s.Revision, err = strconv.ParseUint(o.Revision, 10, 64)
		if err != nil {
			note("revision", errors.New("write the number that the status shows, or leave it out"))
		}
	}
	if l == maintenance.Off {
		s.Message = ""
		if o.Level+o.For+o.End+o.Start != "" {
			note("off", errors.New("level, for, start and end belong to on"))
		}
		return s, strings.Join(faults, " ")
	}
	if o.Level != "" {
		if s.Level, err = maintenance.ParseLevel(o.Level); err != nil || s.Level == maintenance.Off {
			note("level", errors.New("write on or read-only"))
		}
	}
	s.Start, err = parseTime(o.Start)
	note("start", err)
	s.End, err = parseTime(o.End)
	note("end", err)
	if o.For != "" {
		length, err := time.ParseDuration(o.For)
		switch {
		case err != nil || length <= 0:
			note("for", errors.New("write a duration such as 30m or 2h"))
		case o.End != "":
			note("for", errors.New("for and end exclude each other"))
		case s.Start.IsZero():
			s.End = time.Now().Add(length)
		default:
			s.End = s.Start.Add(length)
		}
	}
	return s, strings.Join(faults, " ")
}

func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, errors.New("write a time in RFC 3339, such as 2026-11-22T01:00:00Z")
	}
	return t, nil
}

func decodeOrder(c *gin.Context) (order, error) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxOrder)
	media, _, _ := mime.ParseMediaType(c.GetHeader("Content-Type"))
	var err error
	switch media {
	case "application/json":
		return decodeJSON(c.Request.Body)
	case "application/x-www-form-urlencoded":
		err = c.Request.ParseForm()
	case "multipart/form-data":
		err = c.Request.ParseMultipartForm(maxOrder)
	default:
		// Whoever sent something wanted it obeyed, so it is not passed over.
		if n, _ := io.ReadFull(c.Request.Body, make([]byte, 1)); n > 0 {
			return order{}, errors.New("the body is neither a form nor JSON; name its Content-Type, such as application/json")
		}
	}
	if err != nil {
		return order{}, errors.New("the form can't be read, or is longer than 64 KiB")
	}
	form := c.Request.PostForm
	for name := range form {
		switch {
		case strings.HasPrefix(name, "{"): // what curl -d makes of it
			return order{}, errors.New("the body looks like JSON, but is sent as a form; name its Content-Type, application/json")
		case slices.Contains(orderFields, name), strings.HasPrefix(name, "_"): // a token against forged requests
		default:
			return order{}, fmt.Errorf("there is no field %.40q; the form may have %s", name, strings.Join(orderFields, ", "))
		}
	}
	return order{
		Level: form.Get("level"), Message: strings.ReplaceAll(form.Get("message"), "\r\n", "\n"), Reason: form.Get("reason"),
		For: form.Get("for"), End: form.Get("end"), Start: form.Get("start"), Revision: form.Get("revision"),
	}, nil
}

// decodeJSON takes the revision as a number too, as the status shows it.
func decodeJSON(body io.Reader) (order, error) {
	var o struct {
		order
		Revision json.Number `json:"revision"`
	}
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&o)
	if errors.Is(err, io.EOF) { // no body: all of it left out
		return order{}, nil
	}
	if err != nil || decoder.More() {
		return order{}, errors.New("the JSON can't be read; it may have level, message, reason, start, end, for and revision")
	}
	o.order.Revision = o.Revision.String()
	return o.order, nil
}
