-- Who did what, when, from where, and what came of it. Rows are added and never changed: each carries the
-- SHA-256 of the one before and of itself, and audit_head says which is the last. The same file in every
-- database that has an audit log.
CREATE TABLE audit_log (
    seq bigint PRIMARY KEY CHECK (seq > 0),
    at timestamptz NOT NULL,
    who text NOT NULL,
    role text NOT NULL,
    what text NOT NULL,
    target text NOT NULL,
    address text NOT NULL,
    outcome text NOT NULL,
    previous_hash bytea NOT NULL CHECK (length(previous_hash) = 32),
    hash bytea NOT NULL CHECK (length(hash) = 32)
);

-- The last row of audit_log. Whoever adds one holds the lock of this row, so that numbers have no gaps; and
-- that the last rows were removed is noticed.
CREATE TABLE audit_head (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    seq bigint NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32)
);
INSERT INTO audit_head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

CREATE FUNCTION audit_log_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is never changed or removed';
END
$$;
CREATE TRIGGER audit_log_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_stands();
CREATE TRIGGER audit_head_stands BEFORE DELETE OR TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_stands();

CREATE FUNCTION audit_head_moves_by_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq <> OLD.seq + 1
        OR NOT EXISTS (SELECT FROM audit_log
                       WHERE seq = NEW.seq AND hash = NEW.hash AND previous_hash = OLD.hash) THEN
        RAISE EXCEPTION 'the audit log grows by one row at a time, each chained to the one before';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER audit_head_moves_by_one BEFORE UPDATE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_head_moves_by_one();
