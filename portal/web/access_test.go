package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// who is the columns of the table: everybody a school has to do with, as they
// look at Asha and at Fernlow.
var who = []string{"", stranger, mother, stepmother, uncle, neighbour, farParent, clerk, farClerk, trust, lead, teacher, business, head}

// The rows' answers, in the order of who.
var (
	everybody = []int{200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200}
	away      = []int{303, 303, 303, 303, 303, 303, 303, 303, 303, 303, 303, 303, 303, 303}
	signedUp  = []int{303, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200} // whoever is signed in sees
	hers      = []int{303, 404, 200, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404} // Asha's mother alone sees
	offices   = []int{303, 404, 404, 404, 404, 404, 404, 200, 404, 200, 403, 403, 403, 403} // Fernlow's office and the trust's see
	readers   = []int{303, 404, 404, 404, 404, 404, 404, 200, 404, 200, 200, 200, 200, 200} // and whoever reads its register
	exporters = []int{303, 404, 404, 404, 404, 404, 404, 200, 404, 200, 200, 403, 200, 403}
	shower    = []int{303, 404, 404, 404, 404, 404, 404, 200, 404, 200, 200, 403, 403, 403}
	erasers   = []int{303, 404, 404, 404, 404, 404, 404, 200, 404, 200, 200, 403, 403, 200}
	watchers  = []int{303, 404, 404, 404, 404, 404, 404, 403, 404, 403, 200, 403, 200, 200}
	daily     = []int{303, 404, 404, 404, 404, 404, 404, 200, 404, 200, 200, 403, 200, 200} // who see what needs doing
	everyDay  = []int{303, 404, 404, 404, 404, 404, 404, 200, 200, 200, 200, 404, 200, 200} // at any school
	families  = []int{303, 404, 404, 404, 404, 404, 404, 200, 404, 200, 200, 403, 403, 200}
	reached   = []int{303, 404, 404, 404, 404, 404, 404, 200, 404, 200, 200, 404, 200, 200} // the teacher has no such pupil
	planners  = []int{303, 404, 404, 404, 404, 404, 404, 200, 404, 200, 200, 200, 403, 403}
	classes   = []int{303, 404, 404, 404, 404, 404, 404, 200, 404, 200, 200, 200, 403, 200} // who have a class sign
	givers    = []int{303, 404, 404, 404, 404, 404, 404, 200, 404, 200, 403, 403, 200, 200}
	leads     = []int{303, 404, 404, 404, 404, 404, 404, 403, 404, 403, 200, 403, 403, 200}
)

// sends is a row for a POST: nobody signed out gets further than 401.
func sends(row []int, done int) []int {
	out := []int{401}
	for _, status := range row[1:] {
		if status == 200 {
			status = done
		}
		out = append(out, status)
	}
	return out
}

// unlike is a row of one other status.
func unlike(row []int, status int) (out []int) {
	for range row {
		out = append(out, status)
	}
	return out
}

// row is one route: where it is in a world for somebody, what is sent there, and
// the status that each of them gets.
type row struct {
	path func(w *world, who string) string
	form func(w *world) url.Values
	want []int
}

func at(path string) func(*world, string) string {
	return func(*world, string) string { return path }
}

func asha(rest string) func(*world, string) string {
	return func(w *world, _ string) string { return "/portal/children/" + w.pupils["Asha"] + rest }
}

// her is the receipt of Asha's mother.
func her(rest string) func(*world, string) string {
	return func(w *world, _ string) string {
		id, err := w.portal.Decide(w.t.Context(), w.accounts[mother], portal.DecideForm{Pupil: w.pupils["Asha"], Purpose: webPicture.Slug, Hash: webPicture.Hash, Answer: portal.Given, Language: language})
		w.must(err)
		return receiptLink(id) + rest
	}
}

// table is every route of the portal, for everybody.
var table = map[string]row{
	"GET /portal/assets/{name:schoolgate|office}.{hash:[0-9a-f]+}.css": {path: func(w *world, _ string) string { return w.server.stylesheet }, want: everybody},
	"GET /portal/assets/colour-{colour:[0-9a-f]{6}}.css":               {path: at("/portal/assets/colour-14532d.css"), want: everybody},
	"GET /portal/":        {path: at("/portal/"), want: everybody},
	"GET /portal/sign-in": {path: at("/portal/sign-in"), want: append([]int{200}, away[1:]...)},
	"POST /portal/sign-in/{provider:[a-z0-9-]+}":                         {path: at("/portal/sign-in/thorn"), want: everybody},
	"GET /portal/callback/{provider:[a-z0-9-]+}":                         {path: at("/portal/callback/thorn"), want: []int{400, 400, 400, 400, 400, 400, 400, 400, 400, 400, 400, 400, 400, 400}},
	"POST /portal/sign-out":                                              {path: at("/portal/sign-out"), want: away},
	"GET /portal/sessions":                                               {path: at("/portal/sessions"), want: signedUp},
	"POST /portal/sessions":                                              {path: at("/portal/sessions"), form: everySession, want: sends(signedUp, 303)},
	"GET /portal/go-on":                                                  {path: at("/portal/go-on?to=/portal/join"), want: away},
	"GET /portal/join":                                                   {path: at("/portal/join"), want: signedUp},
	"GET /portal/join/{code:[0-9A-Za-z-]{1,40}}":                         {path: at("/portal/join/7KQM-2XWT-9HBD"), want: away},
	"POST /portal/join":                                                  {path: at("/portal/join"), want: sends(signedUp, 422)},
	"GET " + child + "/agreements/{slug:[a-z0-9-]+}":                     {path: asha("/agreements/home-school"), want: hers},
	"POST " + child + "/agreements/{slug:[a-z0-9-]+}":                    {path: asha("/agreements/home-school"), form: signed, want: sends(hers, 303)},
	"GET " + child + "/consents/{slug:[a-z0-9-]+}":                       {path: asha("/consents/website-pictures"), want: hers},
	"GET " + child + "/consents/":                                        {path: asha("/consents/"), want: hers},
	"POST " + child + "/consents/{slug:[a-z0-9-]+}":                      {path: asha("/consents/website-pictures"), form: answered, want: sends(hers, 303)},
	"GET /portal/receipts/{id:[A-Za-z0-9_-]+}":                           {path: her(""), want: hers},
	"GET /portal/receipts/{id:[A-Za-z0-9_-]+}/receipt.json":              {path: her("/receipt.json"), want: hers},
	"GET " + office + "/":                                                {path: at("/portal/office/fernlow/"), want: readers},
	"GET /portal/office/":                                                {path: at("/portal/office/"), want: everyDay},
	"GET " + office + "/today":                                           {path: at("/portal/office/fernlow/today"), want: daily},
	"GET " + office + "/find":                                            {path: at("/portal/office/fernlow/find"), want: readers},
	"POST " + office + "/find":                                           {path: at("/portal/office/fernlow/find"), form: lookFor, want: sends(readers, 200)},
	"GET " + office + "/pupil/{id:[A-Za-z0-9_-]+}":                       {path: func(w *world, _ string) string { return "/portal/office/fernlow/pupil/" + w.pupils["Asha"] }, want: reached},
	"GET " + office + "/contact/{id:[A-Za-z0-9_-]+}":                     {path: func(w *world, _ string) string { return "/portal/office/fernlow/contact/" + w.contact(father) }, want: families},
	"GET " + office + "/import":                                          {path: at("/portal/office/fernlow/import"), want: offices},
	"POST " + office + "/import":                                         {path: at("/portal/office/fernlow/import"), want: sends(offices, 400)}, // not a file
	"GET " + office + "/import/{id:[A-Za-z0-9_-]+}":                      {path: pending, want: offices},
	"GET " + office + "/import/{id:[A-Za-z0-9_-]+}/columns":              {path: columns, want: offices},
	"POST " + office + "/import/{id:[A-Za-z0-9_-]+}/columns":             {path: columns, want: sends(offices, 303)},
	"POST " + office + "/import/{id:[A-Za-z0-9_-]+}":                     {path: pending, form: fingerprint, want: sends(offices, 303)},
	"GET " + office + "/undo":                                            {path: at("/portal/office/fernlow/undo"), want: offices},
	"POST " + office + "/undo":                                           {path: at("/portal/office/fernlow/undo"), want: sends(offices, 404)}, // no list is named
	"GET " + office + "/chase":                                           {path: at("/portal/office/fernlow/chase"), want: offices},
	"POST " + office + "/chase":                                          {path: at("/portal/office/fernlow/chase"), want: sends(offices, 200)},
	"GET " + office + "/settle":                                          {path: at("/portal/office/fernlow/settle"), want: offices},
	"POST " + office + "/restrictions":                                   {path: at("/portal/office/fernlow/restrictions"), want: sends(leads, 404)},
	"GET " + office + "/restrictions":                                    {path: at("/portal/office/fernlow/restrictions"), want: leads},
	"POST " + office + "/settle":                                         {path: at("/portal/office/fernlow/settle"), want: sends(offices, 422)},
	"GET /portal/record":                                                 {path: at("/portal/record"), want: signedUp},
	"GET " + office + "/record/{kind:pupil|contact}/{id:[A-Za-z0-9_-]+}": {path: func(w *world, _ string) string { return "/portal/office/fernlow/record/pupil/" + w.pupils["Asha"] }, want: shower},
	"GET " + office + "/retention":                                       {path: at("/portal/office/fernlow/retention"), want: erasers},
	"POST " + office + "/retention":                                      {path: at("/portal/office/fernlow/retention"), want: sends(erasers, 422)},
	"POST " + office + "/retention/keep":                                 {path: at("/portal/office/fernlow/retention/keep"), form: keepAsha, want: sends(erasers, 303)},
	"GET " + office + "/letters":                                         {path: at("/portal/office/fernlow/letters"), want: offices},
	"POST " + office + "/letters":                                        {path: at("/portal/office/fernlow/letters"), want: sends(offices, 200)},
	"GET /portal/reminders/{key:[A-Z0-9]{1,64}}":                         {path: mailKey, want: everybody},
	"POST /portal/reminders/{key:[A-Z0-9]{1,64}}":                        {path: mailKey, want: away},
	"GET " + office + "/mail":                                            {path: at("/portal/office/fernlow/mail"), want: offices},
	"POST " + office + "/mail":                                           {path: at("/portal/office/fernlow/mail"), want: sends(offices, 400)}, // nothing to do
	"GET " + office + "/reminders":                                       {path: at("/portal/office/fernlow/reminders"), want: offices},
	"POST " + office + "/reminders":                                      {path: at("/portal/office/fernlow/reminders"), want: sends(offices, 404)}, // no mail is sent
	"GET " + office + "/answers":                                         {path: at("/portal/office/fernlow/answers"), want: offices},
	"POST " + office + "/answers":                                        {path: at("/portal/office/fernlow/answers"), want: sends(offices, 422)},
	"POST " + office + "/slips":                                          {path: at("/portal/office/fernlow/slips"), want: sends(offices, 200)},
	"GET " + office + "/joins":                                           {path: at("/portal/office/fernlow/joins"), want: erasers},
	"POST " + office + "/joins":                                          {path: at("/portal/office/fernlow/joins"), form: fathersJoin, want: sends(offices, 303)},
	"GET " + office + "/export":                                          {path: at("/portal/office/fernlow/export"), want: exporters},
	"POST " + office + "/export":                                         {path: at("/portal/office/fernlow/export"), form: asCSV, want: sends(exporters, 200)},
	"GET " + office + "/pictures":                                        {path: at("/portal/office/fernlow/pictures"), want: erasers},
	"POST " + office + "/pictures":                                       {path: at("/portal/office/fernlow/pictures"), want: sends(erasers, 404)}, // none was taken down
	"GET " + office + "/may":                                             {path: at("/portal/office/fernlow/may"), want: readers},
	"GET " + office + "/activities":                                      {path: at("/portal/office/fernlow/activities"), want: readers},
	"GET " + office + "/blanks":                                          {path: at("/portal/office/fernlow/blanks"), want: families},
	"POST " + office + "/blanks":                                         {path: at("/portal/office/fernlow/blanks"), want: sends(families, 400)}, // nothing to do
	"GET " + office + "/blanks/{section:[0-9-]+}":                        {path: at("/portal/office/fernlow/blanks/1-1"), want: families},
	"POST " + office + "/blanks/{section:[0-9-]+}":                       {path: at("/portal/office/fernlow/blanks/1-1"), want: sends(families, 303)},
	"GET " + office + "/activities/new":                                  {path: at("/portal/office/fernlow/activities/new"), want: planners},
	"POST " + office + "/activities/new":                                 {path: at("/portal/office/fernlow/activities/new"), want: sends(planners, 422)}, // an empty form
	"GET " + office + "/activities/{id:[A-Za-z0-9_-]+}":                  {path: planned, want: reached},
	"POST " + office + "/activities/{id:[A-Za-z0-9_-]+}":                 {path: planned, form: approving, want: []int{401, 404, 404, 404, 404, 404, 404, 403, 404, 403, 303, 404, 403, 303}},
	"GET " + office + "/activities/{id:[A-Za-z0-9_-]+}/sheet":            {path: approvedSheet, want: reached},
	"POST " + office + "/pictures/do":                                    {path: at("/portal/office/fernlow/pictures/do"), form: reviewed, want: sends(erasers, 303)},
	"POST " + office + "/pictures/upload":                                {path: at("/portal/office/fernlow/pictures/upload"), want: sends(erasers, 400)}, // not a file
	"GET " + office + "/pictures/{photo:[A-Z2-7]{26}}":                   {path: brought(""), want: erasers},
	"POST " + office + "/pictures/{photo:[A-Z2-7]{26}}":                  {path: brought(""), want: sends(erasers, 400)}, // nothing to do
	"GET " + office + "/pictures/{photo:[A-Z2-7]{26}}/picture":           {path: brought("/picture"), want: erasers},
	"GET " + office + "/wordings":                                        {path: at("/portal/office/fernlow/wordings"), want: leads},
	"POST " + office + "/wordings":                                       {path: at("/portal/office/fernlow/wordings"), want: sends(leads, 404)}, // none waits
	"GET /portal/here":                                                   {path: at("/portal/here"), want: everybody},
	"POST /portal/here":                                                  {path: at("/portal/here"), want: unlike(everybody, 422)},
	"POST /portal/here/visitor":                                          {path: at("/portal/here/visitor"), want: away}, // no desk is open
	"GET /portal/here/{pupil:[A-Za-z0-9_-]+}":                            {path: func(w *world, _ string) string { return "/portal/here/" + w.pupils["Asha"] }, want: away},
	"POST /portal/here/{pupil:[A-Za-z0-9_-]+}":                           {path: func(w *world, _ string) string { return "/portal/here/" + w.pupils["Asha"] }, want: away},
	"GET /portal/agreements/{school:[a-z0-9-]+}/{slug:[a-z0-9-]+}":       {path: at("/portal/agreements/fernlow/staff-aup"), want: readers},
	"POST /portal/agreements/{school:[a-z0-9-]+}/{slug:[a-z0-9-]+}":      {path: at("/portal/agreements/fernlow/staff-aup"), want: sends(readers, 409)}, // no wording is named
	"GET " + office + "/class":                                           {path: at("/portal/office/fernlow/class"), want: classes},
	"POST " + office + "/class":                                          {path: at("/portal/office/fernlow/class"), want: sends(classes, 400)}, // nothing to do
	"GET " + office + "/visitors":                                        {path: at("/portal/office/fernlow/visitors"), want: families},
	"POST " + office + "/visitors":                                       {path: at("/portal/office/fernlow/visitors"), want: sends(offices, 400)},
	"GET " + office + "/staff":                                           {path: at("/portal/office/fernlow/staff"), want: families},
	"GET " + office + "/access":                                          {path: at("/portal/office/fernlow/access"), want: daily},
	"POST " + office + "/access":                                         {path: at("/portal/office/fernlow/access"), want: sends(daily, 400)}, // nothing to do
	"GET " + office + "/access/new":                                      {path: at("/portal/office/fernlow/access/new"), want: givers},
	"POST " + office + "/access/new":                                     {path: at("/portal/office/fernlow/access/new"), want: sends(givers, 422)}, // an empty form
	"POST " + office + "/access/list":                                    {path: at("/portal/office/fernlow/access/list"), form: asCSV, want: sends(daily, 200)},
	"GET " + office + "/events":                                          {path: at("/portal/office/fernlow/events"), want: watchers},
}

const (
	child  = "/portal/children/{pupil:[A-Za-z0-9_-]+}"
	office = "/portal/office/{school:[a-z0-9-]+}"
)

func signed(*world) url.Values {
	return url.Values{"name": {"Somebody Okonedo"}, "agreed": {"yes"}, "hash": {homeSchool.Hash}}
}

// mailKey is the page on which a mother stops reminders, for whoever has her mail.
func mailKey(w *world, _ string) string {
	key := strings.Repeat("K", 26)
	w.must(w.store.Update(w.t.Context(), func(tx portal.Tx) error {
		all, err := tx.Contacts("fernlow")
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(c portal.Contact) bool { return c.Name == mother })
		return tx.PutMailing(portal.Mailing{ContactID: all[i].ID, Key: key})
	}))
	return remindersPath + key
}

// planned is an activity of Asha's class, which the office has just proposed.
func planned(w *world, _ string) string {
	on := w.now.AddDate(0, 0, 1).Format("02/01/2006")
	id, err := w.portal.Propose(w.t.Context(), w.accounts[clerk], "fernlow", portal.ActivityForm{
		Title: "Call with the museum", Purposes: []string{webPicture.Slug}, On: on, From: "10:00", To: "11:00", Group: "4B", Supervision: "Ms Quist", Risk: "Low"})
	w.must(err)
	return "/portal/office/fernlow/activities/" + id
}

func approvedSheet(w *world, who string) string {
	path := planned(w, who)
	w.must(w.portal.DecideActivity(w.t.Context(), w.accounts[head], "fernlow", path[strings.LastIndexByte(path, '/')+1:], true, ""))
	return path + "/sheet"
}

func approving(*world) url.Values { return url.Values{"do": {"approve"}} }

func lookFor(*world) url.Values { return url.Values{"find": {"okonedo"}} }

func reviewed(*world) url.Values { return url.Values{"do": {"reviewed"}} }

// brought is a picture that the office has brought to the desk, and said nothing of.
func brought(rest string) func(*world, string) string {
	return func(w *world, _ string) string {
		id, err := w.portal.AddPhoto(w.t.Context(), w.accounts[clerk], "fernlow", []byte("\xff\xd8\xffA picture"))
		w.must(err)
		return "/portal/office/fernlow/pictures/" + id + rest
	}
}

func asCSV(*world) url.Values { return url.Values{"format": {"csv"}} }

func everySession(*world) url.Values { return url.Values{"end": {"all"}} }

// keepAsha keeps a record that nobody keeps.
func keepAsha(w *world) url.Values {
	w.must(w.store.Update(w.t.Context(), func(tx portal.Tx) error { return tx.DeleteKeeping(w.pupils["Asha"]) }))
	return url.Values{"pupil": {w.pupils["Asha"]}, "until": {"01/01/2028"}, "reason": {"a dispute"}}
}

func answered(*world) url.Values {
	return url.Values{"answer": {"given"}, "hash": {webPicture.Hash}}
}

// fathersJoin is the join of Asha's father, made again for whoever tries to end it.
func fathersJoin(w *world) url.Values {
	all, err := w.portal.Invitees(w.t.Context(), portal.Operator, "fernlow")
	w.must(err)
	i := slices.IndexFunc(all, func(i portal.Invitee) bool { return i.Contact.Name == father })
	w.must(w.store.Update(w.t.Context(), func(tx portal.Tx) error {
		return tx.PutJoin(portal.Join{AccountID: w.accounts[father], ContactID: all[i].Contact.ID, At: w.now})
	}))
	return url.Values{"end": {all[i].Contact.ID}, "sure": {"yes"}}
}

// pending is a class list that the office previewed; for others, one that the
// trust's office did.
func pending(w *world, who string) string {
	if who != clerk {
		who = trust
	}
	id, err := w.portal.HoldClassList(w.t.Context(), w.accounts[who], "fernlow", []byte(heldList))
	w.must(err)
	return "/portal/office/fernlow/import/" + id
}

func columns(w *world, who string) string { return pending(w, who) + "/columns" }

const heldList = "1,Asha,Okonedo,2018-03-27"

func fingerprint(w *world) url.Values {
	l, err := readRows([]byte(heldList), portal.ListMapping{})
	w.must(err)
	plan, err := w.portal.PreviewImport(w.t.Context(), portal.Operator, "fernlow", l.Rows)
	w.must(err)
	return url.Values{"fingerprint": {plan.Fingerprint}}
}

// Every route that the router has is tried as everybody. A route without a row
// in the table fails, and so does a row without a route.
func TestWhoMayDoWhat(t *testing.T) {
	w := newWorld(t)
	missing := map[string]bool{}
	for route := range table {
		missing[route] = true
	}
	w.must(w.server.router.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		template, err := route.GetPathTemplate()
		w.must(err)
		methods, err := route.GetMethods()
		if err != nil {
			t.Fatalf("%s takes any method", template)
		}
		for _, method := range methods {
			head := method == http.MethodHead
			name := strings.Replace(method, http.MethodHead, http.MethodGet, 1) + " " + template
			row, ok := table[name]
			if !ok {
				t.Errorf("%s has no row in the table", name)
				continue
			}
			delete(missing, name)
			for i, person := range who {
				r, err := http.NewRequestWithContext(t.Context(), method, w.web.URL+row.path(w, person), nil)
				w.must(err)
				if method == http.MethodPost {
					form := url.Values{}
					if row.form != nil {
						form = row.form(w)
					}
					r, err = http.NewRequestWithContext(t.Context(), method, r.URL.String(), strings.NewReader(form.Encode()))
					w.must(err)
					r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				}
				got := w.as(person).do(r)
				if got.StatusCode != row.want[i] {
					t.Errorf("%s as %q: %d, wanted %d", method+" "+template, person, got.StatusCode, row.want[i])
				}
				if got.StatusCode == http.StatusOK && !strings.HasPrefix(template, "/portal/assets/") && got.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s as %q may be kept in a cache", name, person)
				}
				if head && got.body != "" {
					t.Errorf("HEAD %s has a body", template)
				}
			}
		}
		return nil
	}))
	for route := range missing {
		t.Errorf("the table has %s, which is no route", route)
	}
}

// What is not there, and what is not for somebody, are answered alike.
func TestNotFoundAndNotYoursAreOne(t *testing.T) {
	w := newWorld(t)
	v := w.as(farParent)
	one := v.get("/portal/children/"+w.pupils["Asha"]+"/agreements/home-school").wants(t, http.StatusNotFound)
	two := v.get("/portal/children/NOBODYATALL/agreements/home-school").wants(t, http.StatusNotFound)
	if one.body != two.body {
		t.Error("the pages differ")
	}
	v.get("/portal/nowhere").wants(t, http.StatusNotFound)
	if got := w.log.String(); strings.Contains(got, "nowhere") || strings.Contains(got, "NOBODYATALL") {
		t.Error("the log has a path that a stranger made up")
	}
}

// A GET writes nothing anywhere, whoever sends it and wherever, and also while everybody
// else does; but that somebody looked at a list, or took one away, is put on record and sealed.
func TestGetChangesNothing(t *testing.T) {
	w := newWorld(t)
	looks := map[string][]string{}
	looks["GET /portal/record"] = []string{"acts", "ledger", "ledger_hashes"}
	for _, to := range []string{"/", "/export", "/pictures", "/pictures/{photo:[A-Z2-7]{26}}", "/settle", "/letters", "/answers", "/joins", "/restrictions", "/retention", "/chase", "/visitors", "/staff", "/access", "/activities/{id:[A-Za-z0-9_-]+}", "/activities/{id:[A-Za-z0-9_-]+}/sheet", "/pupil/{id:[A-Za-z0-9_-]+}", "/contact/{id:[A-Za-z0-9_-]+}", "/record/{kind:pupil|contact}/{id:[A-Za-z0-9_-]+}"} {
		looks["GET "+office+to] = []string{"acts", "ledger", "ledger_hashes"}
	}
	for name, row := range table {
		if !strings.HasPrefix(name, "GET ") {
			continue
		}
		visitors, paths := make([]*visitor, len(who)), make([]string, len(who))
		for i, person := range who {
			visitors[i], paths[i] = w.as(person), row.path(w, person)
		}
		before := w.dump(looks[name]...)
		var all sync.WaitGroup
		for i, v := range visitors {
			all.Go(func() { v.get(paths[i]) })
		}
		all.Wait()
		if after := w.dump(looks[name]...); after != before {
			t.Errorf("%s changed the database", name)
		}
	}
}

// Whoever looks at a page with families on it is on record, with what they looked at.
func TestLooksArePageByPage(t *testing.T) {
	w := newWorld(t)
	asha := w.pupils["Asha"]
	for path, who := range map[string]string{"letters": clerk, "settle": clerk, "joins": head, "retention": head, "restrictions": lead, "answers?pupil=" + asha: clerk, "restrictions?pupil=" + asha: lead} {
		w.as(who).get("/portal/office/fernlow/"+path).wants(t, http.StatusOK)
		name, pupil, _ := strings.Cut(path, "?pupil=")
		if name == "restrictions" {
			name = "contacts"
		}
		about := portal.Ref{Kind: portal.RefSchool, ID: "fernlow"}
		if pupil != "" {
			about = portal.Ref{Kind: portal.RefPupil, ID: pupil}
		}
		events, err := w.portal.Events(t.Context(), portal.Operator, "fernlow", "")
		w.must(err)
		if !slices.ContainsFunc(events, func(e portal.Event) bool {
			return e.Kind == portal.ListSeen && e.By == w.accounts[who] && e.Subject == about && e.Details == `{"page":"`+name+`"}`
		}) {
			t.Errorf("that %s looked at %s is not on record", who, path)
		}
		if w.as(farClerk).get("/portal/office/fernlow/"+path).StatusCode != http.StatusNotFound {
			t.Errorf("another school's office looks at %s", path)
		}
	}
	w.as(clerk).get("/portal/office/fernlow/answers?pupil="+w.pupils["Elin"]).wants(t, http.StatusNotFound)
}

// Every route that the router has, under every restriction on a mother of two: about this
// child each way to take some of the three, and about her other child each of the three
// and all. She loses what is taken and no more; nobody else gains or loses anything. A
// route without a row fails here, too.
func TestWhoMayDoWhatUnderEveryRestriction(t *testing.T) {
	w := newWorld(t)
	receipt := her("")(w, mother)
	contact := ""
	w.must(w.store.View(t.Context(), func(tx portal.Tx) error {
		all, err := tx.Contacts("fernlow")
		contact = all[slices.IndexFunc(all, func(c portal.Contact) bool { return c.Name == mother })].ID
		return err
	}))
	routes := map[string]bool{}
	w.must(w.server.router.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		template, err := route.GetPathTemplate()
		w.must(err)
		methods, err := route.GetMethods()
		for _, m := range methods {
			routes[strings.Replace(m, http.MethodHead, http.MethodGet, 1)+" "+template] = true
		}
		return err
	}))
	type column struct {
		about string
		takes portal.Rights
	}
	var columns []column
	for takes := range portal.AllRights + 1 {
		columns = append(columns, column{"Asha", takes})
	}
	for _, takes := range append(portal.AllRights.Each(), portal.AllRights) {
		columns = append(columns, column{"Ben", takes})
	}
	restrict := func(about string, was, takes portal.Rights) {
		w.must(w.portal.Restrict(t.Context(), portal.Operator, "fernlow", portal.RestrictForm{
			Link: portal.Link{PupilID: w.pupils[about], ContactID: contact}, Was: was, Takes: takes, Why: "A column of the table"}))
	}
	tried := 0
	for _, c := range columns {
		restrict(c.about, 0, c.takes)
		for name := range routes {
			row, ok := table[name]
			if !ok {
				t.Fatalf("%s has no row in the table", name)
			}
			method, template, _ := strings.Cut(name, " ")
			family := strings.HasPrefix(template, child) || strings.HasPrefix(template, "/portal/receipts/") // about Asha
			for i, person := range who {
				if person != mother && (!family || c.about != "Asha") {
					continue // nothing of theirs can have changed
				}
				want := row.want[i]
				if person == mother && family && c.about == "Asha" {
					switch {
					case c.takes&portal.MaySee != 0:
						want = http.StatusNotFound
					case c.takes&portal.MayDecide != 0 && method == http.MethodPost:
						want = http.StatusForbidden
					}
				}
				path := receipt + strings.TrimPrefix(template, "/portal/receipts/{id:[A-Za-z0-9_-]+}")
				if !strings.HasPrefix(template, "/portal/receipts/") {
					path = row.path(w, person)
				}
				tried++
				v := w.as(person)
				got := func() reply {
					if method != http.MethodPost {
						return v.get(path)
					}
					form := url.Values{}
					if row.form != nil {
						form = row.form(w)
					}
					return v.post(path, form)
				}()
				if got.StatusCode != want {
					t.Errorf("she may not %q about %s: %s as %q: %d, wanted %d", c.takes, c.about, name, person, got.StatusCode, want)
				}
			}
		}
		home := w.as(mother).get("/portal/").wants(t, http.StatusOK).body
		for _, name := range []string{"Asha", "Ben"} {
			if sees := name != c.about || c.takes&portal.MaySee == 0; strings.Contains(home, name) != sees {
				t.Errorf("she may not %q about %s: her first page shows %s: %v", c.takes, c.about, name, !sees)
			}
		}
		restrict(c.about, c.takes, 0)
	}
	if want := len(columns)*len(routes) + 8*7*(len(who)-1); tried != want {
		t.Errorf("%d requests, want %d: each column and route as her, and those about a child as everybody", tried, want)
	}
}
