-- What is sent by mail: of whom and when, and never the words. A mail is put here by the
-- transaction that causes it, and made when it is sent.

-- +goose Up

CREATE TABLE outbox (
    id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    school     TEXT NOT NULL REFERENCES schools (slug),
    kind       TEXT NOT NULL CHECK (kind <> ''),
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    asked_by   TEXT NOT NULL, -- an account, or the operator; empty where the contact's own act caused it
    queued     TIMESTAMP NOT NULL,
    due        TIMESTAMP NOT NULL, -- when it is tried next
    since      TIMESTAMP NOT NULL, -- from when its time is reckoned
    tries      INTEGER NOT NULL CHECK (tries >= 0),
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'unknown', 'needless', 'cancelled')),
    lease      TIMESTAMP, -- until when a sender has it
    ended      TIMESTAMP,
    reason     TEXT NOT NULL, -- a word, or the code of a server's reply
    CHECK ((lease IS NOT NULL) = (state = 'sending')),
    CHECK ((ended IS NULL) = (state IN ('waiting', 'sending')))
);
-- Of a kind one is enough that waits and was not tried; each join is told.
CREATE UNIQUE INDEX outbox_once ON outbox (contact_id, kind) WHERE state = 'waiting' AND tries = 0 AND kind <> 'joined';
CREATE INDEX outbox_due ON outbox (due) WHERE ended IS NULL;
CREATE INDEX outbox_school ON outbox (school, queued);

CREATE TABLE mailings (
    contact_id  TEXT NOT NULL PRIMARY KEY REFERENCES contacts (id),
    mailing_key TEXT NOT NULL UNIQUE CHECK (mailing_key <> ''), -- opens the page on which reminders are stopped
    bad         TEXT NOT NULL, -- an address that does not work, or empty
    bad_since   TIMESTAMP,
    declined    TIMESTAMP -- since when no reminders are wanted
);

-- A code that went by mail waits for longer than one that was handed over.
ALTER TABLE invitations ADD COLUMN mailed BOOLEAN NOT NULL DEFAULT FALSE;
