-- A pupil's record may be kept beyond its time, for a reason.

-- +goose Up

CREATE TABLE keepings (
    pupil_id TEXT NOT NULL PRIMARY KEY REFERENCES pupils (id),
    until    TEXT NOT NULL CHECK (until <> ''), -- ISO 8601, the last day
    reason   TEXT NOT NULL,
    kept_by  TEXT NOT NULL, -- an account, or the operator
    at       TIMESTAMP NOT NULL
);

-- Since when a run has found a contact to be nobody's.
ALTER TABLE contacts ADD COLUMN unneeded_since TIMESTAMP;

-- What is erased is looked for by whom it is of.
CREATE INDEX acts_contact ON acts (contact_id);
CREATE INDEX joined_children_pupil ON joined_children (pupil_id);
CREATE INDEX invitations_contact ON invitations (contact_id);
