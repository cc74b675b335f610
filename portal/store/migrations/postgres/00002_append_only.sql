-- Texts, signatures, decisions and the ledger are only ever added to. Of a ledger
-- entry the record and its salt may be erased, together and for good.

-- +goose Up

-- +goose StatementBegin
CREATE FUNCTION only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION only_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.idx IS DISTINCT FROM OLD.idx OR NEW.previous IS DISTINCT FROM OLD.previous
        OR NEW.record_id IS DISTINCT FROM OLD.record_id OR NEW.at IS DISTINCT FROM OLD.at
        OR NEW.record IS NOT NULL OR NEW.salt IS NOT NULL THEN
        RAISE EXCEPTION 'of a ledger entry only the record can be erased';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER texts_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON texts
    FOR EACH STATEMENT EXECUTE FUNCTION only_added();
CREATE TRIGGER signatures_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON signatures
    FOR EACH STATEMENT EXECUTE FUNCTION only_added();
CREATE TRIGGER decisions_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions
    FOR EACH STATEMENT EXECUTE FUNCTION only_added();
CREATE TRIGGER ledger_hashes_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_hashes
    FOR EACH STATEMENT EXECUTE FUNCTION only_added();
CREATE TRIGGER ledger_only_added BEFORE DELETE OR TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION only_added();
CREATE TRIGGER ledger_only_erase BEFORE UPDATE ON ledger
    FOR EACH ROW EXECUTE FUNCTION only_erased();
