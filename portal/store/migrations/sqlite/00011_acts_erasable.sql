-- An act is only ever added, and may go only after its record in the ledger has.

-- +goose Up

-- +goose StatementBegin
CREATE TRIGGER acts_no_update BEFORE UPDATE ON acts
BEGIN
    SELECT RAISE(ABORT, 'acts is only ever added to');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER acts_only_erased BEFORE DELETE ON acts
WHEN NOT EXISTS (SELECT 1 FROM ledger WHERE record_id = OLD.id AND record IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'an act goes only after its record in the ledger');
END;
-- +goose StatementEnd
