package store

import "schoolgate/portal"

var pictures = newTable("pictures", "x", "school, declared", func(x *portal.Picture) []field {
	return []field{
		{"school", &x.School}, {"declared", &x.Key}, {"id", &x.ID}, {"page", &x.Page}, {"alt", &x.Alt}, {"purpose", &x.Purpose},
		{"pupils", document{&x.Pupils}}, {"until", &x.Until}, {"shown", stamp{&x.Shown}}, {"taken", stamp{&x.Taken}},
	}
})

func (t *tx) PutPicture(x portal.Picture) error {
	return put(t, pictures, &x)
}

func (t *tx) Picture(school, id string) (portal.Picture, error) {
	return one(t, pictures.scan, "SELECT "+pictures.columns+" FROM pictures x WHERE x.school = $1 AND x.id = $2", school, id)
}

func (t *tx) Pictures(school string) ([]portal.Picture, error) {
	return list(t, pictures.scan, "SELECT "+pictures.columns+" FROM pictures x WHERE x.school = $1 ORDER BY x.page, x.declared", school)
}

func (t *tx) DeletePicture(school, id string) error {
	return t.remove("pictures", "school = $1 AND id = $2", school, id)
}
