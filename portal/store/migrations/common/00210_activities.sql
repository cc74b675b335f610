-- Activities that rest on answers: a call, a photograph, a visit (C2, C6). What was
-- proposed is never changed; what comes of it is added.

-- +goose Up

CREATE TABLE activities (
    id          TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    school      TEXT NOT NULL REFERENCES schools (slug),
    begins      TIMESTAMP NOT NULL,
    ends        TIMESTAMP NOT NULL,
    plan        TEXT NOT NULL, -- JSON: what was proposed
    pupils      TEXT NOT NULL, -- JSON, ids: whom it was for when it was proposed
    proposed_by TEXT NOT NULL, -- account
    proposed    TIMESTAMP NOT NULL,
    answer      TEXT NOT NULL CHECK (answer IN ('', 'approved', 'declined')),
    why         TEXT NOT NULL, -- it was declined
    decided_by  TEXT NOT NULL,
    decided     TIMESTAMP,
    done        TEXT NOT NULL, -- what was done
    kept        TEXT NOT NULL, -- where a recording or pictures are kept; empty for none
    kept_until  TEXT NOT NULL, -- ISO 8601, the last day
    closed_by   TEXT NOT NULL,
    closed      TIMESTAMP,
    deleted_by  TEXT NOT NULL, -- what was kept
    deleted     TIMESTAMP
);

CREATE INDEX activities_school ON activities (school, begins);
