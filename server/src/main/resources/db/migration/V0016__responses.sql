-- Responses that their callers asked to be kept: sealed, for a bounded time, each its project's own.

CREATE TABLE kept_response (
    request_id      uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organization (id),
    project_id      uuid NOT NULL REFERENCES project (id),
    -- Envelopes of the master key, in order; each opens in its own place only.
    pieces          bytea[] NOT NULL,
    kept_at         timestamptz NOT NULL,
    ends_at         timestamptz NOT NULL
);
CREATE INDEX kept_response_ends ON kept_response (ends_at);
CREATE INDEX kept_response_project ON kept_response (project_id, request_id DESC);
