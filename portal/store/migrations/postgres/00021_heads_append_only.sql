-- What proves something is only ever added to.

-- +goose Up

CREATE TRIGGER ledger_leaves_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_leaves
    FOR EACH STATEMENT EXECUTE FUNCTION only_added();
CREATE TRIGGER ledger_heads_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_heads
    FOR EACH STATEMENT EXECUTE FUNCTION only_added();
CREATE TRIGGER ledger_keys_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_keys
    FOR EACH STATEMENT EXECUTE FUNCTION only_added();

-- What updates take turns by, where they are in each other's way. To lock a table
-- takes rights that the tables of the ledger are not to give.
CREATE TABLE queue (turn BOOLEAN NOT NULL);
