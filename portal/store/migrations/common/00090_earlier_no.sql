-- A no from before somebody was barred from deciding counts on, until a named person
-- takes that as well: a fourth thing that may be taken.

-- +goose Up

ALTER TABLE restrictions RENAME TO restrictions_before;
DROP INDEX restrictions_in_force;
DROP INDEX restrictions_contact;
CREATE TABLE restrictions (
    id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    pupil_id   TEXT NOT NULL REFERENCES pupils (id),
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    takes      INTEGER NOT NULL CHECK (takes IN (1, 2, 4, 8)), -- to see, to decide, to be written to, to keep an earlier no
    since      TIMESTAMP NOT NULL,
    set_by     TEXT NOT NULL,
    why        TEXT NOT NULL, -- empty until somebody has looked at what a class list said
    until      TIMESTAMP,     -- when it was lifted
    lifted_by  TEXT NOT NULL,
    lifted_why TEXT NOT NULL,
    CHECK ((until IS NULL) = (lifted_why = ''))
);
INSERT INTO restrictions (id, pupil_id, contact_id, takes, since, set_by, why, until, lifted_by, lifted_why)
    SELECT id, pupil_id, contact_id, takes, since, set_by, why, until, lifted_by, lifted_why FROM restrictions_before;
DROP TABLE restrictions_before;
CREATE UNIQUE INDEX restrictions_in_force ON restrictions (pupil_id, contact_id, takes) WHERE until IS NULL;
CREATE INDEX restrictions_contact ON restrictions (contact_id);
