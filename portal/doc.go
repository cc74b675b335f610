// Package portal is the heart of Schoolgate: who is who at a school, what
// families sign and decide, and the rules about it. It knows nothing of HTTP or
// SQL; the folders beside it translate between it and the world, and import it
// and never each other.
//
// Every operation is a method of [Portal], is one transaction of the [Store],
// and asks [Actor.May] before it does anything for somebody. All times are UTC.
//
// Where to look: who may do what is in rights.go and access.go; the wordings that are
// put to an [Audience] in text.go and wordings.go; what is signed and answered in
// acts.go, family.go (online) and slips.go (on paper, by telephone, in person), and how
// it is sealed in record.go; class lists in classlist.go and importplan.go; lists that go
// out, and what limits them, in list.go and office.go; who is barred from whom in
// restrictions.go and watch.go; what is done to the register in events.go; when things
// are erased in retention.go.
package portal
