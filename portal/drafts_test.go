package portal_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"schoolgate/portal"
)

// Whoever wrote any part of a draft, or sent it, does not approve it, nor with another
// account of theirs; what is approved is what was read; and what could not be written waits
// as before.
func TestWhoApprovesADraft(t *testing.T) {
	const office, lead = "office@anne.example", "lead@anne.example"
	refused := errors.New("the disk is full")
	for _, c := range []struct {
		name     string
		writes   []string // the last of them sends it
		approves string
		stale    bool  // somebody has changed it since
		write    error // of the file
		want     error // "" none
	}{
		{name: "the office's, by the head", writes: []string{office}, approves: head},
		{name: "the office's, by the lead", writes: []string{office}, approves: lead},
		{name: "the head's, by the lead", writes: []string{head}, approves: lead},
		{name: "the office's own", writes: []string{office}, approves: office, want: portal.ErrForbidden},
		{name: "the head's own", writes: []string{head}, approves: head, want: portal.ErrForbidden},
		{name: "the head's own, under another account", writes: []string{head}, approves: head + " again", want: portal.ErrForbidden},
		{name: "a part of it the lead's", writes: []string{lead, head}, approves: lead, want: portal.ErrForbidden},
		{name: "sent by the lead", writes: []string{office, lead}, approves: lead, want: portal.ErrForbidden},
		{name: "changed since", writes: []string{office}, approves: head, stale: true, want: new(portal.Invalid)},
		{name: "not written", writes: []string{office}, approves: head, write: refused, want: refused},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			ctx := t.Context()
			account := func(who string) string {
				email, _, again := strings.Cut(who, " ")
				if !again {
					return w.staff(who)
				}
				a, err := w.SignedIn(ctx, portal.Identity{Provider: "tenant", Issuer: "https://login.example", Subject: who, StaffEmail: email})
				w.ok(err)
				return a.ID
			}
			own := map[string]string{"blanks.head": "Mrs A"}
			for i, who := range c.writes {
				key := []string{"blanks.head", "blanks.senco"}[i]
				w.ok(w.SaveDraft(ctx, account(who), anne, own, map[string]portal.Typed{key: {Seen: own[key], Now: "Ms B"}}))
			}
			seen := func() string {
				v, err := w.Draft(ctx, account(head), anne)
				w.ok(err)
				return v.Digest()
			}
			w.ok(w.SendDraft(ctx, account(c.writes[len(c.writes)-1]), anne, seen(), "New people."))
			read := seen()
			if c.stale {
				w.ok(w.SaveDraft(ctx, account(office), anne, own, map[string]portal.Typed{"blanks.head": {Seen: "Ms B", Now: "Mr C"}}))
				w.ok(w.SendDraft(ctx, account(office), anne, seen(), "New people."))
			}
			var written *portal.Draft
			err := w.ApproveDraft(ctx, account(c.approves), anne, read, "", "", func(_ context.Context, x portal.Draft) error {
				written = &x
				return c.write
			})
			if _, invalid := c.want.(*portal.Invalid); invalid {
				if _, is := errors.AsType[*portal.Invalid](err); !is || written != nil {
					t.Errorf("%v; written: %v", err, written)
				}
				return
			}
			if !errors.Is(err, c.want) || (c.want == nil) != (written != nil && c.write == nil) {
				t.Fatalf("%v, want %v; written: %v", err, c.want, written)
			}
			waiting, err := w.ApprovedDrafts(ctx)
			w.ok(err)
			if c.want != nil {
				if v, err := w.Draft(ctx, account(head), anne); err != nil || v.State != portal.DraftSent || len(waiting) > 0 {
					t.Errorf("it does not wait as before: %+v, %v", v, err)
				}
				return
			}
			w.ok(w.DraftPublished(ctx, waiting[0], ""))
			v, err := w.Draft(ctx, account(head), anne)
			w.ok(err)
			if v.State != "" || v.Published.IsZero() || v.Last["blanks.head"].Who != c.writes[0] {
				t.Errorf("once it is public: %+v", v)
			}
		})
	}
}
