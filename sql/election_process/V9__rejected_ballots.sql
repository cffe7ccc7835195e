-- What a voter chose is nowhere beside the reason and the time of the rejection.
UPDATE rejected_ballots SET poll_number = NULL WHERE ballot_guid IS NULL AND poll_number IS NOT NULL;

-- Paper ballots are listed in the order of arrival, page by page.
CREATE INDEX rejected_ballots_by_arrival ON rejected_ballots (election, appended_at, partition, log_offset)
    WHERE ballot_guid IS NOT NULL;
