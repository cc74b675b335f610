package store

import "schoolgate/portal"

var pictures = newTable("pictures", "x", "school, declared", func(x *portal.Picture) []field {
	return []field{
		{"school", &x.School}, {"declared", &x.Key}, {"id", &x.ID}, {"page", &x.Page}, {"alt", &x.Alt}, {"purpose", &x.Purpose},
		{"pupils", document{&x.Pupils}}, {"nobody", &x.Nobody}, {"until", &x.Until}, {"shown", stamp{&x.Shown}}, {"taken", stamp{&x.Taken}},
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

var photos = newTable("photos", "x", "id", func(x *portal.Photo) []field {
	return []field{
		{"id", &x.ID}, {"school", &x.School}, {"digest", &x.SHA256}, {"secret", &x.Secret}, {"page", &x.Page}, {"alt", &x.Alt}, {"caption", &x.Caption},
		{"who", &x.Who}, {"pupils", document{&x.Pupils}}, {"until", &x.Until}, {"elsewhere", &x.Elsewhere}, {"fetched", stamp{&x.Fetched}},
		{"brought_by", &x.BroughtBy}, {"brought", stamp{&x.Brought}}, {"said_by", &x.SaidBy}, {"looked_by", &x.LookedBy}, {"version", &x.Version},
	}
})

func (t *tx) PutPhoto(x portal.Photo) error { return put(t, photos, &x) }

func (t *tx) Photo(school, id string) (portal.Photo, error) {
	return one(t, photos.scan, "SELECT "+photos.columns+" FROM photos x WHERE x.school = $1 AND x.id = $2", school, id)
}

func (t *tx) Photos(school string) ([]portal.Photo, error) {
	return list(t, photos.scan, "SELECT "+photos.columns+" FROM photos x WHERE x.school = $1 ORDER BY x.brought DESC, x.id", school)
}

func (t *tx) DeletePhoto(school, id string) error {
	return t.remove("photos", "school = $1 AND id = $2", school, id)
}

func (t *tx) PhotoSchools() ([]string, error) {
	return list(t, value[string], "SELECT DISTINCT x.school FROM photos x ORDER BY x.school")
}
