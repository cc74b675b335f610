-- For how long an answer counts, and for which year groups it is asked, as a wording
-- says it.

-- +goose Up

ALTER TABLE texts ADD COLUMN stage BOOLEAN NOT NULL DEFAULT FALSE; -- an answer lasts until the key stage ends
ALTER TABLE texts ADD COLUMN years TEXT NOT NULL DEFAULT '';       -- the year groups as codes with spaces between; none is all
