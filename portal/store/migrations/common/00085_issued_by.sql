-- A letter says who printed it: somebody else makes sure of who joins by it. Of letters
-- from before nobody knows it, and anybody of the office may.

-- +goose Up

ALTER TABLE invitations ADD COLUMN issued_by TEXT NOT NULL DEFAULT '';
