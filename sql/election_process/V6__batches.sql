-- Officials' files, as their acts in the topic `acts` tell: a file that an official sends again for the same election is
-- the same batch.
CREATE TABLE batches (
    id text PRIMARY KEY,
    election bigint NOT NULL,
    who text NOT NULL,
    official_jmbg text NOT NULL,
    -- SHA-256, in hex. Records in the log name a file by its first 16 digits.
    file text NOT NULL CHECK (length(file) = 64),
    lines bigint NOT NULL,
    constituency integer,
    received_at timestamptz NOT NULL,
    -- Null until every line is in the log.
    recorded_at timestamptz,
    -- Lines that the log received before the election was open or after its end, when the file was last recorded.
    too_early bigint NOT NULL DEFAULT 0,
    too_late bigint NOT NULL DEFAULT 0
);
CREATE INDEX batches_by_election ON batches (election, received_at);

-- What a partition has counted of an official's file, as of its checkpoint.
CREATE TABLE batch_lines (
    partition integer NOT NULL REFERENCES checkpoints ON DELETE CASCADE,
    election bigint NOT NULL,
    official_jmbg text NOT NULL,
    file text NOT NULL CHECK (length(file) = 16),
    ballots bigint NOT NULL,
    repeated bigint NOT NULL,
    duplicates bigint NOT NULL,
    invalid_poll_numbers bigint NOT NULL,
    PRIMARY KEY (election, official_jmbg, file, partition)
);

-- Withdrawals of batches. Each is put into every partition of the log, as often as it takes.
CREATE TABLE withdrawals (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch text NOT NULL REFERENCES batches,
    who text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    -- Null until every partition has it.
    in_log_at timestamptz
);
CREATE INDEX withdrawals_by_batch ON withdrawals (batch);

-- Elections whose closing markers are being written, or may be: from then on nothing is withdrawn.
CREATE TABLE closings (
    election integer PRIMARY KEY REFERENCES elections,
    at timestamptz NOT NULL DEFAULT now()
);

-- Elections whose result an administrator has let become final.
CREATE TABLE finalisations (
    election integer PRIMARY KEY REFERENCES elections,
    who text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
