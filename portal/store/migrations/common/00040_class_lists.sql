-- Class lists in: a file is held while somebody looks at it, and how a school's
-- files of one shape are read is remembered. A responsibility may wait for the
-- office to settle it, and what was settled there is told from what a list said.

-- +goose Up

DROP TABLE imports;

CREATE TABLE held_lists (
    id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    school     TEXT NOT NULL,
    account_id TEXT NOT NULL,
    content    BYTEA, -- the file, until it is applied
    mapping    TEXT NOT NULL, -- JSON
    applied    BOOLEAN NOT NULL,
    at         TIMESTAMP NOT NULL
);

CREATE TABLE list_mappings (
    school  TEXT NOT NULL REFERENCES schools (slug),
    shape   TEXT NOT NULL, -- SHA-256 of the format and the headings, hexadecimal
    mapping TEXT NOT NULL, -- JSON
    PRIMARY KEY (school, shape)
);

ALTER TABLE responsibilities ADD COLUMN unsettled BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE responsibilities ADD COLUMN settled_by TEXT NOT NULL DEFAULT '';

CREATE INDEX pupils_upn_anywhere ON pupils (upn) WHERE upn <> '';
CREATE INDEX pupils_born ON pupils (born);
