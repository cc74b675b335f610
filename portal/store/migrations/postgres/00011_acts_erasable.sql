-- An act is only ever added, and may go only after its record in the ledger has.

-- +goose Up

-- +goose StatementBegin
CREATE FUNCTION act_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ledger WHERE record_id = OLD.id AND record IS NULL) THEN
        RAISE EXCEPTION 'an act goes only after its record in the ledger';
    END IF;
    RETURN OLD;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER acts_only_added BEFORE UPDATE OR TRUNCATE ON acts
    FOR EACH STATEMENT EXECUTE FUNCTION only_added();
CREATE TRIGGER acts_only_erased BEFORE DELETE ON acts
    FOR EACH ROW EXECUTE FUNCTION act_erased();
