-- Who may vote. Rows are numbered without gaps from 0: a voter's ballot serial follows from the
-- row number and the ballot key, and the serials of an election reach from 0 to its capacity.
CREATE TABLE dim_voters (
    row_number  bigint PRIMARY KEY CHECK (row_number >= 0),
    personal_id char(11) NOT NULL CHECK (personal_id ~ '^[0-9]{11}$'),
    guid        uuid NOT NULL,
    first_name  text NOT NULL,
    last_name   text NOT NULL,
    birth_date  date NOT NULL,
    gender      text NOT NULL,
    region      text NOT NULL,
    district    integer NOT NULL DEFAULT 0 CHECK (district BETWEEN 0 AND 65535),
    -- Named, as `voter-roll generate` builds them anew after it has filled the table.
    CONSTRAINT dim_voters_personal_id_key UNIQUE (personal_id),
    CONSTRAINT dim_voters_guid_key UNIQUE (guid)
);

-- Which elections the roll was loaded for. Nothing here leads from a voter to a ballot: the
-- fingerprint only tells one ballot key from another.
CREATE TABLE roll_loads (
    election        bigint PRIMARY KEY CHECK (election BETWEEN 0 AND 4294967295),
    key_fingerprint bytea NOT NULL CHECK (octet_length(key_fingerprint) = 16),
    -- Fixed by the first load: another capacity would give every voter another serial.
    capacity        bigint NOT NULL CHECK (capacity BETWEEN 1 AND 4294967295),
    voters          bigint NOT NULL CHECK (voters BETWEEN 0 AND capacity),
    first_loaded_at timestamptz NOT NULL DEFAULT now(),
    -- When the newest load was complete; null while the first one is not.
    loaded_at       timestamptz,
    -- From here on the ballot key is destroyed, and the election cannot be loaded again.
    purged_at       timestamptz
);
