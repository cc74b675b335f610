-- A letter's code that too many wrong dates of birth have ended says so.

-- +goose Up

ALTER TABLE invitations ADD COLUMN died TIMESTAMP;
