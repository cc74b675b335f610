-- What a person is shown of the sessions in which they are signed in, and how each
-- was begun.

-- +goose Up

ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN network TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN second_factor BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE sessions ADD COLUMN authenticated TIMESTAMP; -- as the provider says; NULL where it does not
ALTER TABLE sessions ADD COLUMN renewed BOOLEAN NOT NULL DEFAULT FALSE; -- back from a sign-in that was asked to be made anew
ALTER TABLE sessions ADD COLUMN confirmed TIMESTAMP; -- its first yes or signature was let through

CREATE INDEX sessions_account ON sessions (account_id);
