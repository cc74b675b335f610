package portal_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"schoolgate/portal"
)

// Everything that a route does for somebody.
var everyAction = []portal.Action{
	portal.SeeChild, portal.Sign, portal.Decide, portal.SeeReceipt, portal.Refuse,
	portal.SeeRegister, portal.ImportClassList, portal.PrintLetters, portal.ConfirmJoin, portal.WriteDown, portal.ExportList, portal.SeeEvents, portal.SetRestrictions, portal.SeeReasons, portal.EraseRecords, portal.ShowDossier, portal.AgreeWording, portal.SeeTasks, portal.SeeFamilies, portal.ManagePictures, portal.ProposeActivity, portal.ApproveActivity,
	portal.SignOwn, portal.HaveSign, portal.SeeSigners, portal.RunDesk, portal.FillBlanks, portal.ApproveBlanks, portal.SeeAccess, portal.GiveAccess, portal.WaiveSignature, portal.ReviewAccess,
}

// The subjects of the table: Ann is at St Anne's, with her mother and father;
// Ben is at St Bede's.
var subjects = map[string]portal.Subject{
	"Ann":                         {PupilID: "ann", School: "st-anne"},
	"Ann, whatever the school":    {PupilID: "ann"},
	"Ben":                         {PupilID: "ben", School: "st-bede"},
	"nobody in particular":        {},
	"the mother's act about Ann":  {PupilID: "ann", ContactID: "mother"},
	"the father's act about Ann":  {PupilID: "ann", ContactID: "father"},
	"the mother's act about Ben":  {PupilID: "ben", ContactID: "mother"},
	"an act of nobody, about Ann": {PupilID: "ann"},
	"St Anne's":                   {School: "st-anne"},
	"St Bede's":                   {School: "st-bede"},
	"every school":                {School: "*"},
}

func TestMay(t *testing.T) {
	ann := portal.Pupil{ID: "ann", School: "st-anne"}
	ben := portal.Pupil{ID: "ben", School: "st-bede"}
	left := ann
	left.Left = time.Date(2026, 7, 20, 0, 0, 0, 0, time.UTC)
	child := func(p portal.Pupil, contact string, parental, order bool) portal.Child {
		return portal.Child{
			Pupil: p, Contact: portal.Contact{ID: contact, School: p.School},
			Responsibility: portal.Responsibility{PupilID: p.ID, ContactID: contact, Parental: parental, Barred: barred(order)},
			Since:          time.Unix(1, 0),
		}
	}
	parent := func(children ...portal.Child) portal.Actor {
		a := portal.Actor{AccountID: "PARENT", Children: children}
		for _, c := range children {
			a.Contacts = append(a.Contacts, c.Contact)
		}
		return a
	}
	staff := func(roles ...portal.Staff) portal.Actor { return portal.Actor{AccountID: "STAFF", Roles: roles} }
	office := func(school string) portal.Staff {
		return portal.Staff{Email: "office@example", School: school, Role: portal.Office}
	}
	other := func(school string) portal.Staff {
		return portal.Staff{Email: "office@example", School: school, Role: "caretaker"}
	}

	// What each may do; whatever is not named is ErrNotFound, "!" before it
	// is ErrForbidden, and "~" is ErrLeft.
	type rights map[portal.Action][]string
	everyOffice := func(schools ...string) rights {
		var beyond []string // the office does not look after itself
		for _, s := range schools {
			beyond = append(beyond, "!"+strings.TrimPrefix(s, "!"))
		}
		return rights{portal.SeeRegister: schools, portal.SeeTasks: schools, portal.SeeFamilies: schools, portal.ImportClassList: schools, portal.PrintLetters: schools, portal.ConfirmJoin: schools, portal.WriteDown: schools, portal.ExportList: schools, portal.EraseRecords: schools, portal.ShowDossier: schools, portal.ManagePictures: schools, portal.ProposeActivity: schools,
			portal.SignOwn: schools, portal.HaveSign: schools, portal.SeeSigners: schools, portal.RunDesk: schools, portal.FillBlanks: schools, portal.ApproveBlanks: beyond, portal.SeeAccess: schools, portal.GiveAccess: schools,
			portal.WaiveSignature: beyond, portal.ReviewAccess: beyond,
			portal.ApproveActivity: beyond, portal.SeeEvents: beyond, portal.SetRestrictions: beyond, portal.SeeReasons: beyond, portal.AgreeWording: beyond}
	}
	// with is some rights and, at these schools, one more.
	with := func(r rights, do portal.Action, schools ...string) rights {
		r[do] = schools
		return r
	}
	// at is what a role may do at St Anne's, and no more.
	at := func(school string, may ...portal.Action) rights {
		r := rights{}
		for _, do := range everyAction[5:] {
			r[do] = []string{"!Ann", "!" + school}
		}
		for _, do := range may {
			r[do] = []string{"Ann", school}
		}
		return r
	}
	as := func(role portal.Role) portal.Actor {
		return staff(portal.Staff{School: "st-anne", Role: role, Classes: []string{"4K"}})
	}
	speaksForAnn := []string{"Ann", "Ann, whatever the school", "the mother's act about Ann", "the father's act about Ann", "an act of nobody, about Ann"}
	motherOfAnn := rights{
		portal.SeeChild: speaksForAnn, portal.Sign: speaksForAnn, portal.Decide: speaksForAnn, portal.Refuse: speaksForAnn,
		portal.SeeReceipt: {"the mother's act about Ann"},
	}
	var leftAnn []string
	for _, s := range speaksForAnn {
		leftAnn = append(leftAnn, "~"+s)
	}
	everywhere := []string{"Ann", "Ann, whatever the school", "Ben", "nobody in particular", "the mother's act about Ann", "the father's act about Ann", "the mother's act about Ben", "an act of nobody, about Ann", "St Anne's", "St Bede's", "every school"}
	speaksForBen := []string{"Ben", "the mother's act about Ben"}
	var nowhere []string // the operator says nothing in anybody's name
	for _, s := range everywhere {
		nowhere = append(nowhere, "!"+s)
	}

	for _, c := range []struct {
		name  string
		actor portal.Actor
		may   rights
	}{
		{"nobody", portal.Actor{}, nil},
		{"somebody who has only signed in", portal.Actor{AccountID: "NEW"}, nil},
		{"the operator", portal.Actor{AccountID: portal.Operator}, with(with(with(with(with(with(with(with(with(with(with(with(with(with(with(everyOffice(everywhere...), portal.FillBlanks, nowhere...), portal.SeeAccess, nowhere...), portal.GiveAccess, nowhere...), portal.WaiveSignature, nowhere...), portal.ReviewAccess, nowhere...), portal.SignOwn, nowhere...), portal.HaveSign, nowhere...), portal.SeeSigners, nowhere...), portal.RunDesk, nowhere...), portal.ProposeActivity, nowhere...), portal.WriteDown, nowhere...), portal.ManagePictures, nowhere...), portal.SeeEvents, everywhere...), portal.SetRestrictions, everywhere...), portal.SeeReasons, everywhere...)},
		{"the office of St Anne's", staff(office("st-anne")), everyOffice("Ann", "St Anne's")},
		{"the office of St Bede's", staff(office("st-bede")), everyOffice("Ben", "St Bede's")},
		{"the trust's office", staff(office("*")), everyOffice(everywhere...)},
		{"staff of St Anne's in no known role", staff(other("st-anne")), everyOffice("!Ann", "!St Anne's")},
		{"staff in the empty role", staff(portal.Staff{School: "st-anne"}), everyOffice("!Ann", "!St Anne's")},
		{"caretaker here, office there", staff(other("st-anne"), office("st-bede")), everyOffice("!Ann", "!St Anne's", "Ben", "St Bede's")},
		{"caretaker and office of one school", staff(other("st-anne"), office("st-anne")), everyOffice("Ann", "St Anne's")},
		{"office and caretaker of one school", staff(office("st-anne"), other("st-anne")), everyOffice("Ann", "St Anne's")},
		{"a business manager", as(portal.Business), at("St Anne's", portal.SeeRegister, portal.SeeTasks, portal.ExportList, portal.SeeEvents, portal.SignOwn, portal.SeeAccess, portal.GiveAccess, portal.ReviewAccess)},
		{"a safeguarding lead", as(portal.Lead), at("St Anne's", portal.SeeRegister, portal.SeeTasks, portal.SeeFamilies, portal.ConfirmJoin, portal.ExportList, portal.SeeEvents, portal.SetRestrictions, portal.SeeReasons, portal.EraseRecords, portal.ShowDossier, portal.AgreeWording, portal.ManagePictures, portal.ProposeActivity, portal.ApproveActivity, portal.SignOwn, portal.HaveSign, portal.FillBlanks, portal.ApproveBlanks, portal.SeeSigners, portal.SeeAccess, portal.ReviewAccess)},
		{"a head", as(portal.Head), at("St Anne's", portal.SeeRegister, portal.SeeTasks, portal.SeeFamilies, portal.ConfirmJoin, portal.SeeEvents, portal.SetRestrictions, portal.EraseRecords, portal.AgreeWording, portal.ManagePictures, portal.ApproveActivity, portal.SignOwn, portal.HaveSign, portal.FillBlanks, portal.ApproveBlanks, portal.SeeSigners, portal.SeeAccess, portal.GiveAccess, portal.WaiveSignature, portal.ReviewAccess)},
		{"a teacher", as(portal.Teacher), at("St Anne's", portal.SeeRegister, portal.ProposeActivity, portal.SignOwn, portal.HaveSign)},
		{"a teaching assistant", as(portal.Colleague), at("St Anne's", portal.SignOwn)},
		{"a governor", as(portal.Governor), at("St Anne's", portal.SignOwn)},
		{"the mother", parent(child(ann, "mother", true, false)), motherOfAnn},
		{"the mother, once the child has left", parent(child(left, "mother", true, false)), rights{
			portal.SeeChild: speaksForAnn, portal.Refuse: speaksForAnn, portal.Sign: leftAnn, portal.Decide: leftAnn, portal.SeeReceipt: {"the mother's act about Ann"},
		}},
		{"a mother without parental responsibility, once the child has left", parent(child(left, "mother", false, false)), nil},
		{"joined as two contacts, one of them barred, once the child has left", parent(child(left, "mother", true, false), child(left, "father", true, true)), nil},
		{"a mother without parental responsibility", parent(child(ann, "mother", false, false)), nil},
		{"a mother under a court order", parent(child(ann, "mother", true, true)), nil},
		{"a mother under a court order, without parental responsibility", parent(child(ann, "mother", false, true)), nil},
		{"a mother under a court order, once the child has left", parent(child(left, "mother", true, true)), nil},
		{"the mother of another child", parent(child(portal.Pupil{ID: "zoe", School: "st-anne"}, "stranger", true, false)), nil},
		{"a contact whom the register no longer joins to the child", portal.Actor{AccountID: "PARENT", Contacts: []portal.Contact{{ID: "mother"}}}, nil},
		{"the mother of Ann and of Ben, barred from Ben", parent(child(ann, "mother", true, false), child(ben, "mother", true, true)), motherOfAnn},
		{"the mother of Ann, who has left, and of Ben", parent(child(left, "mother", true, false), child(ben, "mother", true, false)), rights{
			portal.SeeChild: slices.Concat(speaksForAnn, speaksForBen), portal.Refuse: slices.Concat(speaksForAnn, speaksForBen),
			portal.Sign: slices.Concat(leftAnn, speaksForBen), portal.Decide: slices.Concat(leftAnn, speaksForBen),
			portal.SeeReceipt: {"the mother's act about Ann", "the mother's act about Ben"},
		}},
		// One account, two contacts of one child: two parents never share an account
		// (Join), so it is one person whom the register holds twice.
		{"joined as two contacts, one of them barred", parent(child(ann, "father", true, true), child(ann, "mother", true, false)), nil},
		{"joined as two contacts, the other barred", parent(child(ann, "mother", true, false), child(ann, "father", true, true)), nil},
		{"joined as two contacts", parent(child(ann, "father", true, false), child(ann, "mother", true, false)), rights{
			portal.SeeChild: speaksForAnn, portal.Refuse: speaksForAnn, portal.Sign: speaksForAnn, portal.Decide: speaksForAnn,
			portal.SeeReceipt: {"the mother's act about Ann", "the father's act about Ann"},
		}},
		{"the mother, who works in the office", portal.Actor{AccountID: "BOTH", Children: []portal.Child{child(ann, "mother", true, false)}, Roles: []portal.Staff{office("st-anne")}}, rights{
			portal.SeeChild: speaksForAnn, portal.Refuse: speaksForAnn, portal.Sign: speaksForAnn, portal.Decide: speaksForAnn, portal.SeeReceipt: {"the mother's act about Ann"},
			portal.SeeRegister: {"Ann", "St Anne's"}, portal.SeeTasks: {"Ann", "St Anne's"}, portal.SeeFamilies: {"Ann", "St Anne's"}, portal.ImportClassList: {"Ann", "St Anne's"}, portal.PrintLetters: {"Ann", "St Anne's"}, portal.ConfirmJoin: {"Ann", "St Anne's"}, portal.WriteDown: {"Ann", "St Anne's"}, portal.ExportList: {"Ann", "St Anne's"}, portal.EraseRecords: {"Ann", "St Anne's"}, portal.ShowDossier: {"Ann", "St Anne's"}, portal.ManagePictures: {"Ann", "St Anne's"}, portal.ProposeActivity: {"Ann", "St Anne's"}, portal.ApproveActivity: {"!Ann", "!St Anne's"},
			portal.SignOwn: {"Ann", "St Anne's"}, portal.HaveSign: {"Ann", "St Anne's"}, portal.SeeSigners: {"Ann", "St Anne's"}, portal.RunDesk: {"Ann", "St Anne's"}, portal.FillBlanks: {"Ann", "St Anne's"}, portal.ApproveBlanks: {"!Ann", "!St Anne's"}, portal.SeeAccess: {"Ann", "St Anne's"}, portal.GiveAccess: {"Ann", "St Anne's"},
			portal.WaiveSignature: {"!Ann", "!St Anne's"}, portal.ReviewAccess: {"!Ann", "!St Anne's"},
			portal.SeeEvents: {"!Ann", "!St Anne's"}, portal.SetRestrictions: {"!Ann", "!St Anne's"}, portal.SeeReasons: {"!Ann", "!St Anne's"}, portal.AgreeWording: {"!Ann", "!St Anne's"},
		}},
		{"a barred mother, who works in the office", portal.Actor{AccountID: "BOTH", Children: []portal.Child{child(ann, "mother", true, true)}, Roles: []portal.Staff{office("st-anne")}}, everyOffice("Ann", "St Anne's")},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, do := range append([]portal.Action{"", "delete everything"}, everyAction...) {
				want := map[string]error{}
				for _, s := range c.may[do] {
					if name, forbidden := strings.CutPrefix(s, "!"); forbidden {
						want[name] = portal.ErrForbidden
					} else if name, left := strings.CutPrefix(s, "~"); left {
						want[name] = portal.ErrLeft
					} else {
						want[s] = nil
					}
				}
				for name, subject := range subjects {
					expect, named := want[name]
					if !named {
						expect = portal.ErrNotFound
					}
					if got := c.actor.May(do, subject); !errors.Is(got, expect) {
						t.Errorf("%s: %s: got %v, want %v", do, name, got, expect)
					}
				}
				for name := range want {
					if _, known := subjects[name]; !known {
						t.Errorf("the table names %q, which is no subject", name)
					}
				}
			}
		})
	}
}

// Every action, for every standing of a parent to a child: by parental responsibility,
// whether the join covers the child and the child is on roll, and what is taken from
// them; and of an account that the register holds twice, from either of the two.
func TestMayUnderEveryRestriction(t *testing.T) {
	school := portal.Subject{School: "st-anne"}
	cases := 0
	for n := range 1 << 8 {
		bit := func(i int) bool { return n>>i&1 == 1 }
		takes, parental, covered, left, twice, hisOwn := portal.Rights(n&7), bit(3), bit(4), bit(5), bit(6), bit(7)
		pupil := portal.Pupil{ID: "ann", School: "st-anne"}
		if left {
			pupil.Left = time.Unix(1, 0)
		}
		c := portal.Child{Pupil: pupil, Contact: portal.Contact{ID: "father"}, Responsibility: portal.Responsibility{PupilID: "ann", ContactID: "father", Parental: parental, Barred: takes}}
		if covered {
			c.Since = time.Unix(1, 0)
		}
		a := portal.Actor{AccountID: "PARENT", Children: []portal.Child{c}}
		if twice { // what is taken is taken from the other of two entries of him
			a.Children[0].Responsibility.Barred = 0
			c.Contact.ID, c.Since, c.Responsibility.Parental = "father-again", time.Time{}, false
			a.Children = append(a.Children, c)
		}
		receipt := portal.Subject{PupilID: "ann", ContactID: "father", By: "PARENT"}
		if !hisOwn {
			receipt.By = "WHOEVER JOINED BEFORE"
		}
		sees := parental && covered && takes&portal.MaySee == 0
		want := map[portal.Action]error{portal.SeeChild: portal.ErrNotFound, portal.Refuse: portal.ErrNotFound, portal.Sign: portal.ErrNotFound, portal.Decide: portal.ErrNotFound, portal.SeeReceipt: portal.ErrNotFound}
		if sees {
			want[portal.SeeChild] = nil
			for _, do := range []portal.Action{portal.Refuse, portal.Sign, portal.Decide} {
				switch {
				case takes&portal.MayDecide != 0:
					want[do] = portal.ErrForbidden
				case left && do != portal.Refuse:
					want[do] = portal.ErrLeft
				default:
					want[do] = nil
				}
			}
			if hisOwn {
				want[portal.SeeReceipt] = nil
			}
		}
		for _, do := range everyAction {
			to, expect := portal.Subject{PupilID: "ann", School: "st-anne"}, portal.ErrNotFound
			if do == portal.SeeReceipt {
				to = receipt
			}
			if w, ok := want[do]; ok {
				expect = w
			} else {
				to = school
			}
			cases++
			if got := a.May(do, to); !errors.Is(got, expect) {
				t.Errorf("may not %q, parental %v, covered %v, left %v, twice %v, his own %v: %s: got %v, want %v", takes, parental, covered, left, twice, hisOwn, do, got, expect)
			}
		}
	}
	if want := 256 * len(everyAction); cases != want {
		t.Errorf("%d cases, want %d", cases, want)
	}
}
