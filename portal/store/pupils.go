package store

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"schoolgate/portal"
)

// A pupil is one row, with everything about them packed into texts: a database
// makes those far faster than it hands over eighteen rows. The schema says how.
const eachPupil = `SELECT p.id, p.upn, p.admission_number, p.forename, p.surname, p.born, p.school_year, p.reg_group, p.looked_after, p.left_at, p.sort_key,
	(SELECT string_agg(r.packed, '') FROM responsibilities r WHERE r.pupil_id = p.id),
	(SELECT string_agg(x.contact_id || ' ' || CAST(x.takes AS TEXT) || CASE WHEN x.why = '' THEN ' 1 ' ELSE ' 0 ' END, '') FROM restrictions x WHERE x.pupil_id = p.id AND x.until IS NULL),
	(SELECT string_agg(a.packed, '') FROM acts a WHERE a.pupil_id = p.id)
	FROM pupils p
	WHERE p.school = $1 AND (p.school_year, p.sort_key, p.id) > ($2, $3, $4) AND (p.left_at IS NOT NULL) = $5%s
	ORDER BY p.school_year, p.sort_key, p.id LIMIT $6`

// So many pupils are read before f is called on them, with no query open, so
// that f may use the transaction.
const pupilPage = 256

type packedPupil struct {
	pupil                                portal.Pupil
	responsibilities, restrictions, acts string
}

func (t *tx) EachPupil(school string, left bool, f func(*portal.PupilFile) error) error {
	return t.eachPupil(school, left, "", nil, f)
}

func (t *tx) EachPupilOf(school string, of portal.Roll, f func(*portal.PupilFile) error) error {
	if of.IDs != nil && len(of.IDs) == 0 {
		return nil
	}
	where, args := "", []any(nil)
	mark := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(6+len(args))
	}
	if of.Year != nil {
		where += " AND p.school_year = " + mark(int(*of.Year))
	}
	if of.Group != "" {
		where += " AND p.reg_group = " + mark(of.Group)
	}
	if of.IDs != nil {
		var ids []string
		for _, id := range of.IDs {
			ids = append(ids, mark(id))
		}
		where += " AND p.id IN (" + strings.Join(ids, ", ") + ")"
	}
	return t.eachPupil(school, false, where, args, f)
}

// eachPupil reads the pupils whom a condition picks, whose arguments are from $7 on.
func (t *tx) eachPupil(school string, left bool, where string, more []any, f func(*portal.PupilFile) error) error {
	query := fmt.Sprintf(eachPupil, where)
	var rec portal.PupilFile
	page := make([]packedPupil, pupilPage)
	year, key, id := -1<<31, []byte{}, ""
	for {
		n := 0
		var lastKey sql.RawBytes
		err := t.rows(query, append([]any{school, year, key, id, left, pupilPage}, more...), func(rows *sql.Rows) error {
			r := &page[n]
			n++
			p := &r.pupil
			p.School = school
			err := rows.Scan(&p.ID, &p.UPN, &p.AdmissionNumber, &p.Forename, &p.Surname, &p.Born, &p.Year, &p.Group, &p.LookedAfter, stamp{&p.Left}, &lastKey,
				maybe{&r.responsibilities}, maybe{&r.restrictions}, maybe{&r.acts})
			if n == pupilPage {
				key = append(key[:0], lastKey...)
			}
			return err
		})
		if err != nil {
			return err
		}
		for i := range page[:n] {
			if err := page[i].unpack(&rec); err != nil {
				return err
			}
			if err := f(&rec); err != nil {
				return err
			}
		}
		if n < pupilPage {
			return nil
		}
		last := &page[n-1].pupil
		year, id = int(last.Year), last.ID
	}
}

func (r *packedPupil) unpack(rec *portal.PupilFile) error {
	rec.Pupil = r.pupil
	rec.Responsibilities, rec.Acts = rec.Responsibilities[:0], rec.Acts[:0]
	id, school := r.pupil.ID, r.pupil.School
	p := pack{rest: r.responsibilities}
	for p.more() {
		x := portal.Responsibility{PupilID: id, ContactID: p.word(), Parental: p.word() == "1", Priority: p.number()}
		x.Relationship = p.text(p.number())
		rec.Responsibilities = append(rec.Responsibilities, x)
	}
	broken := p.broken
	p = pack{rest: r.restrictions}
	for p.more() {
		contact, takes := p.word(), portal.Rights(p.number())
		rec.Pupil.Unread = p.word() == "1" || rec.Pupil.Unread
		i := slices.IndexFunc(rec.Responsibilities, func(x portal.Responsibility) bool { return x.ContactID == contact })
		if i < 0 { // no list has them any more, and what is taken stays taken
			i = len(rec.Responsibilities)
			rec.Responsibilities = append(rec.Responsibilities, portal.Responsibility{PupilID: id, ContactID: contact})
		}
		rec.Responsibilities[i].Barred |= takes
	}
	broken = broken || p.broken
	p = pack{rest: r.acts}
	for p.more() {
		rec.Acts = append(rec.Acts, portal.Act{})
		a := &rec.Acts[len(rec.Acts)-1]
		a.School, a.Subject, a.Kind = school, portal.Ref{Kind: portal.RefPupil, ID: id}, actKinds[p.word()]
		a.Party.Kind, a.Party.ID, a.TextSlug, a.Edition = partyKinds[p.word()], p.word(), p.word(), p.number()
		a.Answer, a.Seq, a.Until = portal.Answer(p.word()), p.number(), portal.Date(p.word())
	}
	if broken || p.broken {
		return errors.New("store: the register holds an id or a slug with a space in it")
	}
	return nil
}

// What the first letters in a pack stand for.
var (
	actKinds   = map[string]portal.ActKind{"s": portal.Signature, "d": portal.Decision}
	partyKinds = map[string]portal.RefKind{"c": portal.RefContact, "p": portal.RefPupil, "s": portal.RefStaff, "v": portal.RefVisitor, "w": portal.RefWorker}
)

// pack is a packed text as it is read.
type pack struct {
	rest   string
	broken bool
}

func (p *pack) more() bool { return p.rest != "" && !p.broken }

func (p *pack) word() string {
	w, rest, ok := strings.Cut(p.rest, " ")
	p.rest, p.broken = rest, p.broken || !ok
	return w
}

func (p *pack) number() int {
	n, err := strconv.Atoi(p.word())
	p.broken = p.broken || err != nil
	return n
}

// text is the next n characters.
func (p *pack) text(n int) string {
	end := 0
	for ; n > 0 && end < len(p.rest); n-- {
		_, size := utf8.DecodeRuneInString(p.rest[end:])
		end += size
	}
	s := p.rest[:end]
	p.rest, p.broken = p.rest[end:], p.broken || n > 0
	return s
}
