-- One table for every act: who spoke, about whom or what, who entered it and how,
-- on which wording. The first signatures and decisions keep the form in which they
-- were sealed. No program repeats a column any more: what EachPupil reads of a row
-- is a column, packed, that the database makes: fields that each end with a space,
-- but a relationship, which comes last with its length in characters before it.

-- +goose Up

ALTER TABLE responsibilities RENAME TO responsibilities_before;
CREATE TABLE responsibilities (
    pupil_id     TEXT NOT NULL REFERENCES pupils (id),
    contact_id   TEXT NOT NULL REFERENCES contacts (id),
    relationship TEXT NOT NULL,
    priority     INTEGER NOT NULL CHECK (priority >= 0),
    parental     BOOLEAN NOT NULL,
    court_order  BOOLEAN NOT NULL,
    packed       TEXT GENERATED ALWAYS AS (contact_id || CASE WHEN parental THEN ' 1' ELSE ' 0' END || CASE WHEN court_order THEN ' 1 ' ELSE ' 0 ' END
        || CAST(priority AS TEXT) || ' ' || CAST(length(relationship) AS TEXT) || ' ' || relationship) STORED,
    PRIMARY KEY (pupil_id, contact_id)
);
INSERT INTO responsibilities (pupil_id, contact_id, relationship, priority, parental, court_order)
    SELECT pupil_id, contact_id, relationship, priority, parental, court_order FROM responsibilities_before;
DROP TABLE responsibilities_before;
CREATE INDEX responsibilities_contact ON responsibilities (contact_id, pupil_id);

ALTER TABLE texts ADD COLUMN audience TEXT NOT NULL DEFAULT '' CHECK (audience IN ('', 'parents', 'pupils', 'staff', 'visitors')); -- empty is parents
ALTER TABLE texts ADD COLUMN basis TEXT NOT NULL DEFAULT '' CHECK (basis IN ('', 'consent', 'objection'));
ALTER TABLE texts ADD COLUMN from_age INTEGER NOT NULL DEFAULT 0; -- years; 0 is never
ALTER TABLE texts ADD COLUMN months INTEGER NOT NULL DEFAULT 0;   -- how long an act on it counts; 0 is always

-- entered_by has no reference: the operator at the command line has no account.

CREATE TABLE acts (
    id             TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    record_version INTEGER NOT NULL CHECK (record_version >= 1), -- of its form in the ledger
    kind           TEXT NOT NULL CHECK (kind <> ''),
    school         TEXT NOT NULL,
    party_kind     TEXT NOT NULL CHECK (party_kind <> '' AND party_kind NOT LIKE '% %'),
    party_id       TEXT NOT NULL CHECK (party_id <> '' AND party_id NOT LIKE '% %'),
    subject_kind   TEXT NOT NULL,
    subject_id     TEXT NOT NULL,
    entered_by     TEXT NOT NULL,
    way            TEXT NOT NULL CHECK (way IN ('online', 'in class', 'paper', 'telephone', 'in person', 'office', 'command')),
    text_slug      TEXT NOT NULL CHECK (text_slug NOT LIKE '% %'),
    edition        INTEGER NOT NULL,
    text_hash      TEXT,
    language       TEXT NOT NULL,
    at             TIMESTAMP NOT NULL,
    until          TEXT NOT NULL, -- ISO 8601, the last day on which it counts, or empty
    typed_name     TEXT NOT NULL,
    answer         TEXT NOT NULL,
    seq            INTEGER NOT NULL,
    details        TEXT NOT NULL, -- JSON, or empty
    -- Of a signature or a decision, which are about a pupil or by a contact who must exist.
    pupil_id   TEXT GENERATED ALWAYS AS (CASE WHEN kind IN ('signature', 'decision') AND subject_kind = 'pupil' THEN subject_id END) STORED REFERENCES pupils (id),
    contact_id TEXT GENERATED ALWAYS AS (CASE WHEN kind IN ('signature', 'decision') AND party_kind = 'contact' THEN party_id END) STORED REFERENCES contacts (id),
    -- Of a signature or a decision; of the two kinds their first letters.
    packed TEXT GENERATED ALWAYS AS (CASE WHEN kind IN ('signature', 'decision') THEN substr(kind, 1, 1) || ' ' || substr(party_kind, 1, 1) || ' ' || party_id || ' ' || text_slug || ' '
        || CAST(edition AS TEXT) || ' ' || answer || ' ' || CAST(seq AS TEXT) || ' ' || until || ' ' END) STORED,
    FOREIGN KEY (school, text_hash) REFERENCES texts (school, hash),
    CHECK (kind NOT IN ('signature', 'decision') OR (text_hash IS NOT NULL AND text_slug <> '' AND seq >= 1)),
    CHECK (CASE kind WHEN 'decision' THEN answer IN ('given', 'refused', 'withdrawn') ELSE answer = '' END)
);
INSERT INTO acts (id, record_version, kind, school, party_kind, party_id, subject_kind, subject_id, entered_by, way,
        text_slug, edition, text_hash, language, at, until, typed_name, answer, seq, details)
    SELECT id, 1, 'signature', school, 'contact', contact_id, 'pupil', pupil_id, account_id, channel, text_slug, edition, text_hash, language, at, '', typed_name, '',
        ROW_NUMBER() OVER (PARTITION BY pupil_id, contact_id, text_slug ORDER BY at, id), '' FROM signatures
    UNION ALL
    SELECT id, 1, 'decision', school, 'contact', contact_id, 'pupil', pupil_id, account_id, channel, text_slug, edition, text_hash, language, at, '', '', answer, seq, '' FROM decisions;
DROP TABLE signatures;
DROP TABLE decisions;
CREATE UNIQUE INDEX acts_once ON acts (subject_id, party_id, subject_kind, party_kind, kind, text_slug, seq) WHERE kind IN ('signature', 'decision');
CREATE INDEX acts_each ON acts (pupil_id, packed);
CREATE INDEX acts_events ON acts (school, at) WHERE kind NOT IN ('signature', 'decision');
CREATE INDEX acts_entered_by ON acts (entered_by, at);
