-- Answers that callers asked to be kept, by sending a key of their own; for a day.

CREATE TABLE idempotent_answer (
    project_id      uuid NOT NULL,
    -- SHA-256 of the caller's key.
    key_hash        bytea NOT NULL CHECK (octet_length(key_hash) = 32),
    organization_id uuid NOT NULL,
    -- SHA-256 of what was asked: another question under the same key is refused.
    fingerprint     bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    request_id      uuid NOT NULL,
    state           text NOT NULL CHECK (state IN ('running', 'stored', 'too_large', 'not_kept')),
    -- While it runs its node says so again and again; after this instant nobody has.
    claimed_until   timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    content_type    text,
    -- The answer as it was sent, sealed with the master key.
    sealed          bytea,
    PRIMARY KEY (project_id, key_hash),
    CHECK ((state = 'stored') = (sealed IS NOT NULL)),
    CHECK ((state = 'stored') = (content_type IS NOT NULL))
);
CREATE INDEX idempotent_answer_expires ON idempotent_answer (expires_at);
ALTER TABLE idempotent_answer ALTER COLUMN sealed SET STORAGE EXTERNAL;
