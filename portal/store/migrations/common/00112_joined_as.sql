-- As whom somebody joined is looked for by contact: such a contact stays on record as long
-- as a pupil whom the join covered.

-- +goose Up

CREATE INDEX acts_joined ON acts (subject_id) WHERE kind = 'join-extended';
