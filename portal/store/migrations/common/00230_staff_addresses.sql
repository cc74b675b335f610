-- Whether an address in the register is that of a member of staff who is the same person,
-- and when a list last changed one.

-- +goose Up

ALTER TABLE mailings ADD COLUMN staff TEXT NOT NULL DEFAULT ''; -- an address of their own, and the pupils for whom that was said, or empty
ALTER TABLE mailings ADD COLUMN not_staff TEXT NOT NULL DEFAULT ''; -- an address of a member of staff who is somebody else, or empty
ALTER TABLE mailings ADD COLUMN changed TIMESTAMP;
