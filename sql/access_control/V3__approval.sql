-- An account may wait for an administrator's approval: nobody logs in to it before.
ALTER TABLE users ADD COLUMN status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'waiting'));
