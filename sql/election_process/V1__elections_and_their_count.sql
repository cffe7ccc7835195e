-- Elections, as they were defined. The definition is what went to the topic `elections`, byte for byte
-- in meaning; the columns beside it are there to be searched and constrained.
CREATE TABLE elections (
    id integer PRIMARY KEY CHECK (id > 0),
    definition jsonb NOT NULL,
    starts timestamptz NOT NULL,
    ends timestamptz NOT NULL,
    CONSTRAINT ends_after_start CHECK (starts < ends),
    -- Two elections are never open at the same moment, however many administrators try at once.
    CONSTRAINT no_overlap EXCLUDE USING gist (tstzrange(starts, ends, '[)') WITH &&)
);

-- The number of partitions of a ballot box, fixed by its first election: with another number a ballot
-- would meet another partition, and could count twice.
CREATE TABLE ballot_boxes (
    topic text PRIMARY KEY,
    partitions integer NOT NULL CHECK (partitions > 0)
);

-- Where the count of a partition stands, ballots seen included.
CREATE TABLE checkpoints (
    partition integer PRIMARY KEY,
    next_offset bigint NOT NULL,
    state bytea NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT now()
);

-- «Partition p, as of offset n, is this». The result of an election is the sum of its partitions.
CREATE TABLE partition_tallies (
    election bigint NOT NULL,
    partition integer NOT NULL,
    as_of_offset bigint NOT NULL,
    tally jsonb NOT NULL,
    PRIMARY KEY (election, partition)
);

-- Votes by election, constituency and poll number, for those who prefer SQL.
CREATE VIEW election_totals AS
SELECT election,
       (vote ->> 0)::integer AS district,
       (vote ->> 1)::integer AS poll_number,
       sum((vote ->> 2)::bigint)::bigint AS votes
FROM partition_tallies, jsonb_array_elements(tally -> 'tally' -> 'votes') AS vote
GROUP BY 1, 2, 3;

-- Records that were not counted, by where they lie in the log. A voter's ballot has neither GUID nor
-- official, and nothing else that could lead to the voter.
CREATE TABLE rejected_ballots (
    partition integer NOT NULL,
    log_offset bigint NOT NULL,
    election bigint,
    ballot_guid uuid,
    poll_number numeric,
    official_jmbg text,
    reason text NOT NULL,
    appended_at timestamptz NOT NULL,
    PRIMARY KEY (partition, log_offset)
);
CREATE INDEX rejected_ballots_by_election ON rejected_ballots (election, partition, log_offset);
