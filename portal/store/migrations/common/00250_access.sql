-- The record of who has been given access to devices and systems (S5). What was given is
-- never changed; that somebody looked through it, and that it ended, is added.

-- +goose Up

CREATE TABLE access_grants (
    id          TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    school      TEXT NOT NULL REFERENCES schools (slug),
    holder_kind TEXT NOT NULL CHECK (holder_kind IN ('pupil', 'staff')),
    holder_id   TEXT NOT NULL, -- a pupil's id, or a work address
    what        TEXT NOT NULL CHECK (what IN ('device', 'network', 'email', 'platform')),
    item        TEXT NOT NULL,
    rests       TEXT NOT NULL, -- JSON: the signatures that it was given on
    why         TEXT NOT NULL, -- a head gave it without one; empty otherwise
    given_by    TEXT NOT NULL, -- account
    given       TIMESTAMP NOT NULL,
    reviewed_by TEXT NOT NULL,
    reviewed    TIMESTAMP,
    ended_by    TEXT NOT NULL,
    ended       TIMESTAMP
);

CREATE INDEX access_grants_school ON access_grants (school, given);
CREATE UNIQUE INDEX access_grants_once ON access_grants (school, holder_kind, holder_id, what, item) WHERE ended IS NULL;
