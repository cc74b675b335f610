-- As whom somebody is signed in, as their provider names them: shown where they are about
-- to join by a letter, so that they see whose account would.

-- +goose Up

ALTER TABLE sessions ADD COLUMN name TEXT NOT NULL DEFAULT '';
