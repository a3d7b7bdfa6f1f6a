package ginmaint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
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

// order is what a POST to on/ or off/, or a PATCH, may say, as a form or as JSON. All
// of it may be left out.
type order struct {
	Level    string // "on" or "read-only"; of on/ and PATCH, which takes "off" too
	Message  string // for visitors
	Reason   string // for the audit
	For      string // a duration such as "30m"; of on/ and PATCH
	End      string // RFC 3339, instead of for
	Start    string // RFC 3339
	Hold     string // a duration such as "15s"; of on/ and PATCH
	Revision string // only over that one
	Force    string // not empty: also where that opens the service under somebody's work
	Now      string // of the panel alone: what its button promises to be in force at once
	As       string // of preview/: asProgram, else the page

	named map[string]bool // which of those that a state keeps, also where the text is empty
	match []string        // of If-Match; nil: whatever is stored
	typed map[string]string
	to    maintenance.Level // Off: it was sent to off/
	by    string            // who orders
	via   string            // from where: State.Via
	zone  *time.Location    // of times that name none, as the panel's have it; nil: there are none
}

// stateFields are the names of what an order may say of the state, and orderFields of
// all that it may say.
var (
	stateFields = []string{"level", "message", "reason", "start", "end", "for", "hold"}
	orderFields = append(slices.Clone(stateFields), "revision", "force")
)

// What the panel's buttons say in now, beside the levels: Level.String.
const (
	reviewFirst = "review" // nothing, so that it is asked first
	backToForm  = "edit"   // that nothing is to be done but to show the form again
)

func parseTime(text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err == nil {
		return t, nil
	}
	if zone == nil {
		return t, errors.New("write a time in RFC 3339, such as 2026-11-22T01:00:00Z")
	}
	for _, layout := range []string{localMinute, localSecond} {
		if t, err = time.ParseInLocation(layout, text, zone); err == nil {
			return t, nil
		}
	}
	return t, errors.New("write a date and a time, such as 2026-11-22T01:00")
}

// How a browser's field for a date and a time has them.
const (
	localMinute = "2006-01-02T15:04"
	localSecond = "2006-01-02T15:04:05"
)

// localTime is the text of such a field.
func localTime(t time.Time, zone *time.Location) string {
	switch t = t.In(zone); {
	case t.IsZero():
		return ""
	case t.Second() == 0:
		return t.Format(localMinute)
	}
	return t.Format(localSecond)
}

// fieldsOf returns the texts of the panel's form for a state.
func fieldsOf(s maintenance.State, zone *time.Location) map[string]string {
	fields := map[string]string{
		"level": s.Level.String(), "message": s.Message, "reason": strings.ReplaceAll(s.Reason, "\n", " "),
		"start": localTime(s.Start, zone), "end": localTime(s.End, zone), "hold": "", "for": "",
	}
	if s.Hold > 0 {
		fields["hold"] = s.Hold.String()
	}
	return fields
}

// present returns what a change begins with: what is stored, or nothing where that is
// off or over.
func present(stored maintenance.State, at time.Time) maintenance.State {
	if stored.Level == maintenance.Off || !stored.End.IsZero() && !at.Before(stored.End) {
		return maintenance.State{}
	}
	return stored
}

// untouched returns an order of the panel that leaves as it is stored what nobody has
// touched: a form has times without fractions of a second, and texts on one line.
// Where somebody has chosen how long, an end that nobody touched gives way.
func (o order) untouched(stored maintenance.State, at time.Time, zone *time.Location) order {
	o.zone = zone
	stored = present(stored, at)
	shown := fieldsOf(stored, zone)
	if o.Start == shown["start"] && o.Start != "" {
		o.Start = stored.Start.Format(time.RFC3339Nano)
	}
	switch {
	case o.End != shown["end"] || o.End == "":
	case o.For != "":
		o.End = ""
	default:
		o.End = stored.End.Format(time.RFC3339Nano)
	}
	if o.Reason == shown["reason"] {
		o.Reason = stored.Reason
	}
	return o
}

// matches tells whether If-Match lets the revision pass. A proxy that compresses makes
// a validator weak.
func (o order) matches(revision uint64) bool {
	if o.match == nil {
		return true
	}
	return slices.Contains(o.match, "*") || slices.Contains(o.match, strings.Trim(tag(revision), `"`))
}

// tag is the ETag of a revision.
func tag(revision uint64) string { return `"` + strconv.FormatUint(revision, 10) + `"` }

// readMatch reads If-Match.
func readMatch(lines []string) (match []string, err error) {
	for _, one := range strings.Split(strings.Join(lines, ","), ",") {
		one = strings.TrimSpace(one)
		number := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(one, "W/"), `"`), `"`)
		if _, fault := strconv.ParseUint(number, 10, 64); fault != nil && one != "*" {
			return nil, fmt.Errorf("If-Match: %.40q is no revision; write one as the ETag of the status has it, such as \"7\"", one)
		}
		match = append(match, number)
	}
	return match, nil
}

// tokenFields are the names under which middleware against forged requests looks
// for its token in a form: gorilla/csrf, nosurf, gin-csrf, and their like.
var tokenFields = []string{"gorilla.csrf.Token", "csrf_token", "csrf", "authenticity_token"}

// isJSON tells whether a body of this type is JSON. A PATCH may call it what it is, a
// merge patch of RFC 7396.
func isJSON(media string) bool {
	return media == "application/json" || media == "application/merge-patch+json"
}

// decodeOrder reads the body of a POST or a PATCH, and its conditions. token names one more field that another
// middleware looks at.
func decodeOrder(c *gin.Context, token string) (order, error) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxOrder)
	fields, err := readFields(c.Request, orderFields)
	if err != nil {
		return order{}, err
	}
	if text, ok := fields["message"]; ok {
		fields["message"] = strings.ReplaceAll(text, "\r\n", "\n")
	}
	o := order{named: make(map[string]bool), typed: fields, to: maintenance.On}
	for name := range fields {
		switch {
		case slices.Contains(orderFields, name), strings.HasPrefix(name, "_"), name == token, slices.Contains(tokenFields, name):
			o.named[name] = slices.Contains(stateFields, name)
		case (name == "now" || name == "as") && !isJSON(c.ContentType()):
		default:
			return order{}, unknownField(name, orderFields)
		}
	}
	maps.DeleteFunc(o.named, func(_ string, kept bool) bool { return !kept })
	switch fields["force"] {
	case "yes", "true":
		o.Force = "yes"
	case "", "false", "no":
	default:
		return order{}, fmt.Errorf("force: %.40q is neither yes nor no", fields["force"])
	}
	if lines := c.Request.Header["If-Match"]; lines != nil {
		if o.match, err = readMatch(lines); err != nil {
			return order{}, err
		}
	}
	o.Level, o.Message, o.Reason = fields["level"], fields["message"], fields["reason"]
	o.For, o.End, o.Start, o.Hold = fields["for"], fields["end"], fields["start"], fields["hold"]
	o.Revision, o.Now, o.As = fields["revision"], fields["now"], fields["as"]
	return o, nil
}

func unknownField(name string, known []string) error {
	if slices.Contains(known, strings.ToLower(name)) {
		return fmt.Errorf("there is no field %.40q; write it in lower case", name)
	}
	return fmt.Errorf("there is no field %.40q; the order may have %s", name, strings.Join(known, ", "))
}

// onlyKnown returns an error where there is another field than these, and those that
// other middleware looks at.
func onlyKnown(fields map[string]string, known []string, token string) error {
	for name := range fields {
		if !slices.Contains(known, name) && !strings.HasPrefix(name, "_") && name != token && !slices.Contains(tokenFields, name) {
			return unknownField(name, known)
		}
	}
	return nil
}

// readForm returns the fields of a request to one of the endpoints, which may have the
// known ones, and those that other middleware looks at. With an error it returns what was
// typed as far as it could be read.
func (a *admin) readForm(c *gin.Context, known []string) (map[string]string, error) {
	token, _ := a.replies.tokenField(c)
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxOrder)
	fields, err := readFields(c.Request, known)
	if err == nil {
		err = onlyKnown(fields, known, token)
	}
	return fields, err
}

// readFields returns the fields of a form or of a JSON object, which may have the known
// ones. What stands there twice is an error: one of them would win in silence.
func readFields(r *http.Request, known []string) (map[string]string, error) {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	switch {
	case isJSON(media):
		return readJSON(r.Body, r.Method == http.MethodPatch, known)
	case media == "application/x-www-form-urlencoded":
		err = r.ParseForm()
	case media == "multipart/form-data":
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
// status shows it, and so may how many replicas are expected. Where clears is set, null is an empty text, as in a merge patch.
func readJSON(body io.Reader, clears bool, known []string) (map[string]string, error) {
	wrong := func(what string) (map[string]string, error) {
		return nil, fmt.Errorf("the JSON can't be read: %s; it may have %s, as texts", what, strings.Join(known, ", "))
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
			if key != "revision" && key != "expect" {
				return wrong(fmt.Sprintf("%.40q is a number", key))
			}
			fields[key] = v.String()
		case bool:
			if key != "force" && key != "stop" && key != "stays" {
				return wrong(fmt.Sprintf("%.40q is no text", key))
			}
			fields[key] = strconv.FormatBool(v)
		case nil:
			if !clears || key == "level" {
				return wrong(fmt.Sprintf("%.40q is no text", key))
			}
			fields[key] = ""
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
