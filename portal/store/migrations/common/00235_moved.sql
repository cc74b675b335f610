-- A mail to the address that the register had before a list changed it: two such are two.

-- +goose Up

ALTER TABLE outbox ADD COLUMN sent_to TEXT NOT NULL DEFAULT ''; -- or empty: where the register says
DROP INDEX outbox_once;
CREATE UNIQUE INDEX outbox_once ON outbox (contact_id, kind, sent_to) WHERE state = 'waiting' AND tries = 0 AND kind <> 'joined';
