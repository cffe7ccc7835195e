-- Paper ballots that a partition has seen. A checkpoint's state would grow with all that was ever counted, so each one
-- adds here what the records from_offset <= offset < to_offset told it, and the state holds how many there must be.
-- They go with their checkpoint, and when their election is closed.
CREATE TABLE paper_sightings (
    partition integer NOT NULL REFERENCES checkpoints ON DELETE CASCADE,
    election bigint NOT NULL,
    from_offset bigint NOT NULL,
    to_offset bigint NOT NULL,
    sightings bytea NOT NULL,
    PRIMARY KEY (partition, election, to_offset, from_offset)
);

-- The log that a checkpoint was counted from: Kafka's name of the cluster, and the topic.
ALTER TABLE checkpoints ADD COLUMN log text;
