package signin_test

import (
	"errors"
	"net/url"
	"testing"

	"schoolgate/portal"
	"schoolgate/portal/signin"
	"schoolgate/portal/signin/dextest"
)

// address is the portal's in these tests. Nothing listens there: the tests stand
// in for the browser, which brings the answer back.
const address = "https://portal.fernlow.example"

func TestDex(t *testing.T) {
	dex := dextest.Start(t, address+signin.CallbackPath("trust"),
		dextest.Person{UserID: "u1", Name: "Morwenna Hale", Email: "m.hale@fernlow.example", EmailVerified: true},
		dextest.Person{UserID: "u2", Name: "Idris Poole", Email: "i.poole@fernlow.example", EmailVerified: false},
		dextest.Person{UserID: "u3", Name: "Agnes Roe", Email: "agnes@elsewhere.example", EmailVerified: true},
	)
	config := signin.Config{
		Name: "trust", Kind: "oidc", Label: "The trust", Issuer: dex.Issuer,
		ClientID: dex.ClientID, Secret: dex.Secret, StaffDomains: []string{"fernlow.example"},
	}
	desk := newDesk(t, config)

	begin := func(t *testing.T, d *signin.Desk) (string, portal.Handshake) {
		t.Helper()
		to, h, err := d.Begin(t.Context(), "trust", false)
		if err != nil {
			t.Fatal(err)
		}
		return to, h
	}

	for _, test := range []struct{ name, email, staff string }{
		{"Morwenna Hale", "m.hale@fernlow.example", "m.hale@fernlow.example"},
		{"Idris Poole", "i.poole@fernlow.example", ""}, // not verified
		{"Agnes Roe", "agnes@elsewhere.example", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			to, h := begin(t, desk)
			got, err := desk.Finish(t.Context(), h, dex.SignIn(t, to, test.email))
			if err != nil {
				t.Fatal(err)
			}
			if got.Subject == "" || got.Subject == test.email {
				t.Errorf("subject %q", got.Subject)
			}
			want := portal.Identity{Provider: "trust", Issuer: dex.Issuer, Subject: got.Subject, Name: test.name, StaffEmail: test.staff}
			if got != want {
				t.Errorf("got %+v, %q, %q", got, got.Name, got.StaffEmail)
			}
			to, h = begin(t, desk)
			again, err := desk.Finish(t.Context(), h, dex.SignIn(t, to, test.email))
			if err != nil || again != got {
				t.Errorf("the second time: %v, the same: %v", err, again == got)
			}
		})
	}

	// dex knows no auth_time and passes max_age over.
	t.Run("dex does not say whether somebody signed in anew", func(t *testing.T) {
		believed := config
		believed.AnewUnproven = true
		for _, c := range []signin.Config{config, believed} {
			d := newDesk(t, c)
			to, h, err := d.Begin(t.Context(), "trust", true)
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.Finish(t.Context(), h, dex.SignIn(t, to, "m.hale@fernlow.example"))
			if err != nil || got.Renewed == c.AnewUnproven || got.Authenticated.IsZero() == c.AnewUnproven || got.SecondFactor {
				t.Errorf("believed %v: renewed %v, authenticated %v, a second factor %v, %v", c.AnewUnproven, got.Renewed, got.Authenticated, got.SecondFactor, err)
			}
		}
	})

	t.Run("without staff domains no address is asked for", func(t *testing.T) {
		families := config
		families.StaffDomains = nil
		d := newDesk(t, families)
		to, h := begin(t, d)
		u, err := url.Parse(to)
		if err != nil {
			t.Fatal(err)
		}
		if scope := u.Query().Get("scope"); scope != "openid profile" {
			t.Errorf("scope %q", scope)
		}
		got, err := d.Finish(t.Context(), h, dex.SignIn(t, to, "m.hale@fernlow.example"))
		if err != nil || got.StaffEmail != "" || got.Name != "Morwenna Hale" {
			t.Errorf("%v, %q, %q", err, got.Name, got.StaffEmail)
		}
	})

	t.Run("a code works once", func(t *testing.T) {
		to, h := begin(t, desk)
		q := dex.SignIn(t, to, "m.hale@fernlow.example")
		if _, err := desk.Finish(t.Context(), h, q); err != nil {
			t.Fatal(err)
		}
		refused(t, signin.ErrRefused)(desk.Finish(t.Context(), h, q))
	})

	t.Run("dex holds us to our PKCE challenge", func(t *testing.T) {
		to, h := begin(t, desk)
		q := dex.SignIn(t, to, "m.hale@fernlow.example")
		_, other := begin(t, desk)
		h.Verifier = other.Verifier
		refused(t, signin.ErrRefused)(desk.Finish(t.Context(), h, q))
	})

	t.Run("another person's code under our handshake", func(t *testing.T) {
		theirs, _ := begin(t, desk)
		stolen := dex.SignIn(t, theirs, "agnes@elsewhere.example")
		_, h := begin(t, desk)
		stolen.Set("state", h.State)
		refused(t, signin.ErrRefused)(desk.Finish(t.Context(), h, stolen))
	})

	t.Run("a wrong secret is ours to put right", func(t *testing.T) {
		wrong := config
		wrong.Secret = "expired"
		d := newDesk(t, wrong)
		to, h := begin(t, d)
		refused(t, signin.ErrUnavailable)(d.Finish(t.Context(), h, dex.SignIn(t, to, "m.hale@fernlow.example")))
	})
}

// newDesk is a desk for one provider at address.
func newDesk(t *testing.T, configs ...signin.Config) *signin.Desk {
	t.Helper()
	d, err := signin.New(configs, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// refused checks a Finish that has to fail in one way and name nobody.
func refused(t *testing.T, want error) func(portal.Identity, error) {
	return func(got portal.Identity, err error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("got error %v, want one that is %v", err, want)
		}
		if got != (portal.Identity{}) {
			t.Error("an error came with an identity")
		}
	}
}
