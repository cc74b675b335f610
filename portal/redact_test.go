package portal_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"schoolgate/portal"
)

// guarded are the types that hold something of somebody's: printed in whatever
// way, they show opaque ids and what is public alone.
var guarded = []any{
	portal.Account{}, portal.Act{}, portal.Actor{}, portal.Child{}, portal.ChildView{}, portal.ClassListRow{},
	portal.Contact{}, portal.DecideForm{}, portal.Event{}, portal.Handshake{}, portal.HeldForm{}, portal.Identity{},
	portal.ImportPlan{}, portal.Invitation{}, portal.Invitee{}, portal.LedgerEntry{}, portal.Letter{}, portal.NewJoin{}, portal.ListRow{}, portal.HeldList{}, portal.Affected{}, portal.Restriction{}, portal.Barred{}, portal.RestrictionRow{}, portal.Restricted{}, portal.RestrictForm{}, portal.Maybe{}, portal.PlannedContact{}, portal.ClassList{}, portal.ToSettle{}, portal.ListFile{}, portal.ListColumn{},
	portal.PlannedPupil{}, portal.Proof{}, portal.Pupil{}, portal.PupilFile{}, portal.PurposeView{}, portal.Receipt{},
	portal.Responsibility{}, portal.Session{}, portal.SignForm{}, portal.SigningView{}, portal.Staff{},
	portal.Picture{}, portal.PictureView{}, portal.Photo{}, portal.PhotoView{}, portal.PhotoForm{}, portal.Reference{}, portal.Dossier{}, portal.Fact{}, portal.Section{}, portal.Keeping{}, portal.Leaver{}, portal.Retention{}, portal.SignedEvent{}, portal.Slip{}, portal.SlipFilter{}, portal.SlipAnswer{}, portal.SlipForm{}, portal.Written{},
	portal.Mail{}, portal.Mailing{}, portal.Message{}, portal.Outbox{}, portal.OutboxRow{}, portal.Reminder{}, portal.Reminders{},
	portal.PupilPage{}, portal.ContactPage{}, portal.Tie{}, portal.Said{}, portal.Issued{}, portal.Found{}, portal.FoundContact{}, portal.UndoPlan{}, portal.ListUndo{}, portal.ListBefore{}, portal.Chased{},
	portal.Activity{}, portal.ActivityForm{}, portal.ActivityItem{}, portal.CloseForm{}, portal.GoRow{}, portal.GoSheet{}, portal.Plan{}, portal.Roll{},
	portal.Sitting{}, portal.Here{}, portal.Signable{}, portal.OwnText{}, portal.Classmate{}, portal.ClassPage{}, portal.OwnSigning{}, portal.Signer{}, portal.Visit{}, portal.VisitForm{}, portal.VisitorsPage{},
	portal.Blank{}, portal.BlankForm{}, portal.Draft{}, portal.DraftView{}, portal.Change{}, portal.LastWrite{}, portal.Typed{},
	portal.Grant{}, portal.GrantRow{}, portal.AccessPage{}, portal.GiveForm{}, portal.Giving{}, portal.LeftOut{},
}

// public are the types that hold nothing of anybody's. An error is here if its
// text names places in a file and what is public alone, as tests hold elsewhere.
var public = []string{"AccessFilter", "Rested", "Check", "Correction", "DayCount", "GoPurpose", "Step", "Worded", "Delivery", "Demands", "Holiday", "MailLinks", "MailRules", "MessageItem", "Due", "Erasure", "Restored", "RestoredSchool", "Periods", "SavedList", "Unneeded", "EventFilter", "Filter", "ImportChoices", "ImportStale", "Invalid", "Join", "LedgerHead", "LedgerLeaf", "Link", "List", "ListChoice", "ListMapping", "Portal", "Problem", "Provider", "Ref", "School", "SchoolCount", "RegisterChecked", "Subject", "Task", "Text", "TextChanged"}

// opaque are the fields that may be shown.
var opaque = []string{"ID", "PupilID", "ContactID", "AccountID", "InvitationID", "RecordID", "School", "Provider", "Role", "Type", "Fingerprint", "SignForm.Pupil", "DecideForm.Pupil"}

const birthday = "2017-09-01"

// fill puts something that must not be seen into every field that is not opaque.
func fill(v reflect.Value, where string) {
	switch v.Kind() {
	case reflect.String:
		switch _, name, _ := strings.Cut(where, "."); {
		case slices.Contains(opaque, where) || slices.Contains(opaque, name) || slices.Contains(opaque, where[strings.LastIndexByte(where, '.')+1:]):
			v.SetString("id")
		case v.Type() == reflect.TypeFor[portal.Date]():
			v.SetString(birthday)
		default:
			v.SetString("SECRET-" + where)
		}
	case reflect.Int, reflect.Int64:
		v.SetInt(777777)
	case reflect.Struct:
		if v.Type().PkgPath() != reflect.TypeFor[portal.Pupil]().PkgPath() {
			return
		}
		for i := range v.NumField() {
			f := v.Field(i)
			fill(reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem(), v.Type().Name()+"."+v.Type().Field(i).Name)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte("SECRET"))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), where)
	case reflect.Map:
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(k, where)
		fill(e, where)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(k, e)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), where)
	}
}

func TestNobodyIsShownInLogs(t *testing.T) {
	shown := []string{"SECRET", fmt.Sprintf("%x", "SECRET"), fmt.Sprintf("%X", "SECRET"), "83 69 67 82", "U0VDUkVU", birthday, portal.Date(birthday).String()}
	for _, g := range guarded {
		p := reflect.New(reflect.TypeOf(g))
		fill(p.Elem(), "")
		t.Run(p.Elem().Type().Name(), func(t *testing.T) {
			value, pointer := p.Elem().Interface(), p.Interface()
			slice := reflect.Append(reflect.MakeSlice(reflect.SliceOf(p.Elem().Type()), 0, 1), p.Elem()).Interface()
			for _, verb := range []string{"%v", "%+v", "%s", "%q", "%#v"} {
				for _, x := range []any{value, pointer, slice, struct{ X any }{value}} {
					leaks(t, verb, fmt.Sprintf(verb, x), shown)
				}
			}
			leaks(t, "an error", fmt.Errorf("it: %v", value).Error(), shown)
			var text, json bytes.Buffer
			for _, h := range []slog.Handler{slog.NewTextHandler(&text, nil), slog.NewJSONHandler(&json, nil)} {
				log := slog.New(h)
				log.Info("it", "value", value, "pointer", pointer)
				log.With("with", value).WithGroup("g").Info("it", slog.Group("in", slog.Any("value", value)))
			}
			leaks(t, "slog's text", text.String(), shown)
			leaks(t, "slog's JSON", json.String(), shown)
		})
	}
}

func leaks(t *testing.T, how, out string, shown []string) {
	t.Helper()
	for _, s := range shown {
		if strings.Contains(out, s) {
			t.Errorf("by %s: %s", how, out)
			return
		}
	}
}

// Every type is guarded or known to hold nothing, so that a new one is not
// forgotten.
func TestEveryTypeIsGuardedOrPublic(t *testing.T) {
	known := map[string]bool{}
	for _, g := range guarded {
		known[reflect.TypeOf(g).Name()] = true
	}
	for _, p := range public {
		known[p] = true
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string]bool{}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSpec); ok && s.Name.IsExported() {
				if _, ok := s.Type.(*ast.StructType); ok {
					declared[s.Name.Name] = true
				}
			}
			return true
		})
	}
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		if !known[name] {
			t.Errorf("%s is neither guarded nor public: add it to one of the two lists, and to redact.go if it holds anything of anybody's", name)
		}
	}
	for name := range known {
		if !declared[name] {
			t.Errorf("%s is listed, and there is no such type", name)
		}
	}
}
