package store

import "schoolgate/portal"

var activities = newTable("activities", "x", "id", func(x *portal.Activity) []field {
	return []field{
		{"id", &x.ID}, {"school", &x.School}, {"begins", stamp{&x.Begins}}, {"ends", stamp{&x.Ends}}, {"plan", document{&x.Plan}}, {"pupils", document{&x.Pupils}},
		{"proposed_by", &x.Proposed.By}, {"proposed", stamp{&x.Proposed.At}}, {"answer", &x.Answer}, {"why", &x.Why}, {"decided_by", &x.Decided.By}, {"decided", stamp{&x.Decided.At}},
		{"done", &x.Done}, {"kept", &x.Kept}, {"kept_until", &x.KeptUntil}, {"closed_by", &x.Closed.By}, {"closed", stamp{&x.Closed.At}}, {"deleted_by", &x.Deleted.By}, {"deleted", stamp{&x.Deleted.At}},
	}
})

func (t *tx) PutActivity(x portal.Activity) error {
	return put(t, activities, &x)
}

func (t *tx) Activity(school, id string) (portal.Activity, error) {
	return one(t, activities.scan, "SELECT "+activities.columns+" FROM activities x WHERE x.school = $1 AND x.id = $2", school, id)
}

func (t *tx) Activities(school string) ([]portal.Activity, error) {
	return list(t, activities.scan, "SELECT "+activities.columns+" FROM activities x WHERE x.school = $1 ORDER BY x.begins DESC, x.id", school)
}

func (t *tx) EraseActivity(id string) error {
	return t.remove("activities", "id = $1", id)
}
