-- Projects, and what is kept of a request beside its tokens: its project and tier, the calls that
-- were priced, where it ran and how long each part of its way took; and requests that ended with
-- nothing charged.

ALTER TABLE organization ADD COLUMN zone text NOT NULL DEFAULT 'UTC'
    CHECK (char_length(zone) BETWEEN 1 AND 60);

CREATE TABLE project (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organization (id),
    name            text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    -- The one that keys belong to when none is named.
    standard        boolean NOT NULL DEFAULT false,
    created_at      timestamptz NOT NULL,
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, name)
);
CREATE UNIQUE INDEX project_standard ON project (organization_id) WHERE standard;
INSERT INTO project (id, organization_id, name, standard, created_at)
    SELECT gen_random_uuid(), id, 'default', true, created_at FROM organization;

ALTER TABLE api_key ADD COLUMN project_id uuid;
UPDATE api_key k SET project_id = p.id FROM project p
    WHERE p.organization_id = k.organization_id AND p.standard;
ALTER TABLE api_key ALTER COLUMN project_id SET NOT NULL;
-- A key's project is its own organization's.
ALTER TABLE api_key ADD FOREIGN KEY (organization_id, project_id)
    REFERENCES project (organization_id, id);

-- Rows of settlements never change, except by this file.
ALTER TABLE settlement DISABLE TRIGGER settlement_kept;
ALTER TABLE settlement
    ADD COLUMN project_id uuid,
    ADD COLUMN tier text NOT NULL DEFAULT 'standard'
        CHECK (tier IN ('standard', 'batch', 'priority')),
    -- Named counts of what is priced by the call; null when there were none.
    ADD COLUMN calls jsonb,
    ADD COLUMN epoch bigint NOT NULL DEFAULT 0,
    ADD COLUMN replica text,
    ADD COLUMN attempts smallint NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- Microseconds from arrival until: authenticated, admitted, dispatched, connected, first
    -- token, last token; -1 where the request never came by.
    ADD COLUMN timeline bigint[] NOT NULL DEFAULT '{}';
UPDATE settlement s SET project_id = p.id FROM project p
    WHERE p.organization_id = s.organization_id AND p.standard;
ALTER TABLE settlement ALTER COLUMN project_id SET NOT NULL;
ALTER TABLE settlement ENABLE TRIGGER settlement_kept;

ALTER TABLE usage_minute
    ADD COLUMN project_id uuid,
    ADD COLUMN tier text NOT NULL DEFAULT 'standard';
UPDATE usage_minute u SET project_id = p.id FROM project p
    WHERE p.organization_id = u.organization_id AND p.standard;
ALTER TABLE usage_minute DROP CONSTRAINT usage_minute_pkey;
ALTER TABLE usage_minute ADD PRIMARY KEY
    (organization_id, minute, project_id, api_key_id, model, tier, price_version_id, shard);

-- Admitted, and let go for nothing: no answer reached the caller.
CREATE TABLE released_request (
    day               date NOT NULL,
    request_id        uuid NOT NULL,
    organization_id   uuid NOT NULL,
    project_id        uuid NOT NULL,
    api_key_id        uuid NOT NULL,
    wallet_id         uuid NOT NULL,
    model             text NOT NULL,
    tier              text NOT NULL CHECK (tier IN ('standard', 'batch', 'priority')),
    client_request_id text,
    admitted_at       timestamptz NOT NULL,
    finished_at       timestamptz NOT NULL,
    streamed          boolean NOT NULL,
    -- The code of what the caller was told; null when the caller had gone away.
    problem           text,
    replica           text,
    attempts          smallint NOT NULL CHECK (attempts >= 0),
    timeline          bigint[] NOT NULL,
    node_id           text NOT NULL,
    epoch             bigint NOT NULL,
    PRIMARY KEY (day, request_id),
    CONSTRAINT released_request_day CHECK (day = uuid7_day(request_id))
);
CREATE INDEX released_request_organization ON released_request (organization_id, request_id);
CREATE TRIGGER released_request_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON released_request FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
