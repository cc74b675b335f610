-- A join is kept when it ends, and says by which letter it was made. A yes that is
-- given through one counts from a set time, or from when the office has made sure who
-- it is. Joins from before count, and nobody is asked about them.

-- +goose Up

ALTER TABLE account_contacts ADD COLUMN invitation_id TEXT REFERENCES invitations (id);
ALTER TABLE account_contacts ADD COLUMN counts TIMESTAMP; -- from when a yes counts; NULL for always
ALTER TABLE account_contacts ADD COLUMN confirmed TIMESTAMP; -- when the office made sure of it
ALTER TABLE account_contacts ADD COLUMN ended TIMESTAMP;
UPDATE account_contacts SET confirmed = joined;
