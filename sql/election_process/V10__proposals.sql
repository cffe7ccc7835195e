-- What one administrator wants done and another has to want too, where FOUR_EYES is on.
CREATE TABLE proposals (
    -- The act and what it is about, as in the audit log.
    what text NOT NULL,
    target text NOT NULL,
    -- Everything else that the request says.
    content text NOT NULL,
    who text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (what, target)
);
