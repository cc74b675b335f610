package store

// Kept is one sort of what the database holds of people, as a privacy notice says it
// to them. Its cells are Markdown; a [[keep_…]] is the school's own period.
type Kept struct {
	What, Why, HowLong string
	// Columns are where it stands, as "table.column". A test sees to it that every column
	// of the database is in one of these or in [Impersonal].
	Columns []string
}

// KeptOfPeople is everything that the database holds of people.
var KeptOfPeople = []Kept{
	{"From the school's own records, which you or your child's last school gave, about your child: name, date of birth, pupil and admission numbers, year, class, whether a council looks after them, and the day they left",
		"So that the right child is asked about, and so that a letter opened by somebody else is not enough to get in", "Until [[keep_records]] after your child leaves",
		[]string{"pupils.upn", "pupils.admission_number", "pupils.forename", "pupils.surname", "pupils.born", "pupils.school_year", "pupils.reg_group", "pupils.looked_after", "pupils.left_at", "pupils.sort_key"}},
	{"From the same records, about you: name, relationship, email, telephone, whether you have parental responsibility, who said so, and whether an order or something else limits what you may see or decide, since when and why",
		"So that the right person signs and decides for the right child", "Until [[keep_records]] after your child leaves, or one month after we see that you are nobody's contact",
		[]string{"contacts.name", "contacts.email", "contacts.phone", "contacts.unneeded_since", "name_words.word", "responsibilities.relationship", "responsibilities.priority", "responsibilities.parental", "responsibilities.order_listed",
			"responsibilities.unsettled", "responsibilities.settled_by", "responsibilities.packed", "restrictions.takes", "restrictions.since", "restrictions.set_by", "restrictions.why", "restrictions.until", "restrictions.lifted_by", "restrictions.lifted_why"}},
	{"A number that stands for the account you sign in with, not its name or email address, and when you signed in first and last. We never see its password, messages or contacts",
		"So that nobody else can sign as you", "With your record, or two months after you last signed in if you never joined",
		[]string{"accounts.provider", "accounts.issuer", "accounts.subject", "accounts.name", "accounts.created", "accounts.last_sign_in"}},
	{"The letters we sent you, who printed them, and when you used one to join", "So that only you can join as you", "With your record",
		[]string{"invitations.code_hash", "invitations.issued", "invitations.issued_by", "invitations.mailed", "invitations.expires", "invitations.used", "invitations.died", "account_contacts.joined", "account_contacts.invitation_id", "account_contacts.counts",
			"account_contacts.confirmed", "account_contacts.ended", "joined_children.since"}},
	{"Which mails we sent you, what each was for and when, but not their words; that an address of yours did not work, when it was last changed and what it was before, and whether it is that of somebody who works here; and that you want no reminders", "So that a mail goes to you once, and no more often than you want", "Which mails: 13 months. The rest: with your record",
		[]string{"outbox.kind", "outbox.asked_by", "outbox.queued", "outbox.due", "outbox.since", "outbox.tries", "outbox.state", "outbox.lease", "outbox.ended", "outbox.reason", "outbox.sent_to",
			"mailings.mailing_key", "mailings.bad", "mailings.bad_since", "mailings.declined", "mailings.staff", "mailings.not_staff", "mailings.changed"}},
	{"The agreements you signed, the name you typed, when, and the exact words. Where a council looks after your child, the name of the social worker who answered", "To show what was agreed", "Until [[keep_agreements]] after your child leaves. If you sign again, we delete the old one [[keep_replaced]]",
		[]string{"acts.typed_name"}},
	{"Of your child, that they signed the school’s agreement with pupils: with their first name, or which picture", "To show that they know the rules before they use a computer", "As what you signed", nil},
	{"If you work here: which agreements you signed, when, and the name you typed; and, for the day, that you opened a class or the desk for others to sign", "Because nobody is given a login before they have signed", "As long as the account that you sign in with", []string{"sittings.opened_by", "sittings.opened"}},
	{"If you work here: what you wrote for the school's website, when, and who approved it", "So that two people see it before it is public", "Until it is public, or given up", []string{"drafts.content"}},
	{"If you visit: your name, whom you come from, when you came and left, and what you signed", "So that we know who is in the building", "For [[keep_events]] after the last day on which your signature counts", nil},
	{"Your answers to consents, when, and the exact words", "Because we may act only on your yes, and must be able to show it", "Until [[keep_answers]] after your child leaves",
		[]string{"acts.kind", "acts.school", "acts.party_kind", "acts.party_id", "acts.subject_kind", "acts.subject_id", "acts.entered_by", "acts.way", "acts.text_slug", "acts.edition", "acts.text_hash", "acts.language", "acts.at", "acts.until",
			"acts.answer", "acts.seq", "acts.pupil_id", "acts.contact_id", "acts.packed", "acts.record_version", "ledger.record", "ledger.salt"}},
	{"What staff did with your record and your child's: who looked, downloaded, printed or changed something, when and why", "So that somebody who looks without a reason is found out", "For [[keep_events]] after it was done, or with the record, if that goes first. That somebody joined, or that a limit was set or lifted, goes with the record",
		[]string{"acts.details"}},
	{"If there is a dispute or a court order: that your child's record is kept for longer, until when and why", "So that nothing is lost that is still needed", "Until that day", []string{"keepings.until", "keepings.reason", "keepings.kept_by", "keepings.at"}},
	{"Which pictures on our website your child can be seen in, since when, and when one was taken down. The pictures themselves stand on the website", "So that a picture is shown only as long as everybody who decides says yes", "As long as the picture is among the website’s pages; one that was taken down, until your child’s record goes",
		[]string{"pictures.pupils", "pictures.shown", "pictures.taken", "pictures.alt", "pictures.page", "pictures.until", "pictures.nobody"}},
	{"Pictures that we mean to put on our website: who is in each, who brought it and said so, and where else we used it. Each picture is kept encrypted, without where and when it was taken", "So that no picture of your child is shown by mistake, and one can be taken down everywhere", "As long as it is on our website, and [[keep_pictures]] after; at the latest until your child's record goes",
		[]string{"photos.pupils", "photos.who", "photos.page", "photos.alt", "photos.caption", "photos.until", "photos.elsewhere", "photos.fetched", "photos.brought_by", "photos.brought", "photos.said_by", "photos.looked_by"}},
	{"That your child was to take part in a call, a photograph or a visit: what it was, when, with whom, who looked after it, which of the staff planned and approved it, what was done, and where a recording is kept and until when", "So that a child takes part only where the answers allow it, and so that a recording is deleted in time", "For [[keep_events]] after it was over, and until a recording is deleted",
		[]string{"activities.begins", "activities.ends", "activities.plan", "activities.pupils", "activities.proposed_by", "activities.proposed", "activities.answer", "activities.why", "activities.decided_by", "activities.decided",
			"activities.done", "activities.kept", "activities.kept_until", "activities.closed_by", "activities.closed", "activities.deleted_by", "activities.deleted"}},
	{"Which of our devices, logins and platforms your child has been given, or you if you work here: since when, on which signature, who gave it and who looked through it", "So that we know who has access, and end it when somebody leaves", "For [[keep_events]] after it ended, and at the latest with your child’s record",
		[]string{"access_grants.holder_kind", "access_grants.holder_id", "access_grants.what", "access_grants.item", "access_grants.rests", "access_grants.why", "access_grants.given_by", "access_grants.given",
			"access_grants.reviewed_by", "access_grants.reviewed", "access_grants.ended_by", "access_grants.ended"}},
	{"On which devices you are signed in, from which network and since when, and the name that the service you sign in with gave", "So that you stay signed in, and can see as whom, and end it", "A day after it ends, which is at most twelve hours after you sign in",
		[]string{"sessions.hash", "sessions.handshake", "sessions.return_to", "sessions.name", "sessions.created", "sessions.expires", "sessions.device", "sessions.network", "sessions.second_factor", "sessions.authenticated", "sessions.renewed", "sessions.confirmed"}},
	{"What you typed, if your session ends before you send it", "So that you need not type it again", "One day", []string{"held_forms.path", "held_forms.form", "held_forms.at"}},
	{"That somebody tried a code and a date of birth that did not fit", "So that nobody can guess them", "Two months", []string{"attempts.attempt_key", "attempts.at"}},
	{"A class list that the office brings in, while somebody checks it", "So that it is checked before it is saved", "One hour", []string{"held_lists.content", "held_lists.mapping", "held_lists.applied", "held_lists.at"}},
	{"What the last class list changed in our records, as it was before", "So that the office can take back a list that was wrong", "One week, or until a record of the school goes", []string{"list_undos.content", "list_undos.at"}},
	{"The work email of staff who use the portal", "So that only they can see the school's lists", "For [[keep_staff]] after they last signed in, once they do not work here, and as long as what they did with records is kept", []string{"accounts.staff_email"}},
}

// Impersonal is the columns, or whole tables ("texts.*"), that hold nothing of
// anybody: words that are public, opaque ids, and numbers that prove and name nobody.
var Impersonal = []string{
	"schools.*", "texts.*", "wordings.*", "list_mappings.*", "saved_lists.*", "schema_version.*", "queue.*", "ledger_hashes.*", "ledger_leaves.*", "ledger_heads.*", "ledger_keys.*",
	"ledger.idx", "ledger.previous", "ledger.record_id", "ledger.at",
	"pupils.id", "pupils.school", "contacts.id", "contacts.school", "responsibilities.pupil_id", "responsibilities.contact_id",
	"restrictions.id", "restrictions.pupil_id", "restrictions.contact_id", "accounts.id", "account_contacts.account_id", "account_contacts.contact_id",
	"joined_children.account_id", "joined_children.contact_id", "joined_children.pupil_id", "invitations.id", "invitations.contact_id", "outbox.id", "outbox.school", "outbox.contact_id", "mailings.contact_id", "acts.id",
	"drafts.school", "sittings.school", "sittings.reg_group", "sittings.code", "sittings.ends",
	"activities.id", "activities.school", "access_grants.id", "access_grants.school", "pictures.id", "pictures.school", "pictures.declared", "pictures.purpose", "photos.id", "photos.school", "photos.digest", "photos.secret", "photos.version", "keepings.pupil_id", "list_undos.school", "name_words.school", "name_words.kind", "name_words.person_id", "sessions.account_id", "held_forms.account_id", "held_lists.id", "held_lists.school", "held_lists.account_id",
}
