-- Pictures of the public sites in which pupils can be seen (P15): who is in each, what
-- their parents are asked, and whether it is shown. A picture that was taken down stays
-- so until somebody puts it back, under another id.

-- +goose Up

CREATE TABLE pictures (
    id       TEXT NOT NULL PRIMARY KEY CHECK (id <> ''), -- its published name: nobody can guess it
    school   TEXT NOT NULL REFERENCES schools (slug),
    declared TEXT NOT NULL, -- SHA-256 of where it stands and of the file, hexadecimal
    page     TEXT NOT NULL, -- within the site
    alt      TEXT NOT NULL,
    purpose  TEXT NOT NULL,
    pupils   TEXT NOT NULL, -- JSON, ids
    until    TEXT NOT NULL, -- ISO 8601, the last day; empty for no last one
    shown    TIMESTAMP,     -- since when it may be
    taken    TIMESTAMP,     -- when it was taken down
    UNIQUE (school, declared)
);
