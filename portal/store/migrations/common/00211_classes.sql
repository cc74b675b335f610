-- A class is looked at again and again while something goes on: its pupils are found
-- without reading their school's.

-- +goose Up

CREATE INDEX pupils_class ON pupils (school, reg_group);
