package ginmaint

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// panel writes what a superuser sees in a browser.
type panel struct {
	zone *time.Location // of the times in its forms
}

// data is what the page is given, which package templates describes.
func (p panel) data(k condition, more gin.H) gin.H {
	base := present(k.State, k.at)
	data := gin.H{
		"state":    k.State,
		"level":    k.InForce.String(),
		"held":     k.Held,
		"fixed":    k.fixed,
		"standing": base.Level != maintenance.Off,
		"working":  slices.DeleteFunc(k.State.Work(), func(w maintenance.Work) bool { return w.Failed }),
		"lapsed":   !k.Trusted,
		"fields":   fieldsOf(base, p.zone),
		"zone":     zoneName(p.zone, k.at),
		"passes":   p.passes(k.State, k.at),
	}
	if base.Level == maintenance.Off {
		data["fields"] = map[string]string{"level": "on"}
	}
	if !k.reachable {
		away := gin.H{"confirmed": k.Confirmed}
		if !k.Confirmed.IsZero() {
			away["age"] = k.at.Sub(k.Confirmed).Round(time.Second).String()
		}
		data["away"] = away
	}
	maps.Copy(data, more)
	return data
}

// zoneName is what people call a zone.
func zoneName(zone *time.Location, at time.Time) string {
	if zone == time.Local {
		return at.In(zone).Format("MST")
	}
	return zone.String()
}

// typed fills in the forms with what was sent.
func (p panel) typed(o order) gin.H {
	if o.to == maintenance.Off {
		return gin.H{"off_reason": o.typed["reason"]}
	}
	if o.typed == nil {
		return gin.H{}
	}
	fields := maps.Clone(o.typed)
	for _, name := range []string{"start", "end"} {
		if t, err := time.Parse(time.RFC3339, fields[name]); err == nil {
			fields[name] = localTime(t, p.zone)
		}
	}
	return gin.H{"fields": fields}
}

// beside returns what is stored now in the fields where something else was sent.
func (p panel) beside(o order, k condition) map[string]string {
	differ := make(map[string]string)
	fields, _ := p.typed(o)["fields"].(map[string]string)
	for name, stored := range fieldsOf(present(k.State, k.at), p.zone) {
		if fields == nil || name == "for" || fields[name] == stored {
			continue
		}
		if stored == "" {
			stored = "nothing"
		}
		differ[name] = stored
	}
	return differ
}

// question asks whether next is to be stored: what happens, until when, and what is
// dropped.
func (p panel) question(k condition, next maintenance.State, force string) gin.H {
	in, was := next.At(k.at), k.InForce
	q := gin.H{"now": in.String(), "dropped": p.dropped(present(k.State, k.at), next, k.at)}
	until := ", until somebody changes that."
	if !next.End.IsZero() {
		until = ", until " + p.stamp(next.End) + "."
	}
	say := func(title, sentence, button string) { q["title"], q["sentence"], q["button"] = title, sentence, button }
	switch {
	case next.Level == maintenance.Off && was == maintenance.Off && k.Announced:
		say("Drop the window?", "Everyone goes on getting in.", "Drop the window")
	case next.Level == maintenance.Off:
		say("Open the service now?", "Everyone gets in again at once.", "Open now")
	case in == maintenance.Off:
		title, button := "Announce maintenance?", "Announce it"
		if was != maintenance.Off {
			title, button = "Open the service until the window begins?", "Open now"
		} else if k.Announced {
			title, button = "Save the change?", "Save the change"
		}
		say(title, fmt.Sprintf("The service is %s from %s%s Before that, everyone gets in.", called(next.Level), p.stamp(next.Start), until), button)
	case in == was:
		say("Save the change?", fmt.Sprintf("The service stays %s%s", called(in), until), "Save the change")
	case in == maintenance.On:
		say("Close the service now?", "The service is closed from now on"+until, "Close now")
	default:
		say("Make the service read-only now?", "The service is read-only from now on"+until, "Make read-only now")
	}
	if len(k.State.Exposed(next, k.at)) > 0 && force == "" {
		q["forces"] = true
	}
	q["fields"] = hidden(next, force)
	return gin.H{"form": "ask", "question": q}
}

// called is how people call what a level does.
func called(l maintenance.Level) string {
	if l == maintenance.ReadOnly {
		return "read-only"
	}
	return "closed"
}

// dropped names what is stored and would not be any more.
func (p panel) dropped(stored, next maintenance.State, at time.Time) (list []string) {
	if stored.Message != "" && next.Message == "" {
		list = append(list, fmt.Sprintf("the message “%s”", stored.Message))
	}
	if stored.Start.After(at) && next.Start.IsZero() {
		list = append(list, "the start, "+p.stamp(stored.Start))
	}
	if !stored.End.IsZero() && next.End.IsZero() {
		list = append(list, "the end, "+p.stamp(stored.End))
	}
	if stored.Hold > 0 && next.Hold == 0 {
		list = append(list, "the hold of "+stored.Hold.String())
	}
	if stored.Reason != "" && next.Reason == "" {
		list = append(list, fmt.Sprintf("the reason “%s”", stored.Reason))
	}
	for _, name := range fleet.Ending(stored, next, at) {
		list = append(list, "the pass of "+name)
	}
	for _, w := range stored.Work() {
		if !w.Failed && !w.Overtaken {
			list = append(list, fmt.Sprintf("what %s puts back when that work ends, %s: what you save stays", atWork(w), w.Before.Level))
		}
	}
	return list
}

// stamp is a time in the zone of the forms.
func (p panel) stamp(t time.Time) string {
	t = t.In(p.zone)
	return t.Format("Mon, 2 Jan 2006, 15:04:05 ") + zoneName(p.zone, t)
}

// field is a hidden field of a form.
type field struct{ Name, Value string }

// hidden returns the fields that order exactly next.
func hidden(next maintenance.State, force string) (fields []field) {
	add := func(name, value string) {
		if value != "" {
			fields = append(fields, field{name, value})
		}
	}
	exact := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format(time.RFC3339Nano)
	}
	if next.Level != maintenance.Off {
		add("level", next.Level.String())
		add("message", next.Message)
		add("start", exact(next.Start))
		add("end", exact(next.End))
		if next.Hold > 0 {
			add("hold", next.Hold.String())
		}
	}
	add("reason", next.Reason)
	add("force", force)
	return fields
}
