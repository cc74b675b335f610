package portal

import (
	"context"
	"time"
)

// Store keeps everything. Implementations are safe for concurrent use.
type Store interface {
	// View runs f in a read-only transaction that sees one moment.
	View(ctx context.Context, f func(Tx) error) error
	// Update runs f in a transaction that is serializable and durable once
	// Update returns nil. f may run more than once, after a conflict with
	// another transaction, so it must have no effect outside the Tx.
	Update(ctx context.Context, f func(Tx) error) error
	// Scrub leaves nothing of what was erased in the database's files, as far as the
	// engine can. It answers [ErrTraces] where it cannot now.
	Scrub(context.Context) error
}

// Tx is one transaction. Lookups of one thing answer [ErrNotFound] when it is
// not there; lists are empty then. Uniqueness and references are the store's
// to enforce: a write that breaks one is [ErrConflict].
type Tx interface {
	RegisterTx
	AccountTx
	ActTx
	LedgerTx
	ErasureTx
	TamperTx
	MailTx
	PictureTx
	ActivityTx
	SittingTx
	DraftTx
	AccessTx
}

// MailTx is the outbox. A claim of one sender is a change of a row, which fails or comes
// again for another that wants the same.
type MailTx interface {
	// AddMail adds a mail, unless one of its kind waits for the same contact and has not
	// been tried; [JoinedMail] is always added, and [MovedMail] to each address.
	AddMail(Mail) error
	PutMail(Mail) error
	Mail(id string) (Mail, error)
	// NextMail is the mail that is due longest, or whose sender had it and was not heard
	// of again; or [ErrNotFound].
	NextMail(now time.Time) (Mail, error)
	Mails(school string) ([]Mail, error) // newest first
	DeleteMailsEndedBefore(time.Time) error

	// PutMailing is keyed by the contact.
	PutMailing(Mailing) error
	MailingByKey(key string) (Mailing, error)
	Mailings(school string) ([]Mailing, error)
}

// RegisterTx is the school's register: pupils, contacts and responsibilities.
// The Put methods insert or replace by id.
type RegisterTx interface {
	// PutSchool inserts or replaces a school, and makes its texts the current
	// ones, in their order; every wording that ever was current is kept.
	PutSchool(School) error
	School(slug string) (School, error) // with its current texts
	Schools() ([]School, error)         // by slug, with their current texts

	Pupil(id string) (Pupil, error)
	Pupils(school string) ([]Pupil, error) // in order of year, group, surname, forename
	Contacts(school string) ([]Contact, error)
	Responsibilities(school string) ([]Responsibility, error)
	PutPupil(Pupil) error
	PutContact(Contact) error
	// PutResponsibility is keyed by pupil and contact. What is barred is not part of it.
	PutResponsibility(Responsibility) error
	DeleteResponsibility(pupil, contact string) error
	// PutRestriction adds a restriction, or says of it that it was lifted.
	PutRestriction(Restriction) error
	// Restrictions are those of a school's pupils, lifted or not, the oldest first.
	Restrictions(school string) ([]Restriction, error)

	// RestrictedElsewhere are the contacts of other schools from whom a restriction takes
	// something about a child, once for each.
	RestrictedElsewhere(school string) ([]Barred, error)

	// FindPupils are a school's pupils, on roll or not, of whose [SearchWords] one begins
	// with the first spelling of each word, or is one of its others: in no order, and at
	// most so many. Where there is nobody, the first may also stand within one of theirs; in
	// a school of more than some twenty thousand people not everybody is looked at then.
	// FindContacts is that for contacts, each once for every pupil of theirs.
	FindPupils(school string, words [][]string, most int) ([]Pupil, error)
	FindContacts(school string, words [][]string, most int) ([]Child, error)
	// PupilsNumbered are those of a school with this UPN or admission number.
	PupilsNumbered(school, number string) ([]Pupil, error)

	// PupilsElsewhere are those on roll at other schools who have this UPN or this
	// birthday.
	PupilsElsewhere(school, upn string, born Date) ([]Pupil, error)

	PutHeldList(HeldList) error
	HeldList(id string) (HeldList, error)
	DeleteHeldListsBefore(time.Time) error
	// PutListUndo keeps what a school's last class list changed, instead of what the one
	// before did.
	PutListUndo(ListUndo) error
	ListUndo(school string) (ListUndo, error)
	DeleteListUndo(school string) error
	DeleteListUndosBefore(time.Time) error
	// PutListMapping keeps how a school's class lists of a shape are read.
	PutListMapping(school, shape string, m ListMapping) error
	ListMapping(school, shape string) (ListMapping, error)
	// PutSavedList replaces a school's saved list of that name.
	PutSavedList(school string, l SavedList) error
	SavedLists(school string) ([]SavedList, error) // by name
	DeleteSavedList(school, name string) error
}

// AccountTx is who has signed in, and what joins them to the register.
type AccountTx interface {
	Account(id string) (Account, error)
	AccountByIdentity(provider, issuer, subject string) (Account, error)
	PutAccount(Account) error
	// DeleteStrangersBefore deletes the accounts that have not signed in since,
	// and that are nobody's at a school, joined to no contact and named by no act.
	DeleteStrangersBefore(time.Time) error
	// AccountContacts are the contacts joined to an account.
	AccountContacts(account string) ([]Contact, error)
	// AccountChildren are the pupils of those contacts, one entry for each
	// responsibility, in order of birth, eldest first.
	AccountChildren(account string) ([]Child, error)
	// AccountFamily is whose family an account's owner is of, by whatever the register
	// holds beside AccountChildren: the children whom a join of theirs covered, and those
	// from whom a contact of theirs is barred, whom no list joins to them now; and those a
	// contact of whom has this email address, where it is not "" nor that of more
	// than three names, as where an office writes its own for whoever has none, or one of
	// which a named person has said that it is not they. Of each it says what is barred of the
	// pair of the first two sorts, of the last as Unsettled that nobody has said whether it is
	// they, and nothing else.
	AccountFamily(account, email string) ([]Responsibility, error)
	// PutJoin adds the join of an account to a contact, or begins it anew.
	PutJoin(Join) error
	// Joins are those to a school's contacts that have not ended, the oldest first.
	Joins(school string) ([]Join, error)
	// JoinChild makes the joins to a contact cover one of their children.
	JoinChild(contact, pupil string, at time.Time) error
	// JoinedChildren is since when joins to a school's contacts cover each child.
	JoinedChildren(school string) (map[Link]time.Time, error)
	// LeaveContact ends every join to a contact, and keeps that it was.
	LeaveContact(contact string, at time.Time) error
	// JoinedContacts is when each contact of a school first joined an account, by
	// id; of those only who have one now.
	JoinedContacts(school string) (map[string]time.Time, error)
	// ContactPupils are a contact's children, the eldest first, and PupilContacts a
	// pupil's contacts, in the order in which the school rings them.
	ContactPupils(contact string) ([]Child, error)
	PupilContacts(pupil string) ([]Child, error)

	// PutInvitation adds an invitation and ends the contact's earlier ones.
	PutInvitation(Invitation) error
	// OpenInvitations are those of a school's contacts that were neither used nor
	// replaced, by contact; some may have expired, or died.
	OpenInvitations(school string) (map[string]Invitation, error)
	InvitationByCode(codeHash string) (Invitation, error)
	UseInvitation(id string, at time.Time) error
	// EndInvitation notes that a code died of wrong dates of birth.
	EndInvitation(id string, at time.Time) error

	// AddAttempt notes a failed attempt against a key; CountAttempts counts them since.
	AddAttempt(key string, at time.Time) error
	CountAttempts(key string, since time.Time) (int, error)
	DeleteAttemptsBefore(time.Time) error

	Session(hash string) (Session, error)
	// SessionAccount is a session of somebody who is signed in, and its account.
	SessionAccount(hash string) (Session, Account, error)
	PutSession(Session) error
	DeleteSession(hash string) error
	// AccountSessions are an account's sessions, the newest first.
	AccountSessions(account string) ([]Session, error)
	DeleteSessionsBefore(time.Time) error
	// DeleteHandshakesBefore deletes only sessions that wait for a sign-in.
	DeleteHandshakesBefore(time.Time) error
	// PutHeld keeps a form that an expired session could not send, for the same
	// account's next session, until it is sent: DropHeld forgets it.
	PutHeld(HeldForm) error
	Held(account, path string) (HeldForm, error)
	DropHeld(account, path string) error
	DeleteHeldBefore(time.Time) error
}

// ActTx is texts and acts. They are only ever added; what may be erased is said
// at EraseAct.
type ActTx interface {
	// Text is a wording that is or was current at a school.
	Text(school, hash string) (Text, error)
	// Wordings is every wording that is or was current at a school, oldest first: which
	// text and edition each is of, its Sense, and what it corrects; not its words.
	Wordings(school string) ([]Text, error)
	// ActsOn are the acts about a wording.
	ActsOn(school, hash string) ([]Act, error)
	// EachText calls f with the hash and the source of every wording.
	EachText(f func(school, hash, source string) error) error

	AddAct(Act) error
	Act(id string) (Act, error)
	// PupilActs are the signatures and decisions about a pupil, oldest first.
	PupilActs(pupil string) ([]Act, error)
	// SchoolSigned are the signatures at a school that are about no pupil, by parties of a
	// kind, oldest first: from a time on, and those before it that count longer than a day,
	// where that is not "".
	SchoolSigned(school string, by RefKind, from time.Time, longer Date) ([]Act, error)
	// StaffSigned are those by an account, at any school.
	StaffSigned(account string) ([]Act, error)
	// EventsSince are a school's events of these kinds from a time on, oldest first.
	EventsSince(school string, kinds []ActKind, from time.Time) ([]Act, error)
	// NoesLeft are the decisions about pupils on roll of a school that are their party's last
	// about a text and a no, where no list says any more that the contact holds parental
	// responsibility.
	NoesLeft(school string) ([]Act, error)
	// ActsNotCounted are the signatures and the yeses that were given online through a
	// join of which a yes does not count yet, or that has ended.
	ActsNotCounted(school string, now time.Time) ([]Act, error)
	// Events are the acts that are neither a signature nor a decision. Those of a
	// person are about them, by them or their account, or about a whole school.
	Events(EventFilter) ([]Act, error)
	// EventsOf are all events of these kinds, in the order in which they were sealed.
	EventsOf([]ActKind) ([]Act, error)
	// EraseAct erases an act's record and salt from the ledger, which goes on to
	// verify, and then the act, and answers which entry it was. The store refuses to
	// delete any other act.
	EraseAct(id string) (entry int64, err error)

	// FirstAnswers is when each pupil on roll was first signed or answered for by a
	// contact; of those only for whom somebody has.
	FirstAnswers(school string) (map[string]time.Time, error)

	// EachPupil calls f for each pupil on roll of a school, or each who has left it, in
	// the order of Pupils, with all their responsibilities, one without a say for each who is
	// restricted and no list has any more, and all signatures and decisions, in any
	// order. Of an act it fills Kind, School, Party, Subject, TextSlug, Edition,
	// Answer, Seq and Until: what a standing is computed from. What f is given is
	// reused: it must not keep it.
	EachPupil(school string, left bool, f func(*PupilFile) error) error
	// EachPupilOf is EachPupil for those on roll whom a roll picks: of up to 256, in one
	// query.
	EachPupilOf(school string, of Roll, f func(*PupilFile) error) error
}

// LedgerTx is the rows behind the append-only proof. All are only ever added.
type LedgerTx interface {
	// LedgerSize is the number of records appended.
	LedgerSize() (int64, error)
	// AppendLedger adds the entry, whose Index is the ledger's size. It has no
	// place in the tree until PlaceLedger gives it one.
	AppendLedger(LedgerEntry) error
	LedgerEntryOf(recordID string) (LedgerEntry, error)
	// LedgerWaiting are the entries that came after all that have a place.
	LedgerWaiting() ([]LedgerEntry, error)

	// LedgerLeaves is the tree's size.
	LedgerLeaves() (int64, error)
	// PlaceLedger adds leaves from the tree's size on, and the hashes they bring,
	// whose indexes are consecutive from firstHash.
	PlaceLedger(size int64, leaves []LedgerLeaf, firstHash int64, hashes [][32]byte) error
	// LedgerHashes are stored tree hashes (tlog's storage order) by index.
	LedgerHashes(indexes []int64) ([][32]byte, error)

	// LedgerHead is the head that was published last.
	LedgerHead() (LedgerHead, error)
	LedgerHeads() ([]LedgerHead, error) // oldest first
	AddLedgerHead(LedgerHead) error
	// LedgerKeys are the public keys, oldest first: the first as it is, each of the
	// others as the note by which the one before names it.
	LedgerKeys() ([]string, error)
	AddLedgerKey(n int64, public string, at time.Time) error

	// EachSealed calls f for each leaf in its order, and then for each entry that
	// has no place, in order of index; with the act of that id as it is on record
	// now, whose ID is empty where there is none. A leaf that seals nothing has
	// Index -1, and its padding as Salt.
	EachSealed(f func(LedgerEntry, Act) error) error
	// UnsealedAct is the id of an act that is not in the ledger,
	// or [ErrNotFound] where all are.
	UnsealedAct() (string, error)
}

// ErasureTx is what may go once its time is up; see [Periods]. What something else still
// refers to is not erased: [ErrConflict].
type ErasureTx interface {
	PutKeeping(Keeping) error
	DeleteKeeping(pupil string) error
	Keepings(school string) ([]Keeping, error)

	// ErasePupil erases a pupil with everything but the acts about them, which
	// have to be erased before.
	ErasePupil(id string) error
	// UnneededContacts are those of a school who are nobody's contact, against whom
	// no restriction ever was, by whom there is neither a signature nor a decision, and as
	// whom nobody joined for a pupil who is on record. MarkUnneeded notes since when,
	// and forgets it of whoever is needed again.
	UnneededContacts(school string) ([]Unneeded, error)
	MarkUnneeded(school string, at time.Time) error
	// EraseContact erases a contact with their joins and invitations.
	EraseContact(id string) error
	ContactAccounts(contact string) ([]Account, error)
	// IdleStaff are the accounts of staff who have not signed in since.
	IdleStaff(before time.Time) ([]Account, error)
	// EraseAccount erases an account with its sessions and what is held for it, and
	// answers whether it did: not one that is joined to a contact or named by an act.
	EraseAccount(id string) (bool, error)

	ContactActs(contact string) ([]Act, error) // signatures and decisions, oldest first
	ContactInvitations(contact string) ([]Invitation, error)
	// EventsNaming are those of a school that name somebody by id; EventsBefore are
	// those from before a time, oldest first, but for [HeldEvents]. What was erased is in neither.
	EventsNaming(school, id string) ([]Act, error)
	EventsBefore(school string, at time.Time, most int) ([]Act, error)
	CountEvents(school string, before time.Time) (int, error)
}

// TamperTx is by what a change of the register by hand is noticed: see [CheckRegister].
type TamperTx interface {
	// Changed is the hashes of the rows that this transaction has taken away or changed,
	// as they were, and of those that it has added or changed, as they are.
	Changed() (gone, come []RowHash)
	// EachRow calls f with the hash of each row of the register there is, and what to call
	// it: its table and its key.
	EachRow(f func(hash RowHash, name string) error) error
	// SignedEvents are those of [SignedKinds], in the order of the ledger; FirstHashed says
	// whether the register's first seal is among them.
	SignedEvents() ([]SignedEvent, error)
	FirstHashed() (bool, error)
	// LedgerErased are the entries that have no record, in their order.
	LedgerErased() ([]int64, error)
}

// SittingTx is the sittings, of which a school has one for each class at most, and one for
// visitors.
type SittingTx interface {
	// PutSitting adds a sitting, in place of the one of the same school and group.
	PutSitting(Sitting) error
	SittingByCode(code string) (Sitting, error)
	Sittings(school string) ([]Sitting, error)
	DeleteSitting(school, group string) error
	DeleteSittingsBefore(ended time.Time) error
}

// DraftTx is what staff mean to change of their school's own answers.
type DraftTx interface {
	// PutDraft adds a draft, in place of the one of the same school.
	PutDraft(Draft) error
	Draft(school string) (Draft, error)
	Drafts() ([]Draft, error)
	DeleteDraft(school string) error
}

// PictureTx is the pictures of the public sites in which pupils can be seen, and those of
// the picture desk.
type PictureTx interface {
	// PutPicture adds a picture, or replaces the one of the same school and Key.
	PutPicture(Picture) error
	Picture(school, id string) (Picture, error)
	Pictures(school string) ([]Picture, error) // in order of Page, Key
	DeletePicture(school, id string) error

	// PutPhoto adds a picture of the desk, or replaces the one of the same ID.
	PutPhoto(Photo) error
	Photo(school, id string) (Photo, error)
	Photos(school string) ([]Photo, error) // the newest first
	DeletePhoto(school, id string) error
	// PhotoSchools are the schools that have any.
	PhotoSchools() ([]string, error)
}

// ActivityTx is what is planned with pupils, and rests on answers.
type ActivityTx interface {
	PutActivity(Activity) error
	Activity(school, id string) (Activity, error)
	Activities(school string) ([]Activity, error) // those that begin last first
	EraseActivity(id string) error
}

// AccessTx is who has been given access to what.
type AccessTx interface {
	PutGrant(Grant) error
	Grants(school string) ([]Grant, error) // oldest first
	EraseGrant(id string) error
}

// LedgerEntry is one record as the ledger holds it. Record and Salt may be
// erased when a record's time is up; the tree still verifies.
type LedgerEntry struct {
	Index    int64 // in the order in which they came
	Leaf     int64 // its place in the tree, -1 until it has one
	RecordID string
	Salt     []byte // 32 random bytes
	Record   []byte // canonical JSON, see [Act.Record]
	At       time.Time
}

// LedgerLeaf is a place in the tree: an entry's by its index, or, with Entry -1,
// one that seals nothing but Padding, 32 random bytes.
type LedgerLeaf struct {
	Entry   int64
	Padding []byte
}

// LedgerHead is a signed head as it was published, the Nth from 0.
type LedgerHead struct {
	N    int64
	Head string
	At   time.Time // the set time
}

// Ledger seals records: once appended, a record can be proved to be in every
// later state of the ledger.
type Ledger interface {
	// Append seals a record within tx.
	Append(tx Tx, recordID string, record []byte, at time.Time) error
	// Prove is the promise that a record will be under a head, and the proof that it
	// is once one has been published.
	Prove(tx Tx, recordID string) (Proof, error)
	// Head is the head that was published last, Published every one, and Keys the
	// public keys that they are checked with.
	Head(LedgerTx) ([]byte, error)
	Published(LedgerTx) ([]byte, error)
	Keys(LedgerTx) ([]byte, error)
	// Sign signs a text with the ledger's key, and refuses once that was handed over.
	Sign(tx LedgerTx, text string) (string, error)
	// Consistency proves that the tree of one size begins with that of another, or
	// answers [ErrNotFound].
	Consistency(tx LedgerTx, from, to int64) ([]byte, error)
	// Keyed is a hash of a text, for one use, that takes the ledger's secret key to work
	// out. It begins with the key's own mark and a colon: what was hashed under a key
	// that has been handed over since is told by it.
	Keyed(use, text string) string
}

// Proof is a receipt: what anybody needs, with the ledger's public keys, to check
// offline that a record is in the ledger and what wording it was about. Its JSON
// is the file a parent downloads. Until the next head is published it holds the
// promise alone: Index is -1, and Head empty.
type Proof struct {
	Record    string   `json:"record"`            // canonical JSON, see [Act.Record]
	Text      string   `json:"text"`              // the canonical wording that the record names by hash
	Salt      []byte   `json:"salt"`              // base64
	Promise   string   `json:"promise,omitempty"` // signed note: a head published in time will hold the record
	Index     int64    `json:"index"`             // the record's place in the tree, from 0
	Inclusion [][]byte `json:"inclusion"`         // RFC 6962 audit path, leaf to root, base64
	Head      string   `json:"head"`              // signed note: the tree's size and root
}

// PupilFile is a pupil with everything a standing is computed from.
type PupilFile struct {
	Pupil            Pupil
	Responsibilities []Responsibility
	Acts             []Act
}

// HeldForm is what somebody typed into a form whose session had expired.
type HeldForm struct {
	AccountID string
	Path      string
	Form      map[string][]string
	At        time.Time
}

// HeldList is the file of a class list that somebody is looking at.
type HeldList struct {
	ID        string
	School    string
	AccountID string
	File      []byte       // as it came; nil once it was applied
	Mapping   *ListMapping // as somebody said it is to be read; nil where nobody has
	Applied   bool
	At        time.Time // UTC, when it came
}

// ListMapping is how the file of a class list is to be read. The zero mapping is
// as the reader recognises it.
type ListMapping struct {
	Sheet   string   // of a workbook, or school of an archive
	Columns []string // what each column is taken for; "" for nothing
	Guards  []string `json:",omitempty"` // of each column [ListColumn.Guards]
	// Encoding is how text that is not Unicode was saved: a code of [ListFile.Encodings].
	Encoding string
}
