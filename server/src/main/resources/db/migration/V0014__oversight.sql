-- What was found when the books looked at themselves.

-- Each nightly examination of the ledger. The metrics of every node read the newest.
CREATE TABLE verification (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    checked_at  timestamptz NOT NULL,
    checks      integer NOT NULL CHECK (checks >= 0),
    -- Rows that contradict the others, over all checks; the events in the outbox name them.
    differences bigint NOT NULL CHECK (differences >= 0)
);
