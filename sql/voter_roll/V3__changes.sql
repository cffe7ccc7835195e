-- The roll changes while an election is open: voters are struck (and stay in their row, as a row is a serial), and get
-- other guids. A ballot lies in Redis under the guid that its voter had first.
ALTER TABLE dim_voters
    -- Null where it is the guid of today.
    ADD COLUMN first_guid uuid,
    -- Null where the voter may vote.
    ADD COLUMN struck_at timestamptz;
CREATE UNIQUE INDEX dim_voters_first_guid ON dim_voters (first_guid) WHERE first_guid IS NOT NULL;

-- Guids that voters had before: nobody gets one of them again.
CREATE TABLE former_guids (
    guid       uuid PRIMARY KEY,
    row_number bigint NOT NULL REFERENCES dim_voters
);

-- How many rows the newest load brought into Redis: the voters are those of them who are not struck.
ALTER TABLE roll_loads ADD COLUMN loaded_rows bigint NOT NULL DEFAULT 0;
UPDATE roll_loads SET loaded_rows = voters;
