package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"schoolgate/portal"
)

func letterTo(id string, kind portal.MailKind, at time.Time) portal.Mail {
	return portal.Mail{ID: id, School: "oak", Kind: kind, ContactID: "c-mum", By: "a-1", Queued: at, Due: at, Since: at, State: portal.MailWaiting}
}

func TestOutbox(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		first := letterTo("m-1", portal.ReminderMail, noon)
		f.must(func(tx portal.Tx) error {
			return errors.Join(tx.AddMail(first), tx.AddMail(letterTo("m-2", portal.ReminderMail, noon.Add(-time.Hour))),
				tx.AddMail(letterTo("m-3", portal.JoinedMail, noon.Add(time.Minute))), tx.AddMail(letterTo("m-4", portal.JoinedMail, noon.Add(time.Minute))))
		})
		f.see(func(tx portal.Tx) error {
			all, err := tx.Mails("oak")
			same(t, all, err, []portal.Mail{letterTo("m-3", portal.JoinedMail, noon.Add(time.Minute)), letterTo("m-4", portal.JoinedMail, noon.Add(time.Minute)), first})
			next, err := tx.NextMail(noon.Add(-time.Second))
			missing(t, next, err)
			next, err = tx.NextMail(noon)
			same(t, next, err, first)
			return nil
		})
		// One that a sender has is nobody else's until its time is over, and another of
		// its kind may wait meanwhile.
		first.State, first.Lease, first.Tries = portal.MailSending, noon.Add(portal.MailLease), 1
		second := letterTo("m-5", portal.ReminderMail, noon.Add(time.Hour))
		f.must(func(tx portal.Tx) error { return errors.Join(tx.PutMail(first), tx.AddMail(second)) })
		f.see(func(tx portal.Tx) error {
			next, err := tx.NextMail(noon.Add(time.Second))
			missing(t, next, err)
			next, err = tx.NextMail(first.Lease.Add(time.Second))
			same(t, next, err, first)
			return nil
		})
		first.State, first.Lease, first.Ended, first.Reason = portal.MailSent, time.Time{}, noon.Add(time.Minute), "250"
		f.must(func(tx portal.Tx) error { return tx.PutMail(first) })
		f.see(func(tx portal.Tx) error {
			next, err := tx.Mail("m-1")
			same(t, next, err, first)
			next, err = tx.NextMail(noon.Add(2 * time.Hour))
			same(t, next, err, letterTo("m-3", portal.JoinedMail, noon.Add(time.Minute)))
			return nil
		})
		f.must(func(tx portal.Tx) error { return tx.DeleteMailsEndedBefore(first.Ended.Add(time.Second)) })
		f.see(func(tx portal.Tx) error {
			gone, err := tx.Mail("m-1")
			missing(t, gone, err)
			_, err = tx.Mail("m-5")
			return err
		})

		mailing := portal.Mailing{ContactID: "c-mum", School: "oak", Key: "KEY", Bad: "m@example.org", BadSince: noon, Declined: noon}
		f.must(func(tx portal.Tx) error { return tx.PutMailing(mailing) })
		f.refused(portal.ErrConflict, func(tx portal.Tx) error { return tx.PutMailing(portal.Mailing{ContactID: "c-dad", Key: "KEY"}) })
		f.see(func(tx portal.Tx) error {
			all, err := tx.Mailings("oak")
			same(t, all, err, []portal.Mailing{mailing})
			one, err := tx.MailingByKey("KEY")
			same(t, one, err, mailing)
			one, err = tx.MailingByKey("")
			missing(t, one, err)
			return nil
		})
		f.must(func(tx portal.Tx) error { // with the contact it goes
			return errors.Join(tx.ErasePupil("p-ann"), tx.ErasePupil("p-ben"), tx.EraseContact("c-mum"))
		})
	})
}

// Of many senders who look at one moment, each mail is one's.
func TestOneSenderHasAMail(t *testing.T) {
	onBoth(t, func(t *testing.T, f *fixture) {
		f.must(register)
		const mails, senders = 12, 4
		f.must(func(tx portal.Tx) error {
			for i := range mails {
				if err := tx.AddMail(letterTo(fmt.Sprint("m-", i), portal.JoinedMail, noon)); err != nil {
					return err
				}
			}
			return nil
		})
		var mu sync.Mutex
		took := map[string]int{}
		var wg sync.WaitGroup
		for range senders {
			wg.Go(func() {
				for {
					var m portal.Mail
					err := f.Update(t.Context(), func(tx portal.Tx) (err error) {
						if m, err = tx.NextMail(noon); err != nil {
							return err
						}
						m.State, m.Lease, m.Tries = portal.MailSending, noon.Add(time.Hour), 1
						return tx.PutMail(m)
					})
					if errors.Is(err, portal.ErrNotFound) {
						return
					} else if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					took[m.ID]++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for id, n := range took {
			if n != 1 {
				t.Errorf("%s was taken %d times", id, n)
			}
		}
		if len(took) != mails {
			t.Errorf("%d of %d mails were taken", len(took), mails)
		}
	})
}
