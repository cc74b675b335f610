-- The ledger's tree grows when a head is published, not when an act is added: what
-- was added since the last head waits for its place, which the next head gives it
-- in no order that would tell when it came.

-- +goose Up

CREATE TABLE ledger_leaves (
    leaf     BIGINT NOT NULL PRIMARY KEY,
    previous BIGINT REFERENCES ledger_leaves (leaf),
    idx      BIGINT REFERENCES ledger (idx),
    padding  BYTEA, -- instead of an entry: what a leaf that seals nothing is made of
    CHECK ((leaf = 0 AND previous IS NULL) OR (leaf > 0 AND previous IS NOT NULL AND previous = leaf - 1)),
    CHECK ((idx IS NULL AND padding IS NOT NULL AND length(padding) = 32) OR (idx IS NOT NULL AND padding IS NULL))
);
CREATE UNIQUE INDEX ledger_leaves_entry ON ledger_leaves (idx);
INSERT INTO ledger_leaves (leaf, previous, idx) SELECT idx, previous, idx FROM ledger ORDER BY idx;

-- The heads as they were published, and the keys that signed them, each but the
-- first named by the one before it.

CREATE TABLE ledger_heads (
    n        BIGINT NOT NULL PRIMARY KEY,
    previous BIGINT REFERENCES ledger_heads (n),
    head     TEXT NOT NULL, -- a signed note
    at       TIMESTAMP NOT NULL,
    CHECK ((n = 0 AND previous IS NULL) OR (n > 0 AND previous IS NOT NULL AND previous = n - 1))
);

CREATE TABLE ledger_keys (
    n        BIGINT NOT NULL PRIMARY KEY,
    previous BIGINT REFERENCES ledger_keys (n),
    public   TEXT NOT NULL, -- the first: its public key; the next: a note in which the one before names it
    at       TIMESTAMP NOT NULL,
    CHECK ((n = 0 AND previous IS NULL) OR (n > 0 AND previous IS NOT NULL AND previous = n - 1))
);
