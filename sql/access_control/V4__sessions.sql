-- An administrator may revoke an account: nobody logs in to it, until it is approved again.
ALTER TABLE users DROP CONSTRAINT users_status_check;
ALTER TABLE users ADD CONSTRAINT users_status_check CHECK (status IN ('active', 'waiting', 'revoked'));

-- Whether somebody else knows the password, who chose it: its holder is asked for a new one.
ALTER TABLE users ADD COLUMN password_due boolean NOT NULL DEFAULT false;
-- Tokens that name no session and were issued before are of no use.
ALTER TABLE users ADD COLUMN password_since timestamptz NOT NULL DEFAULT '-infinity';

-- A session is what logging in opens. Its tokens name it, and are of no use once it has ended: by logging out, by a
-- new password, or with the account. Other services learn of it from the log.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    -- No foreign key: the sessions of a deleted account must still be told to others.
    account uuid NOT NULL,
    -- Where its holder logged in: an address, or a network of IPv6.
    network inet NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now(),
    -- When its last token expires.
    until timestamptz NOT NULL,
    ended_at timestamptz,
    -- Whether the log has it that it ended.
    told boolean NOT NULL DEFAULT false
);
CREATE INDEX sessions_of_account ON sessions (account);
CREATE INDEX sessions_to_tell ON sessions (ended_at) WHERE ended_at IS NOT NULL AND NOT told;
CREATE INDEX sessions_until ON sessions (until);
