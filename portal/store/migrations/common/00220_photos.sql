-- The picture desk: pictures that staff have brought, who is in each, and where it goes. The
-- pictures themselves stand in files of the data folder, each encrypted with the key in its
-- row: neither alone shows anything, and a row that is deleted takes its picture with it.

-- +goose Up

CREATE TABLE photos (
    id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''), -- and its file's name
    school     TEXT NOT NULL REFERENCES schools (slug),
    digest     TEXT NOT NULL, -- SHA-256 of the picture, hexadecimal
    secret     TEXT NOT NULL, -- AES-256, hexadecimal
    page       TEXT NOT NULL, -- within the site; empty until somebody says where it goes
    alt        TEXT NOT NULL,
    caption    TEXT NOT NULL,
    who        TEXT NOT NULL CHECK (who IN ('', 'pupils', 'nobody', 'unsure')),
    pupils     TEXT NOT NULL, -- JSON, ids
    until      TEXT NOT NULL, -- ISO 8601, the last day; empty for no last one
    elsewhere  TEXT NOT NULL, -- where else the school has used it
    fetched    TIMESTAMP,     -- when it had been taken down there, by hand
    brought_by TEXT NOT NULL, -- account
    brought    TIMESTAMP NOT NULL,
    said_by    TEXT NOT NULL, -- the account that said who is in it
    looked_by  TEXT NOT NULL, -- the account that agreed that nobody is
    version    INTEGER NOT NULL, -- goes up with each change
    UNIQUE (school, digest)
);

ALTER TABLE pictures ADD COLUMN nobody BOOLEAN NOT NULL DEFAULT FALSE; -- two people have said that no pupil is in it
