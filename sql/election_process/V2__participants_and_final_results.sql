-- Who may stand in elections: parties, and persons.
CREATE TABLE participants (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    individual boolean NOT NULL
);

-- Who stands where, and in which place on the ballot.
CREATE TABLE candidacies (
    election integer NOT NULL REFERENCES elections,
    poll_number integer NOT NULL CHECK (poll_number > 0),
    participant integer NOT NULL REFERENCES participants,
    PRIMARY KEY (election, poll_number),
    UNIQUE (election, participant)
);

-- Start and end as they were given, with an offset or without: they are read back in that form.
ALTER TABLE elections ADD COLUMN given_start text, ADD COLUMN given_end text;
UPDATE elections SET given_start = definition ->> 'start', given_end = definition ->> 'end';
ALTER TABLE elections ALTER COLUMN given_start SET NOT NULL, ALTER COLUMN given_end SET NOT NULL;

-- Those who stand in the elections so far. No two of one election had the same name then.
INSERT INTO participants (name, individual)
SELECT participant ->> 'name', (definition ->> 'individual')::boolean
FROM elections, jsonb_array_elements(definition -> 'participants') AS participant
GROUP BY 1, 2
ORDER BY min(id), min((participant ->> 'poll_number')::integer);
INSERT INTO candidacies (election, poll_number, participant)
SELECT elections.id, (listed ->> 'poll_number')::integer, participants.id
FROM elections, jsonb_array_elements(definition -> 'participants') AS listed, participants
WHERE participants.name = listed ->> 'name'
  AND participants.individual = (definition ->> 'individual')::boolean;

-- What an election came to, once every partition is past its closing marker. `result` is canonical JSON
-- (keys sorted, no white space, no fractions), and `sha256` is over its bytes. `offsets` says which records
-- it stands on: those of each partition below the offset. Counting any longer part of the log again gives
-- the same bytes, as what follows a closing marker changes nothing in here.
CREATE TABLE final_results (
    election integer PRIMARY KEY REFERENCES elections,
    result text NOT NULL,
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    offsets jsonb NOT NULL,
    finalised_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION final_results_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a final result is never changed or removed';
END
$$;
CREATE TRIGGER final_results_stand BEFORE UPDATE OR DELETE OR TRUNCATE ON final_results
    FOR EACH STATEMENT EXECUTE FUNCTION final_results_stand();

-- How far the topic of officials' acts has been copied into the audit log.
CREATE TABLE copied_acts (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);
