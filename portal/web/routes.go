package web

import (
	"net/http"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// routes is every address of the portal. No address holds a name: pupils and
// receipts go by opaque ids, schools and texts by their public slugs.
func (s *server) routes() *mux.Router {
	r := mux.NewRouter().StrictSlash(true)
	r.Use(s.named)
	get := func(path string, h handler) { r.Handle(path, s.handle(h)).Methods(http.MethodGet, http.MethodHead) }
	post := func(path string, h handler) { r.Handle(path, s.handle(limit(formLimit, h))).Methods(http.MethodPost) }
	upload := func(path string, h handler) { r.Handle(path, s.handle(limit(uploadLimit, h))).Methods(http.MethodPost) }

	get("/portal/assets/{name:schoolgate|office}.{hash:[0-9a-f]+}.css", s.getStylesheet)
	get("/portal/assets/colour-{colour:[0-9a-f]{6}}.css", s.getColour)

	get("/portal/", s.getHome)
	get("/portal/sign-in", s.getSignIn)
	post("/portal/sign-in/{provider:[a-z0-9-]+}", s.postSignIn)
	get("/portal/callback/{provider:[a-z0-9-]+}", s.getCallback)
	post("/portal/sign-out", s.postSignOut)

	get(dossierPath, s.anew(portal.ByReturning, s.getOwnDossier))
	get("/portal/sessions", s.signedIn(s.getSessions))
	post("/portal/sessions", s.signedIn(s.postSessions))
	get("/portal/go-on", s.signedIn(s.getGoOn))

	get(joinPath+"/{code:[0-9A-Za-z-]{1,40}}", s.getLetterCode)
	get(joinPath, s.anew(portal.ByReturning, s.getJoin))
	post(joinPath, s.anew(portal.ByReturning, s.postJoin))

	get(remindersPath+"{key:[A-Z0-9]{1,64}}", s.getStop)
	post(remindersPath+"{key:[A-Z0-9]{1,64}}", s.postStop)

	const child = "/portal/children/{pupil:[A-Za-z0-9_-]+}"
	get(child+"/agreements/{slug:[a-z0-9-]+}", s.signedIn(s.getSign))
	post(child+"/agreements/{slug:[a-z0-9-]+}", s.signedIn(s.postSign, signFields...))
	get(child+"/consents/{slug:[a-z0-9-]+}", s.signedIn(s.getConsent))
	get(child+"/consents/", s.signedIn(s.getAnswers))
	post(child+"/consents/{slug:[a-z0-9-]+}", s.signedIn(s.postConsent))

	const receipt = "/portal/receipts/{id:[A-Za-z0-9_-]+}"
	get(receipt, s.signedIn(s.getReceipt))
	get(receipt+"/receipt.json", s.signedIn(s.getReceiptFile))

	get(herePath, s.getHere)
	post(herePath, s.postHere)
	post(herePath+"/visitor", s.postVisit)
	get(herePath+"/{pupil:[A-Za-z0-9_-]+}", s.getOwn)
	post(herePath+"/{pupil:[A-Za-z0-9_-]+}", s.postOwn)

	const staff = "/portal/agreements/{school:[a-z0-9-]+}/{slug:[a-z0-9-]+}"
	get(staff, s.signedIn(s.getStaffSign))
	post(staff, s.signedIn(s.postStaffSign))

	const office = "/portal/office/{school:[a-z0-9-]+}"
	get("/portal/office/", s.signedIn(s.getEveryToday))
	get(office+"/", s.signedIn(s.getOffice))
	get(office+"/today", s.signedIn(s.getToday))
	get(office+"/find", s.signedIn(s.getFind))
	post(office+"/find", s.signedIn(s.postFind))
	get(office+"/pupil/{id:[A-Za-z0-9_-]+}", s.signedIn(s.getPupil))
	get(office+"/contact/{id:[A-Za-z0-9_-]+}", s.signedIn(s.getContact))
	get(office+"/import", s.signedIn(s.getImport))
	upload(office+"/import", s.signedIn(s.postImport))
	get(office+"/import/{id:[A-Za-z0-9_-]+}", s.signedIn(s.aboutList(s.getApply)))
	post(office+"/import/{id:[A-Za-z0-9_-]+}", s.anew(portal.ByProvider, s.aboutList(s.postApply)))
	get(office+"/import/{id:[A-Za-z0-9_-]+}/columns", s.signedIn(s.aboutList(s.getColumns)))
	post(office+"/import/{id:[A-Za-z0-9_-]+}/columns", s.signedIn(s.aboutList(s.postColumns)))
	get(office+"/undo", s.signedIn(s.getUndo))
	post(office+"/undo", s.anew(portal.ByProvider, s.postUndo))
	get(office+"/chase", s.signedIn(s.getChase))
	post(office+"/chase", s.anew(portal.ByProvider, s.postChase))
	get(office+"/settle", s.signedIn(s.getSettle))
	post(office+"/settle", s.anew(portal.ByProvider, s.postSettle))
	get(office+"/restrictions", s.signedIn(s.getRestrictions))
	post(office+"/restrictions", s.anew(portal.ByProvider, s.postRestrictions))
	get(office+"/record/{kind:pupil|contact}/{id:[A-Za-z0-9_-]+}", s.anew(portal.ByProvider, s.getDossier))
	get(office+"/retention", s.signedIn(s.getRetention))
	post(office+"/retention", s.anew(portal.ByProvider, s.postErase))
	post(office+"/retention/keep", s.anew(portal.ByProvider, s.postKeep))
	get(office+"/letters", s.signedIn(s.getLetters))
	post(office+"/letters", s.anew(portal.ByProvider, s.postLetters))
	get(office+"/mail", s.signedIn(s.getMail))
	post(office+"/mail", s.anew(portal.ByProvider, s.postMail))
	get(office+"/reminders", s.signedIn(s.getReminders))
	post(office+"/reminders", s.anew(portal.ByProvider, s.postReminders))
	get(office+"/answers", s.signedIn(s.getWriteDown))
	post(office+"/answers", s.anew(portal.ByProvider, s.postWriteDown))
	post(office+"/slips", s.anew(portal.ByProvider, s.postSlips))
	get(office+"/joins", s.signedIn(s.getJoins))
	post(office+"/joins", s.anew(portal.ByProvider, s.postJoins))
	get(office+"/export", s.anew(portal.ByProvider, s.getExport))
	post(office+"/export", s.anew(portal.ByProvider, s.postExport))
	get(office+"/class", s.signedIn(s.getClass))
	post(office+"/class", s.signedIn(s.postClass))
	get(office+"/visitors", s.signedIn(s.getVisitors))
	post(office+"/visitors", s.signedIn(s.postVisitors))
	get(office+"/staff", s.signedIn(s.getSigners))
	get(office+"/events", s.signedIn(s.getEvents))
	get(office+"/access", s.signedIn(s.getAccess))
	post(office+"/access", s.anew(portal.ByProvider, s.postAccess))
	get(office+"/access/new", s.signedIn(s.getGive))
	post(office+"/access/new", s.anew(portal.ByProvider, s.postGive))
	post(office+"/access/list", s.anew(portal.ByProvider, s.postAccessList))
	get(office+"/pictures", s.signedIn(s.getPictures))
	post(office+"/pictures", s.anew(portal.ByProvider, s.postPictures))
	get(office+"/may", s.signedIn(s.getMay))
	get(office+"/blanks", s.signedIn(s.getBlanks))
	post(office+"/blanks", s.anew(portal.ByProvider, s.postBlanks))
	get(office+"/blanks/{section:[0-9-]+}", s.signedIn(s.getBlankSection))
	post(office+"/blanks/{section:[0-9-]+}", s.signedIn(s.postBlankSection, everyField))
	get(office+"/activities", s.signedIn(s.getActivities))
	get(office+"/activities/new", s.signedIn(s.getPlan))
	post(office+"/activities/new", s.signedIn(s.postPlan))
	get(office+"/activities/{id:[A-Za-z0-9_-]+}", s.signedIn(s.getActivity))
	post(office+"/activities/{id:[A-Za-z0-9_-]+}", s.anew(portal.ByProvider, s.postActivity))
	get(office+"/activities/{id:[A-Za-z0-9_-]+}/sheet", s.signedIn(s.getSheet))
	post(office+"/pictures/do", s.signedIn(s.postPictureDone))
	r.Handle(office+"/pictures/upload", s.handle(limit(picturesLimit, s.signedIn(s.postPhotos)))).Methods(http.MethodPost)
	const photo = office + "/pictures/{photo:[A-Z2-7]{26}}"
	get(photo, s.signedIn(s.getPhoto))
	post(photo, s.signedIn(s.postPhoto))
	get(photo+"/picture", s.signedIn(s.getPhotoFile))
	get(office+"/wordings", s.signedIn(s.getWordings))
	post(office+"/wordings", s.anew(portal.ByProvider, s.postWordings))

	r.NotFoundHandler = s.handle(func(http.ResponseWriter, *http.Request) error { return errNoRoute })
	r.MethodNotAllowedHandler = s.handle(func(http.ResponseWriter, *http.Request) error { return errMethod })
	return r
}
