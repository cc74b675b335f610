-- Whom a contact's joins cover is asked for by contact, on every page of the office.

-- +goose Up

CREATE INDEX joined_children_contact ON joined_children (contact_id, pupil_id);
CREATE INDEX pupils_admission ON pupils (school, admission_number);

-- The words of a name as they are looked for, in UTF-8, so that both engines order them
-- alike: portal.SearchWords says which. The program fills in those of before: see
-- finding.go.

CREATE TABLE name_words (
    school    TEXT NOT NULL,
    kind      TEXT NOT NULL CHECK (kind IN ('pupil', 'contact')),
    word      BYTEA NOT NULL,
    person_id TEXT NOT NULL,
    PRIMARY KEY (school, kind, word, person_id)
);
CREATE INDEX name_words_person ON name_words (person_id);
