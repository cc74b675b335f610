-- Those sign who have no contact's account (S3, S4): pupils in class and visitors at the
-- desk in a sitting, which has a code and dies within the day, and staff for themselves.

-- +goose Up

ALTER TABLE texts ADD COLUMN checks TEXT NOT NULL DEFAULT '';            -- JSON: what a pupil answers before they sign; empty for nothing
ALTER TABLE texts ADD COLUMN posting BOOLEAN NOT NULL DEFAULT FALSE; -- for those of the staff alone who post in the school's name

CREATE TABLE sittings (
    school    TEXT NOT NULL REFERENCES schools (slug),
    reg_group TEXT NOT NULL, -- empty for visitors
    code      TEXT NOT NULL UNIQUE CHECK (code <> ''),
    opened_by TEXT NOT NULL REFERENCES accounts (id),
    opened    TIMESTAMP NOT NULL,
    ends      TIMESTAMP NOT NULL,
    PRIMARY KEY (school, reg_group)
);
CREATE INDEX sittings_opened_by ON sittings (opened_by);

CREATE INDEX acts_school ON acts (school, at) WHERE kind = 'signature' AND subject_kind = 'school';
