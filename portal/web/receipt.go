package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"schoolgate/portal"
)

// receiptView is what somebody signed or decided, and what comes next.
type receiptView struct {
	portal.Receipt
	Did      string // what they did, in words
	What     string // the agreement's title, or the question
	Child    string // first name
	Signed   bool   // a signature, not an answer
	Yes      bool
	Objects  bool      // it goes ahead unless somebody objects
	Held     bool      // a looked-after child: the school has to ask the social worker first
	Reads    bool      // may see, and may not decide
	Waits    time.Time // from when a signature or a yes counts; zero where it does
	Change   string
	Download string
	Address  string // public, of the wording
	Next     []nextStep
}

// nextStep is something left to do, for this child or for another.
type nextStep struct {
	toDo
	Child string // first name
}

func (s *server) getReceipt(w http.ResponseWriter, r *http.Request) error {
	got, err := s.Portal.Receipt(r.Context(), account(r), mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	family, err := s.Portal.Family(r.Context(), account(r))
	if err != nil {
		return err
	}
	v := receiptView{
		Receipt: got, Child: got.Child.Pupil.Forename, Signed: got.Act.Kind == portal.Signature, Yes: got.Act.Answer == portal.Given,
		Held: got.Child.Pupil.LookedAfter, Download: receiptLink(got.Act.ID) + "/receipt.json", Address: s.public(got.Text.Path), What: got.Text.Question,
	}
	v.Did, v.Objects = got.Text.Said(got.Act.Answer), got.Text.Objected()
	switch {
	case v.Signed:
		v.Did, v.What = "You have signed", got.Text.Title
	case v.Objects:
		v.What = got.Text.Title
	}
	for _, child := range family {
		var left []nextStep
		for _, t := range s.card(child).ToDo {
			left = append(left, nextStep{t, child.Child.Pupil.Forename})
		}
		if child.Child.Pupil.ID != got.Act.Subject.ID {
			v.Next = append(v.Next, left...)
			continue
		}
		v.Next = append(left, v.Next...)
		v.Reads = child.Reads
		if v.Signed || v.Yes {
			v.Waits = child.Waits
		}
		for _, p := range child.Purpose {
			if p.Text.Slug == got.Act.TextSlug && !v.Signed && !v.Reads {
				v.Change = textLink(child, p.Text)
			}
		}
	}
	return s.show(w, r, http.StatusOK, page{template: "receipt.html", title: v.Did + " for " + isolated(v.Child) + ": " + v.What, school: &got.School, data: v})
}

// getReceiptFile is the proof itself, which anybody can check without us.
func (s *server) getReceiptFile(w http.ResponseWriter, r *http.Request) error {
	got, err := s.Portal.Receipt(r.Context(), account(r), mux.Vars(r)["id"])
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(got.Proof, "", "  ")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="receipt-%s.json"`, got.Act.ID))
	_, err = w.Write(append(b, '\n'))
	return err
}
