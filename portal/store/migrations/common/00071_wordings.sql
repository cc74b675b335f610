-- What was said of a wording when it was first handed over: its sense, without details,
-- and which wording it corrects. Beside texts, as those are never changed; a wording
-- from before this has a row once it is handed over again.

-- +goose Up

CREATE TABLE wordings (
    school   TEXT NOT NULL,
    hash     TEXT NOT NULL,
    sense    TEXT NOT NULL, -- SHA-256, hexadecimal, or empty
    corrects TEXT NOT NULL, -- a hash, or empty
    because  TEXT NOT NULL,
    PRIMARY KEY (school, hash),
    FOREIGN KEY (school, hash) REFERENCES texts (school, hash)
);
