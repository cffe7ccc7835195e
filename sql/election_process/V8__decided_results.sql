-- What a final result came to that had left seats or places level, once lots were drawn: a second result beside the first,
-- which stays as it is. `result` is canonical JSON, and `sha256` is over its bytes. The lots themselves are in the
-- election's definition, from which everybody hears of them.
CREATE TABLE decided_results (
    election integer PRIMARY KEY REFERENCES final_results,
    result text NOT NULL,
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    decided_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER decided_results_stand BEFORE UPDATE OR DELETE OR TRUNCATE ON decided_results
    FOR EACH STATEMENT EXECUTE FUNCTION final_results_stand();

CREATE FUNCTION lots_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.definition -> 'lots' IS NOT DISTINCT FROM OLD.definition -> 'lots' THEN
        RETURN NEW;
    END IF;
    IF OLD.definition ? 'lots' THEN
        RAISE EXCEPTION 'lots that were drawn are never changed or taken back';
    END IF;
    IF NOT EXISTS (SELECT FROM final_results WHERE election = NEW.id) THEN
        RAISE EXCEPTION 'the result of election % is not final', NEW.id;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER lots_stand BEFORE UPDATE ON elections FOR EACH ROW EXECUTE FUNCTION lots_stand();
