-- Limits: which tier an organization was given, and what was set for it, its projects, its keys and
-- its use of a model alone. Tiers and limits for everybody stand in the catalogue.

ALTER TABLE organization
    -- Null: the one that it reached by what it has paid in.
    ADD COLUMN limit_tier text CHECK (char_length(limit_tier) BETWEEN 1 AND 100),
    -- Of key_version's count, whenever something changes that decides about its limits: nodes read
    -- that anew then.
    ADD COLUMN limit_version bigint NOT NULL DEFAULT 0;
CREATE INDEX organization_limit_version ON organization (limit_version);

-- A limit that is not set (null) is the tier's, or the model's, or there is none.
CREATE TABLE own_limit (
    organization_id uuid NOT NULL REFERENCES organization (id),
    scope           text NOT NULL CHECK (scope IN ('organization', 'project', 'key', 'model')),
    -- The organization, also for its use of a model; the project or the key.
    subject_id      uuid NOT NULL,
    -- Empty where the scope is no model.
    model           text NOT NULL,
    concurrency     bigint CHECK (concurrency BETWEEN 1 AND 1000000000000),
    rpm             bigint CHECK (rpm BETWEEN 1 AND 1000000000000),
    tpm             bigint CHECK (tpm BETWEEN 1 AND 1000000000000),
    tpd             bigint CHECK (tpd BETWEEN 1 AND 1000000000000),
    PRIMARY KEY (subject_id, model),
    CHECK ((scope = 'model') = (model <> '')),
    CHECK (scope IN ('project', 'key') OR subject_id = organization_id)
);
CREATE INDEX own_limit_organization ON own_limit (organization_id);

CREATE FUNCTION count_limit_version() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        DECLARE
            next bigint;
        BEGIN
            UPDATE key_version SET version = version + 1 RETURNING version INTO next;
            PERFORM pg_notify('api_key', next::text);
            CASE TG_TABLE_NAME
                WHEN 'organization' THEN
                    NEW.limit_version := next;
                    RETURN NEW;
                WHEN 'transfer' THEN
                    UPDATE organization o SET limit_version = next FROM wallet w
                        WHERE w.id = NEW.wallet_id AND o.id = w.organization_id;
                ELSE
                    UPDATE organization SET limit_version = next
                        WHERE id = coalesce(NEW.organization_id, OLD.organization_id);
            END CASE;
            RETURN NULL;
        END
    $$;
CREATE TRIGGER organization_limit_version BEFORE INSERT OR UPDATE OF zone, limit_tier
    ON organization FOR EACH ROW EXECUTE FUNCTION count_limit_version();
CREATE TRIGGER own_limit_version AFTER INSERT OR UPDATE OR DELETE ON own_limit
    FOR EACH ROW EXECUTE FUNCTION count_limit_version();

-- What was paid in decides about the tier. Summed where it is asked for, so that it cannot differ.
CREATE INDEX transfer_recharge ON transfer (wallet_id) INCLUDE (kind, amount)
    WHERE kind IN ('top_up', 'charge_back');
CREATE TRIGGER transfer_limit_version AFTER INSERT ON transfer
    FOR EACH ROW WHEN (NEW.kind IN ('top_up', 'charge_back'))
    EXECUTE FUNCTION count_limit_version();

UPDATE key_version SET version = version + 1;
UPDATE organization SET limit_version = (SELECT version FROM key_version);
