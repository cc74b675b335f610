-- Whose family somebody is of who works at a school is told by the email address, too;
-- and a no outlives what a list says of whoever said it.

-- +goose Up

CREATE INDEX contacts_email ON contacts (LOWER(email));
CREATE INDEX acts_noes ON acts (school) WHERE answer IN ('refused', 'withdrawn');
