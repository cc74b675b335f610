-- What staff mean to change of a school's own answers, until it is public: one draft for
-- each school.

-- +goose Up

CREATE TABLE drafts (
    school  TEXT NOT NULL PRIMARY KEY REFERENCES schools (slug),
    content TEXT NOT NULL -- JSON: what changes, by whom, how far it has come
);
