-- The register, the accounts, the acts and the ledger. One text for SQLite and
-- PostgreSQL: ids are made by the program, times are UTC to the microsecond.
--
-- A column named packed is what EachPupil reads of a row, as one text: fields that
-- each end with a space, which ids and slugs never hold; a relationship comes last,
-- with its length in characters before it.

-- +goose Up

CREATE TABLE schools (
    slug         TEXT NOT NULL PRIMARY KEY CHECK (slug <> ''),
    content_hash TEXT NOT NULL, -- SHA-256 of content, hexadecimal
    content      TEXT NOT NULL  -- JSON, with the current texts as they are shown now
);

CREATE TABLE pupils (
    id               TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    school           TEXT NOT NULL REFERENCES schools (slug),
    upn              TEXT NOT NULL,
    admission_number TEXT NOT NULL,
    forename         TEXT NOT NULL,
    surname          TEXT NOT NULL,
    born             TEXT NOT NULL, -- ISO 8601, or empty
    school_year      INTEGER NOT NULL,
    reg_group        TEXT NOT NULL,
    looked_after     BOOLEAN NOT NULL,
    left_at          TIMESTAMP,
    sort_key         BYTEA NOT NULL -- group, surname and forename as a dictionary orders them
);
CREATE UNIQUE INDEX pupils_upn ON pupils (school, upn) WHERE upn <> '';
CREATE INDEX pupils_order ON pupils (school, school_year, sort_key, id);

CREATE TABLE contacts (
    id     TEXT NOT NULL PRIMARY KEY CHECK (id <> '' AND id NOT LIKE '% %'),
    school TEXT NOT NULL REFERENCES schools (slug),
    name   TEXT NOT NULL,
    email  TEXT NOT NULL,
    phone  TEXT NOT NULL
);
CREATE INDEX contacts_school ON contacts (school, id);

CREATE TABLE responsibilities (
    pupil_id     TEXT NOT NULL REFERENCES pupils (id),
    contact_id   TEXT NOT NULL REFERENCES contacts (id),
    relationship TEXT NOT NULL,
    priority     INTEGER NOT NULL CHECK (priority >= 0),
    parental     BOOLEAN NOT NULL,
    court_order  BOOLEAN NOT NULL,
    packed       TEXT NOT NULL CHECK (packed = contact_id || CASE WHEN parental THEN ' 1' ELSE ' 0' END || CASE WHEN court_order THEN ' 1 ' ELSE ' 0 ' END
        || CAST(priority AS TEXT) || ' ' || CAST(length(relationship) AS TEXT) || ' ' || relationship),
    PRIMARY KEY (pupil_id, contact_id)
);
CREATE INDEX responsibilities_contact ON responsibilities (contact_id, pupil_id);

CREATE TABLE imports (
    id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    school     TEXT NOT NULL,
    account_id TEXT NOT NULL,
    list_rows  TEXT NOT NULL, -- JSON
    at         TIMESTAMP NOT NULL
);

CREATE TABLE accounts (
    id           TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    provider     TEXT NOT NULL,
    issuer       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    name         TEXT NOT NULL,
    staff_email  TEXT NOT NULL,
    created      TIMESTAMP NOT NULL,
    last_sign_in TIMESTAMP
);
CREATE UNIQUE INDEX accounts_identity ON accounts (provider, issuer, subject);

CREATE TABLE account_contacts (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    joined     TIMESTAMP NOT NULL,
    PRIMARY KEY (account_id, contact_id)
);
CREATE INDEX account_contacts_contact ON account_contacts (contact_id);

CREATE TABLE invitations (
    id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    code_hash  TEXT NOT NULL CHECK (code_hash <> ''),
    issued     TIMESTAMP NOT NULL,
    expires    TIMESTAMP NOT NULL,
    used       TIMESTAMP
);
CREATE UNIQUE INDEX invitations_code ON invitations (code_hash);
CREATE UNIQUE INDEX invitations_open ON invitations (contact_id) WHERE used IS NULL;

CREATE TABLE attempts (
    attempt_key TEXT NOT NULL,
    at          TIMESTAMP NOT NULL
);
CREATE INDEX attempts_key ON attempts (attempt_key, at);
CREATE INDEX attempts_at ON attempts (at);

CREATE TABLE sessions (
    hash       TEXT NOT NULL PRIMARY KEY CHECK (hash <> ''),
    account_id TEXT REFERENCES accounts (id),
    handshake  TEXT NOT NULL, -- JSON
    return_to  TEXT NOT NULL,
    created    TIMESTAMP NOT NULL,
    expires    TIMESTAMP NOT NULL
);
CREATE INDEX sessions_expires ON sessions (expires);

CREATE TABLE held_forms (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    path       TEXT NOT NULL,
    form       TEXT NOT NULL, -- JSON
    at         TIMESTAMP NOT NULL,
    PRIMARY KEY (account_id, path)
);

-- Every wording that ever was current, as it first was.
CREATE TABLE texts (
    school     TEXT NOT NULL REFERENCES schools (slug),
    hash       TEXT NOT NULL CHECK (hash <> ''),
    kind       TEXT NOT NULL CHECK (kind IN ('agreement', 'purpose')),
    slug       TEXT NOT NULL CHECK (slug <> '' AND slug NOT LIKE '% %'),
    title      TEXT NOT NULL,
    edition    INTEGER NOT NULL,
    source     TEXT NOT NULL,
    html       TEXT NOT NULL,
    path       TEXT NOT NULL,
    published  TIMESTAMP,
    summary    TEXT NOT NULL,
    statement  TEXT NOT NULL,
    question   TEXT NOT NULL,
    if_given   TEXT NOT NULL,
    if_refused TEXT NOT NULL,
    PRIMARY KEY (school, hash)
);

-- account_id has no reference: the operator at the command line has no account.

CREATE TABLE signatures (
    id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    school     TEXT NOT NULL,
    pupil_id   TEXT NOT NULL REFERENCES pupils (id),
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    account_id TEXT NOT NULL,
    text_slug  TEXT NOT NULL CHECK (text_slug <> '' AND text_slug NOT LIKE '% %'),
    edition    INTEGER NOT NULL,
    text_hash  TEXT NOT NULL,
    at         TIMESTAMP NOT NULL,
    channel    TEXT NOT NULL CHECK (channel IN ('online', 'paper')),
    language   TEXT NOT NULL,
    typed_name TEXT NOT NULL,
    packed     TEXT NOT NULL CHECK (packed = contact_id || ' ' || text_slug || ' ' || CAST(edition AS TEXT) || ' '),
    FOREIGN KEY (school, text_hash) REFERENCES texts (school, hash)
);
CREATE UNIQUE INDEX signatures_once ON signatures (pupil_id, contact_id, text_hash);
CREATE INDEX signatures_packed ON signatures (pupil_id, packed);

CREATE TABLE decisions (
    id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    school     TEXT NOT NULL,
    pupil_id   TEXT NOT NULL REFERENCES pupils (id),
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    account_id TEXT NOT NULL,
    text_slug  TEXT NOT NULL CHECK (text_slug <> '' AND text_slug NOT LIKE '% %'),
    edition    INTEGER NOT NULL,
    text_hash  TEXT NOT NULL,
    at         TIMESTAMP NOT NULL,
    channel    TEXT NOT NULL CHECK (channel IN ('online', 'paper')),
    language   TEXT NOT NULL,
    answer     TEXT NOT NULL CHECK (answer IN ('given', 'refused', 'withdrawn')),
    seq        INTEGER NOT NULL CHECK (seq >= 1),
    packed     TEXT NOT NULL CHECK (packed = contact_id || ' ' || text_slug || ' ' || CAST(edition AS TEXT) || ' ' || answer || ' ' || CAST(seq AS TEXT) || ' '),
    FOREIGN KEY (school, text_hash) REFERENCES texts (school, hash)
);
CREATE UNIQUE INDEX decisions_once ON decisions (pupil_id, contact_id, text_slug, seq);
CREATE INDEX decisions_packed ON decisions (pupil_id, packed);

-- Each row but the first names the one before it, so there can be no gap.

CREATE TABLE ledger (
    idx       BIGINT NOT NULL PRIMARY KEY,
    previous  BIGINT REFERENCES ledger (idx),
    record_id TEXT NOT NULL CHECK (record_id <> ''),
    salt      BYTEA,
    record    TEXT,
    at        TIMESTAMP NOT NULL,
    CHECK ((idx = 0 AND previous IS NULL) OR (idx > 0 AND previous IS NOT NULL AND previous = idx - 1)),
    CHECK ((salt IS NULL AND record IS NULL) OR (salt IS NOT NULL AND length(salt) = 32 AND record IS NOT NULL))
);
CREATE UNIQUE INDEX ledger_record ON ledger (record_id);

CREATE TABLE ledger_hashes (
    idx      BIGINT NOT NULL PRIMARY KEY,
    previous BIGINT REFERENCES ledger_hashes (idx),
    hash     BYTEA NOT NULL CHECK (length(hash) = 32),
    CHECK ((idx = 0 AND previous IS NULL) OR (idx > 0 AND previous IS NOT NULL AND previous = idx - 1))
);
