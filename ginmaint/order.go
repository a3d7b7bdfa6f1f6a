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
	Level    string // "on" or "read-only"; of on/ alone
	Message  string // for visitors
	Reason   string // for the audit
	For      string // a duration such as "30m"; of on/ alone
	End      string // RFC 3339, instead of for
	Start    string // RFC 3339
	Hold     string // a duration such as "15s"; of on/ alone
	Revision string // only over that one
}

// orderFields are the names of what an order may say.
var orderFields = []string{"level", "message", "reason", "start", "end", "for", "hold", "revision"}

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
		if o.Level+o.For+o.End+o.Start+o.Hold != "" {
			note("off", errors.New("level, for, start, end and hold belong to on"))
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
	if o.Hold != "" {
		if s.Hold, err = time.ParseDuration(o.Hold); err != nil || s.Hold < 0 || s.Hold > maintenance.MaxHold {
			note("hold", fmt.Errorf("write a duration such as 15s, at most %s", maintenance.MaxHold))
		}
	}
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

// tokenFields are the names under which middleware against forged requests looks
// for its token in a form: gorilla/csrf, nosurf, gin-csrf, and their like.
var tokenFields = []string{"gorilla.csrf.Token", "csrf_token", "csrf", "authenticity_token"}

// decodeOrder reads the body of a POST. token names one more field that another
// middleware looks at.
func decodeOrder(c *gin.Context, token string) (order, error) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxOrder)
	fields, err := readFields(c.Request)
	if err != nil {
		return order{}, err
	}
	for name := range fields {
		switch {
		case slices.Contains(orderFields, name), strings.HasPrefix(name, "_"), name == token, slices.Contains(tokenFields, name):
		case slices.Contains(orderFields, strings.ToLower(name)):
			return order{}, fmt.Errorf("there is no field %.40q; write it in lower case", name)
		default:
			return order{}, fmt.Errorf("there is no field %.40q; the order may have %s", name, strings.Join(orderFields, ", "))
		}
	}
	return order{
		Level: fields["level"], Message: strings.ReplaceAll(fields["message"], "\r\n", "\n"), Reason: fields["reason"],
		For: fields["for"], End: fields["end"], Start: fields["start"], Hold: fields["hold"], Revision: fields["revision"],
	}, nil
}

// readFields returns the fields of a form or of a JSON object. What stands there
// twice is an error: one of them would win in silence.
func readFields(r *http.Request) (map[string]string, error) {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	switch media {
	case "application/json":
		return readJSON(r.Body)
	case "application/x-www-form-urlencoded":
		err = r.ParseForm()
	case "multipart/form-data":
		err = r.ParseMultipartForm(maxOrder)
	default:
		// Whoever sent something wanted it obeyed, so it is not passed over.
		if n, _ := io.ReadFull(r.Body, make([]byte, 1)); n > 0 {
			return nil, errors.New("the body is neither a form nor JSON; name its Content-Type, such as application/json")
		}
	}
	if err != nil {
		return nil, errors.New("the form can't be read, or is longer than 64 KiB")
	}
	fields := make(map[string]string)
	for name, values := range r.PostForm {
		if strings.HasPrefix(name, "{") { // what curl -d makes of it
			return nil, errors.New("the body looks like JSON, but is sent as a form; name its Content-Type, application/json")
		}
		if len(values) > 1 {
			return nil, fmt.Errorf("the field %.40q is there twice; send one of them", name)
		}
		fields[name] = values[0]
	}
	if r.MultipartForm != nil {
		for name := range r.MultipartForm.File {
			return nil, fmt.Errorf("the field %.40q is a file; send it as text", name)
		}
	}
	return fields, nil
}

// readJSON reads one object of texts. The revision may be a number too, as the
// status shows it.
func readJSON(body io.Reader) (map[string]string, error) {
	wrong := func(what string) (map[string]string, error) {
		return nil, fmt.Errorf("the JSON can't be read: %s; it may have %s, as texts", what, strings.Join(orderFields, ", "))
	}
	fields := make(map[string]string)
	decoder := json.NewDecoder(body)
	decoder.UseNumber()
	switch opening, err := decoder.Token(); {
	case errors.Is(err, io.EOF), err == nil && opening == nil: // no body, or null: all of it left out
		return fields, nil
	case err != nil || opening != json.Delim('{'):
		return wrong("it is no object")
	}
	for decoder.More() {
		name, err := decoder.Token()
		var value any
		if err == nil {
			err = decoder.Decode(&value)
		}
		if err != nil {
			return wrong("it is broken, or longer than 64 KiB")
		}
		key := name.(string) // the decoder takes nothing else for a name
		if _, twice := fields[key]; twice {
			return wrong(fmt.Sprintf("%.40q is there twice", key))
		}
		switch v := value.(type) {
		case string:
			fields[key] = v
		case json.Number:
			if key != "revision" {
				return wrong(fmt.Sprintf("%.40q is a number", key))
			}
			fields[key] = v.String()
		default:
			return wrong(fmt.Sprintf("%.40q is no text", key))
		}
	}
	if _, err := decoder.Token(); err != nil { // the closing brace
		return wrong("it is broken, or longer than 64 KiB")
	}
	if decoder.More() {
		return wrong("there is something behind the object")
	}
	return fields, nil
}
