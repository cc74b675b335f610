package store

import (
	"time"

	"schoolgate/portal"
)

var sittings = newTable("sittings", "s", "school, reg_group", func(s *portal.Sitting) []field {
	return []field{{"school", &s.School}, {"reg_group", &s.Group}, {"code", &s.Code}, {"opened_by", &s.By}, {"opened", stamp{&s.Opened}}, {"ends", stamp{&s.Ends}}}
})

func (t *tx) PutSitting(s portal.Sitting) error { return put(t, sittings, &s) }

func (t *tx) SittingByCode(code string) (portal.Sitting, error) {
	return one(t, sittings.scan, "SELECT "+sittings.columns+" FROM sittings s WHERE s.code = $1", code)
}

func (t *tx) Sittings(school string) ([]portal.Sitting, error) {
	return list(t, sittings.scan, "SELECT "+sittings.columns+" FROM sittings s WHERE s.school = $1 ORDER BY s.reg_group", school)
}

func (t *tx) DeleteSitting(school, group string) error {
	return t.put("DELETE FROM sittings WHERE school = $1 AND reg_group = $2", school, group)
}

func (t *tx) DeleteSittingsBefore(ended time.Time) error {
	return t.put("DELETE FROM sittings WHERE ends < $1", ended)
}
