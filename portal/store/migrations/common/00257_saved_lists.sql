-- What a school asks of its lists again and again, under a name.

-- +goose Up

CREATE TABLE saved_lists (
    school TEXT NOT NULL REFERENCES schools (slug),
    name   TEXT NOT NULL CHECK (name <> ''),
    asked  TEXT NOT NULL, -- the query of the page's address
    PRIMARY KEY (school, name)
);
