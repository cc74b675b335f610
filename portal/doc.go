// Package portal is the heart of Schoolgate: who is who at a school, what
// families sign and decide, and the rules about it. It knows nothing of HTTP or
// SQL; the folders beside it translate between it and the world, and import it
// and never each other.
//
// Every operation is a method of [Portal], is one transaction of the [Store],
// and asks [Actor.May] before it does anything for somebody. All times are UTC.
//
// Words. An act is what somebody signed, answered or did ([Act]); its record is the bytes
// that the ledger seals ([Act.Record]). A standing is what the answers to one purpose come
// to for one pupil. A file is a pupil with all that a standing is worked out of
// ([PupilFile]); a dossier is all that is held of somebody, for them to read ([Dossier]). What
// is kept, for how long, are [KeptKinds] and [Periods].
//
// Where a thing goes:
//
//   - A right, or whose it is: an [Action] in access.go, and a word in the table of rights.go.
//   - A limit on what somebody may take away, as an export: list.go and [Filter]. How often
//     anybody may ask at all is no matter of this package: gate.go in cmd/schoolgate.
//   - A question to families is content and no code (content/consents), and so is an
//     agreement. To whom a text is put is its [Audience] (text.go, wordings.go); the rule of
//     how one audience signs has a file of its own: parents family.go, pupils sitting.go,
//     visitors visitors.go, staff staff_sign.go. So has a new one.
//   - An answer on paper, by telephone or in person: paper.go. All ways end in Portal.add of
//     act_record.go, which says what the sealed record holds.
//   - What is done to the register, or who looks at it: an [ActKind] in events.go.
//   - A column of a class list: [ClassListRow] in classlist.go. What a list changes is worked
//     out in import_plan.go, put in and held in import.go, taken back in import_undo.go.
//   - A column of a list that goes out, or of an export: list.go. Letters: letters.go.
//   - A mail: a [MailKind] in mail.go, what it says in outbox.go.
//   - Something new that is kept of a person: people.go, acts.go or a file of its own for the
//     type, what may be written and read of it in store.go, what its owner reads of it in
//     dossier.go, and until when it is kept in retention.go.
//   - Who may not see or decide: restrictions.go, watch.go; of whose family a colleague has to
//     do it: kin.go; who has joined as whom: join.go.
//   - Pictures of pupils on the site: pictures.go; those that staff bring: photos.go. What is
//     planned with pupils: activities.go.
//   - What is changed by hand in the database is noticed in tamper.go.
//
// A page for anybody is in package web; what must be on a poster is a rule of site/check.
package portal
