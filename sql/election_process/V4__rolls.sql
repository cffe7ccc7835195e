-- How many voters are on the roll of an election, as tally-stream last saw it in Redis: turnout keeps its
-- denominator when the roll has been purged.
CREATE TABLE rolls (
    election bigint PRIMARY KEY,
    registered bigint NOT NULL CHECK (registered >= 0)
);
