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
// acts.go, family.go (online) and paper.go (on paper, by telephone, in person), and how
// it is sealed in act_record.go; class lists that come in are in classlist.go, import.go and
// import_plan.go, and taken back in import_undo.go; lists that go out are in list.go, whose family a
// colleague looks after in kin.go; letters and joins in letters.go and join.go; mail in
// mail.go and outbox.go; pictures of pupils in pictures.go and photos.go; who signs at a
// shared device in sitting.go; what is planned in activities.go; who is barred from whom in
// restrictions.go and watch.go; what is done to the register in events.go; when things
// are erased in retention.go.
package portal
