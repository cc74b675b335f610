-- What is taken from an adult about a child: to see, to decide, to be written to, each
-- on its own, dated, with who set it and why. A court order of before took all three;
-- nobody has said which of them it bars, so somebody is asked to look.

-- +goose Up

CREATE TABLE restrictions (
    id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    pupil_id   TEXT NOT NULL REFERENCES pupils (id),
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    takes      INTEGER NOT NULL CHECK (takes IN (1, 2, 4)), -- to see, to decide, to be written to
    since      TIMESTAMP NOT NULL,
    set_by     TEXT NOT NULL,
    why        TEXT NOT NULL, -- empty until somebody has looked at what a class list said
    until      TIMESTAMP,     -- when it was lifted
    lifted_by  TEXT NOT NULL,
    lifted_why TEXT NOT NULL,
    CHECK ((until IS NULL) = (lifted_why = ''))
);
CREATE UNIQUE INDEX restrictions_in_force ON restrictions (pupil_id, contact_id, takes) WHERE until IS NULL;
CREATE INDEX restrictions_contact ON restrictions (contact_id);

INSERT INTO restrictions (id, pupil_id, contact_id, takes, since, set_by, why, lifted_by, lifted_why)
    SELECT 'order-' || takes || '-' || pupil_id || '-' || contact_id, pupil_id, contact_id, takes, CURRENT_TIMESTAMP, '', '', '', ''
    FROM responsibilities CROSS JOIN (SELECT 1 AS takes UNION ALL SELECT 2 UNION ALL SELECT 4) AS each_right WHERE court_order;

-- What the last class list said of an order is kept, so that a list that goes on saying
-- it does not undo what somebody has made of it.

ALTER TABLE responsibilities RENAME TO responsibilities_before;
CREATE TABLE responsibilities (
    pupil_id     TEXT NOT NULL REFERENCES pupils (id),
    contact_id   TEXT NOT NULL REFERENCES contacts (id),
    relationship TEXT NOT NULL,
    priority     INTEGER NOT NULL CHECK (priority >= 0),
    parental     BOOLEAN NOT NULL,
    order_listed BOOLEAN NOT NULL,
    unsettled    BOOLEAN NOT NULL,
    settled_by   TEXT NOT NULL,
    packed       TEXT GENERATED ALWAYS AS (contact_id || CASE WHEN parental THEN ' 1 ' ELSE ' 0 ' END
        || CAST(priority AS TEXT) || ' ' || CAST(length(relationship) AS TEXT) || ' ' || relationship) STORED,
    PRIMARY KEY (pupil_id, contact_id)
);
INSERT INTO responsibilities (pupil_id, contact_id, relationship, priority, parental, order_listed, unsettled, settled_by)
    SELECT pupil_id, contact_id, relationship, priority, parental, court_order, unsettled, settled_by FROM responsibilities_before;
DROP TABLE responsibilities_before;
CREATE INDEX responsibilities_contact ON responsibilities (contact_id, pupil_id);
