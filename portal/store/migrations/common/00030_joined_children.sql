-- What a join covers is the children named when it was made, and those whom the
-- office added to it since. A join from before covers the children that it covered.

-- +goose Up

CREATE TABLE joined_children (
    account_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    pupil_id   TEXT NOT NULL REFERENCES pupils (id),
    since      TIMESTAMP NOT NULL,
    PRIMARY KEY (account_id, contact_id, pupil_id),
    FOREIGN KEY (account_id, contact_id) REFERENCES account_contacts (account_id, contact_id) ON DELETE CASCADE
);
INSERT INTO joined_children (account_id, contact_id, pupil_id, since)
    SELECT a.account_id, a.contact_id, r.pupil_id, a.joined FROM account_contacts a JOIN responsibilities r ON r.contact_id = a.contact_id;
