package store

import "schoolgate/portal"

var accessGrants = newTable("access_grants", "g", "id", func(g *portal.Grant) []field {
	return []field{
		{"id", &g.ID}, {"school", &g.School}, {"holder_kind", &g.Holder.Kind}, {"holder_id", &g.Holder.ID}, {"what", &g.What}, {"item", &g.Item}, {"rests", document{&g.Rests}}, {"why", &g.Why},
		{"given_by", &g.Given.By}, {"given", stamp{&g.Given.At}}, {"reviewed_by", &g.Reviewed.By}, {"reviewed", stamp{&g.Reviewed.At}}, {"ended_by", &g.Ended.By}, {"ended", stamp{&g.Ended.At}},
	}
})

func (t *tx) PutGrant(g portal.Grant) error { return put(t, accessGrants, &g) }

func (t *tx) Grants(school string) ([]portal.Grant, error) {
	return list(t, accessGrants.scan, "SELECT "+accessGrants.columns+" FROM access_grants g WHERE g.school = $1 ORDER BY g.given, g.id", school)
}

func (t *tx) EraseGrant(id string) error { return t.remove("access_grants", "id = $1", id) }
