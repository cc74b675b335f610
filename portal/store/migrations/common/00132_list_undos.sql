-- What a school's last class list changed, as it was, for as long as the office may take
-- the list back.

-- +goose Up

CREATE TABLE list_undos (
    school  TEXT NOT NULL PRIMARY KEY REFERENCES schools (slug),
    at      TIMESTAMP NOT NULL, -- when the list was applied
    content TEXT NOT NULL       -- JSON: see portal.ListBefore
);
