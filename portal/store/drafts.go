package store

import "schoolgate/portal"

var drafts = newTable("drafts", "d", "school", func(x *portal.Draft) []field {
	return []field{{"school", &x.School}, {"content", document{x}}}
})

func (t *tx) PutDraft(x portal.Draft) error { return put(t, drafts, &x) }

func (t *tx) Draft(school string) (portal.Draft, error) {
	return one(t, drafts.scan, "SELECT "+drafts.columns+" FROM drafts d WHERE d.school = $1", school)
}

func (t *tx) Drafts() ([]portal.Draft, error) {
	return list(t, drafts.scan, "SELECT "+drafts.columns+" FROM drafts d ORDER BY d.school")
}

func (t *tx) DeleteDraft(school string) error {
	return t.remove("drafts", "school = $1", school)
}
