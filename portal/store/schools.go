package store

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"

	"schoolgate/portal"
)

// schoolCache is schools by slug as they were last read. A school is large, with
// all its texts, and is asked for on every page; its content's hash says whether
// what is remembered is what the database holds.
type schoolCache struct {
	mu    sync.Mutex
	known map[string]knownSchool
}

type knownSchool struct {
	hash   string
	school portal.School
}

func (c *schoolCache) get(slug, hash string) (portal.School, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.known[slug]
	if !ok || k.hash != hash {
		return portal.School{}, false
	}
	return own(k.school), true
}

func (c *schoolCache) put(slug, hash string, s portal.School) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[string]knownSchool{}
	}
	c.known[slug] = knownSchool{hash, own(s)}
}

// own is a school whose lists are nobody else's.
func own(s portal.School) portal.School {
	s.Address, s.Texts = slices.Clone(s.Address), slices.Clone(s.Texts)
	return s
}

func (t *tx) PutSchool(s portal.School) error {
	s = own(s)
	for i := range s.Texts {
		s.Texts[i].School = s.Slug
	}
	value, err := document{s}.Value()
	if err != nil {
		return err
	}
	content := value.(string)
	sum := sha256.Sum256([]byte(content))
	err = t.change("schools", "slug = $1", []any{s.Slug}, func() error {
		return t.put(`INSERT INTO schools (slug, content_hash, content) VALUES ($1, $2, $3)
			ON CONFLICT (slug) DO UPDATE SET content_hash = excluded.content_hash, content = excluded.content`,
			s.Slug, hex.EncodeToString(sum[:]), content)
	})
	if err != nil {
		return err
	}
	for _, x := range s.Texts {
		if err := t.putText(x); err != nil {
			return err
		}
	}
	return nil
}

type schoolVersion struct{ slug, hash string }

func (v *schoolVersion) fields() []any { return []any{&v.slug, &v.hash} }

func (t *tx) School(slug string) (portal.School, error) {
	v, err := one(t, (*schoolVersion).fields, "SELECT slug, content_hash FROM schools WHERE slug = $1", slug)
	if err != nil {
		return portal.School{}, err
	}
	return t.school(v)
}

func (t *tx) Schools() ([]portal.School, error) {
	versions, err := list(t, (*schoolVersion).fields, "SELECT slug, content_hash FROM schools ORDER BY slug")
	if err != nil {
		return nil, err
	}
	all := make([]portal.School, len(versions))
	for i, v := range versions {
		if all[i], err = t.school(v); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (t *tx) school(v schoolVersion) (portal.School, error) {
	if s, ok := t.schools.get(v.slug, v.hash); ok {
		return s, nil
	}
	s, err := one(t, func(s *portal.School) []any { return []any{document{s}} }, "SELECT content FROM schools WHERE slug = $1", v.slug)
	if err == nil {
		t.schools.put(v.slug, v.hash, s)
	}
	return s, err
}
