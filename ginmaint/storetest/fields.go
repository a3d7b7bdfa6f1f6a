package storetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// The fields that the store sets, whatever it is given.
var (
	stateAssigned   = []string{"Revision", "ID"}
	replicaAssigned = []string{"Incarnation", "RenewedAt", "Silent", "Unknown", "Unlisted"}
)

// epoch is the first of the times that fill writes, with every digit that a store
// keeps.
var epoch = time.Date(2031, time.May, 17, 23, 34, 56, 123456000, time.UTC)

// fill writes a value that is not zero into every exported field of the struct
// that into points to, but into those named. It goes by reflection, so that
// a field added later can't be forgotten. Another round writes other values.
// Times grow from field to field, so that an End comes after its Start.
func (p *probe) fill(into any, round int, but ...string) {
	p.Helper()
	v := reflect.ValueOf(into).Elem()
	for i, field := range reflect.VisibleFields(v.Type()) {
		if !field.IsExported() || slices.Contains(but, field.Name) {
			continue
		}
		switch f := v.FieldByIndex(field.Index).Addr().Interface().(type) {
		case *string:
			*f = fmt.Sprintf("%s “%d”", field.Name, round)
		case *time.Time:
			*f = epoch.Add(time.Duration(i)*time.Hour + time.Duration(round)*time.Microsecond)
		case *time.Duration:
			*f = time.Duration(1<<53 + 2*i + 2*round + 1)
			if field.Name == "Hold" { // the longest that is valid, but for its last digits
				*f = maintenance.MaxHold - time.Duration(round+1)*time.Microsecond
			}
		case *uint64: // above 2^53, where floating point loses the last digit
			*f = uint64(1<<53 + 2*i + 2*round + 1)
		case *int64:
			*f = int64(1<<53 + 2*i + 2*round + 1)
		case *bool:
			*f = round%2 == 0
		case *[]maintenance.Running:
			*f = make([]maintenance.Running, 2)
			for i := range *f {
				p.fill(&(*f)[i], round+i)
			}
		case *maintenance.Level:
			*f = maintenance.On - maintenance.Level(round%2)
		default:
			p.Fatalf("storetest can't fill the field %s of type %s yet: add that type to fill", field.Name, field.Type)
		}
	}
}

// differences names every exported field of the two structs that differs, but
// those named. Times must be the same moment, told in UTC.
func differences(got, want any, but ...string) []string {
	var found []string
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	for _, field := range reflect.VisibleFields(g.Type()) {
		if !field.IsExported() || slices.Contains(but, field.Name) {
			continue
		}
		a, b := g.FieldByIndex(field.Index).Interface(), w.FieldByIndex(field.Index).Interface()
		if fault := fieldFault(a, b); fault != "" {
			found = append(found, field.Name+": "+fault)
		}
	}
	return found
}

// fieldFault says how a field differs, or nothing.
func fieldFault(got, want any) string {
	at, isTime := got.(time.Time)
	switch {
	case !isTime && !reflect.DeepEqual(got, want):
		return fmt.Sprintf("got %s, want %s", brief(got), brief(want))
	case isTime && !at.Equal(want.(time.Time)):
		return fmt.Sprintf("got %v, want %v", at, want.(time.Time).UTC())
	case isTime && at.Location() != time.UTC:
		return fmt.Sprintf("got %v, which is not told in UTC", at)
	}
	return ""
}

// members returns s's JSON form, with the members that a State has no field for.
// Numbers stay texts, so that no digit goes unnoticed.
func members(s maintenance.State) map[string]any {
	all := make(map[string]any)
	if text, err := json.Marshal(s); err == nil {
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		_ = dec.Decode(&all) // what Marshal wrote
	}
	return all
}

// brief is v as a failure shows it, cut where it is long.
func brief(v any) string {
	text := fmt.Sprintf("%+v", v)
	if quoted, ok := v.(string); ok {
		text = strconv.Quote(quoted)
	}
	if len(text) > 200 {
		return fmt.Sprintf("%.200s… (%d bytes)", text, len(text))
	}
	return text
}
