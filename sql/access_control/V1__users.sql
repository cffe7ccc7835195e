-- Accounts. An e-mail address is compared exactly as it was given, as tokens and clients do: an address in
-- another spelling is another account.
CREATE TABLE users (
    -- Tokens name it: those of a deleted account are of no use to a later one with the same address.
    id uuid PRIMARY KEY,
    email text COLLATE "C" NOT NULL,
    forename text NOT NULL,
    surname text NOT NULL,
    jmbg text NOT NULL,
    role text NOT NULL CHECK (role IN ('administrator', 'official')),
    -- Argon2id in PHC form, parameters and salt included.
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_email_key UNIQUE (email)
);
