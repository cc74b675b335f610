package signin

import (
	"strings"
	"testing"
)

func TestStaffEmail(t *testing.T) {
	const tenant = "1f0c7a52-3c0e-4d8e-9b53-0c5d1f1f2a3b"
	setUp := func(kind string, domains ...string) Config {
		c := Config{Name: "x", Kind: kind, ClientID: "id", Secret: "secret", StaffDomains: domains}
		switch kind {
		case microsoft:
			c.Tenant = tenant
		case oidcKind:
			c.Label, c.Issuer = "x", "https://id.example"
		}
		c, err := c.checked()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	const school = "school.example"
	g, m, o := setUp(google, school, "trust.example"), setUp(microsoft, school), setUp(oidcKind, school)
	for _, test := range []struct {
		name   string
		config Config
		says   claims
		want   string
	}{
		{"google", g, claims{"email": "head@school.example", "email_verified": true, "hd": school}, "head@school.example"},
		{"google, capitals", g, claims{"email": "Head@School.Example", "email_verified": true, "hd": "School.Example"}, "head@school.example"},
		{"google, an address of another of our domains", g, claims{"email": "head@trust.example", "email_verified": true, "hd": school}, "head@trust.example"},
		{"google, no hd", g, claims{"email": "head@school.example", "email_verified": true}, ""},
		{"google, wrong hd", g, claims{"email": "head@school.example", "email_verified": true, "hd": "evil.example"}, ""},
		{"google, hd that is no string", g, claims{"email": "head@school.example", "email_verified": true, "hd": []any{school}}, ""},
		{"google, right hd and another's address", g, claims{"email": "head@evil.example", "email_verified": true, "hd": school}, ""},
		{"google, not verified", g, claims{"email": "head@school.example", "email_verified": false, "hd": school}, ""},
		{"google, verified is not said", g, claims{"email": "head@school.example", "hd": school}, ""},
		{"google, verified as a word", g, claims{"email": "head@school.example", "email_verified": "true", "hd": school}, ""},
		{"google, verified as a number", g, claims{"email": "head@school.example", "email_verified": float64(1), "hd": school}, ""},
		{"google, other spelling of the claim", g, claims{"email": "head@school.example", "Email_Verified": true, "hd": school}, ""},
		{"google, no address", g, claims{"email_verified": true, "hd": school}, ""},
		{"google, no domains", setUp(google), claims{"email": "head@school.example", "email_verified": true, "hd": school}, ""},
		{"google, no domains and no hd", setUp(google), claims{"email": "head@school.example", "email_verified": true, "hd": ""}, ""},

		{"microsoft", m, claims{"preferred_username": "Head@school.example"}, "head@school.example"},
		{"microsoft, email alone", m, claims{"email": "head@school.example"}, "head@school.example"},
		{"microsoft, the user name counts, not the email", m, claims{"preferred_username": "someone@evil.example", "email": "head@school.example"}, ""},
		{"microsoft, a guest by user name", m, claims{"preferred_username": "head_school.example#EXT#@school.example"}, ""},
		{"microsoft, a guest by user name, with an email", m, claims{"preferred_username": "x#EXT#@school.example", "email": "head@school.example"}, ""},
		{"microsoft, a guest by acct", m, claims{"preferred_username": "head@school.example", "acct": float64(1)}, ""},
		{"microsoft, a member by acct", m, claims{"preferred_username": "head@school.example", "acct": float64(0)}, "head@school.example"},
		{"microsoft, a guest by idp", m, claims{"preferred_username": "head@school.example", "idp": "https://sts.windows.net/9188040d-6c67-4c5b-b112-36a304b66dad/"}, ""},
		{"microsoft, a guest by idp, from live.com", m, claims{"preferred_username": "head@school.example", "idp": "live.com"}, ""},
		{"microsoft, a member by idp", m, claims{"preferred_username": "head@school.example", "idp": "https://sts.windows.net/" + tenant + "/"}, "head@school.example"},
		{"microsoft, a telephone number", m, claims{"preferred_username": "+441632960100"}, ""},
		{"microsoft, hd means nothing", m, claims{"preferred_username": "head@evil.example", "hd": school}, ""},
		{"microsoft, no domains", setUp(microsoft), claims{"preferred_username": "head@school.example"}, ""},

		{"oidc", o, claims{"email": "Head@school.example", "email_verified": true}, "head@school.example"},
		{"oidc, not verified", o, claims{"email": "head@school.example", "email_verified": false}, ""},
		{"oidc, verified is not said", o, claims{"email": "head@school.example"}, ""},
		{"oidc, verified as a word", o, claims{"email": "head@school.example", "email_verified": "true"}, ""},
		{"oidc, user name means nothing", o, claims{"preferred_username": "head@school.example", "email_verified": true}, ""},
		{"oidc, hd means nothing", o, claims{"email": "head@evil.example", "email_verified": true, "hd": school}, ""},
		{"oidc, no domains", setUp(oidcKind), claims{"email": "head@school.example", "email_verified": true}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.config.staffEmail(test.says); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}

	// However an address is dressed up, no kind takes it for the school's.
	for _, address := range []string{
		"head@evil-school.example", "head@school.example.evil", "head@school.example.", "head@sub.school.example",
		"head@evilschool.example", "head@schoolXexample", "head@school.example@evil.example", "head@evil.example@school.example",
		"@school.example", "school.example", "head@", "", "head school.example", "head @school.example", "head@ school.example",
		"head@school.example ", " head@school.example", "head@school.example\n", "head@evil.example\nhead@school.example",
		"head@school.example\x00", "head@school.example\x00.evil", `"head"@school.example`, `"x@evil.example,"@school.example`,
		"head(comment)@school.example", "<head@school.example>", "Head <head@school.example>", "head@school.example,x@evil.example",
		"head@\u0455chool.example",   // Cyrillic dze
		"head@\u017fchool.example",   // long s, an s to strings.EqualFold
		"head@school\u3002example",   // ideographic full stop
		"head@school.e\uff58ample",   // full-width x
		"head@xn--chool-7ve.example", // the Cyrillic one in ASCII
		"hea\u200bd@school.example",  // zero-width space
		"h\u00e9ad@school.example",   // no school of ours gives these out
		"\u212aate@school.example",   // Kelvin sign, a k to strings.ToLower
		"\u202edaeh@school.example",  // turns the writing direction
		"head@school.example\u2028",  // line separator
		"head@[school.example]",      // a literal
		"head@school.example?x=1",
		"head@school.example#x",
		"head#EXT#@school.example",
		".head@school.example",
		"head.@school.example",
		"he..ad@school.example",
		"head%evil.example@school.example", // source routing
		"evil.example!head@school.example",
		strings.Repeat("head@school.example,", 1000),
	} {
		for _, c := range []Config{g, m, o} {
			says := claims{"email": address, "preferred_username": address, "email_verified": true, "hd": school}
			if got := c.staffEmail(says); got != "" {
				t.Errorf("%s takes %q for %q", c.Kind, address, got)
			}
		}
	}
	for _, address := range []string{"head@school.example", "a.b-c_d+e@school.example", "o'brien@school.example", "4roe@school.example"} {
		says := claims{"email": address, "preferred_username": address, "email_verified": true, "hd": school}
		for _, c := range []Config{g, m, o} {
			if got := c.staffEmail(says); got != address {
				t.Errorf("%s takes %q for %q", c.Kind, address, got)
			}
		}
	}
}

func TestName(t *testing.T) {
	for _, test := range []struct {
		says any
		want string
	}{
		{"Siân Ó Briain", "Siân Ó Briain"},
		{"  Anna \t Maria\n", "Anna Maria"},
		{"حياة خان", "حياة خان"},
		{"\u202eevil\u202c", "evil"},
		{"a\x00b\x1b[31m", "ab[31m"},
		{strings.Repeat("é", 200), strings.Repeat("é", 80)},
		{5, ""}, {nil, ""},
	} {
		if got := (claims{"name": test.says}).name(); got != test.want {
			t.Errorf("%q is %q, want %q", test.says, got, test.want)
		}
	}
}

func TestSecondFactor(t *testing.T) {
	for _, x := range []struct {
		amr  any
		acr  any
		want bool
	}{
		{nil, nil, false},
		{[]any{"pwd"}, nil, false},
		{[]any{"otp"}, nil, false}, // alone it is one factor
		{[]any{"hwk"}, nil, false},
		{[]any{"mfa"}, nil, true},
		{[]any{"pwd", "otp"}, nil, true},
		{[]any{"pwd", "hwk"}, nil, true},
		{[]any{"pwd", "sms"}, nil, true},
		{[]any{"pin", "sc"}, nil, true},
		{[]any{"hwk", "fpt"}, nil, true},
		{[]any{"hwk", "user"}, nil, false}, // somebody was there, and who is not said
		{[]any{"pwd", "kba"}, nil, false},  // two of one kind
		{[]any{"otp", "sms"}, nil, false},
		{[]any{"face", "fpt"}, nil, false},
		{[]any{"pwd", "rba", "geo", "mca", "wia"}, nil, false},
		{[]any{"pwd", "MFA"}, nil, false}, // names are compared to the letter
		{"mfa", nil, false},               // no list
		{"pwd otp", nil, false},
		{[]any{1, true, nil, []any{"mfa"}}, nil, false},
		{nil, "https://refeds.org/profile/mfa", true},
		{nil, "http://schemas.openid.net/pape/policies/2007/06/multi-factor", true},
		{nil, "http://schemas.microsoft.com/claims/multipleauthn", true},
		{nil, "https://refeds.org/profile/sfa", false},
		{nil, "0", false},
		{nil, "mfa", false},
		{[]any{"pwd"}, []any{"https://refeds.org/profile/mfa"}, false},
	} {
		if got := (claims{"amr": x.amr, "acr": x.acr}).secondFactor(); got != x.want {
			t.Errorf("amr %v, acr %v: %v", x.amr, x.acr, got)
		}
	}
}
