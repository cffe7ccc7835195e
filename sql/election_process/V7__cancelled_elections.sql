-- An election that was wrong is cancelled until its result is final. Its definition says so from then on; it is in nobody's
-- way, and has no result.
ALTER TABLE elections DROP CONSTRAINT no_overlap;
ALTER TABLE elections ADD CONSTRAINT no_overlap
    EXCLUDE USING gist (tstzrange(starts, ends, '[)') WITH &&) WHERE (NOT definition ? 'cancelled');

CREATE FUNCTION a_cancellation_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.definition -> 'cancelled' IS NOT DISTINCT FROM OLD.definition -> 'cancelled' THEN
        RETURN NEW;
    END IF;
    IF OLD.definition ? 'cancelled' THEN
        RAISE EXCEPTION 'that an election was cancelled is never changed or taken back';
    END IF;
    IF EXISTS (SELECT FROM final_results WHERE election = NEW.id) THEN
        RAISE EXCEPTION 'the result of election % is final', NEW.id;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER a_cancellation_stands BEFORE UPDATE ON elections
    FOR EACH ROW EXECUTE FUNCTION a_cancellation_stands();

CREATE FUNCTION cancelled_elections_have_no_result() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A result and a cancellation that come at once wait for each other.
    PERFORM FROM elections WHERE id = NEW.election FOR SHARE;
    IF EXISTS (SELECT FROM elections WHERE id = NEW.election AND definition ? 'cancelled') THEN
        RAISE EXCEPTION 'election % is cancelled, and has no result', NEW.election;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER cancelled_elections_have_no_result BEFORE INSERT ON final_results
    FOR EACH ROW EXECUTE FUNCTION cancelled_elections_have_no_result();
