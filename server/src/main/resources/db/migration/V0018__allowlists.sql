-- From which networks an organization's keys may be used.

ALTER TABLE organization
    -- In canonical form, as in 10.0.0.0/8 and 2001:db8::/32; empty: from everywhere.
    ADD COLUMN allowed_networks text[] NOT NULL DEFAULT '{}'
        CHECK (cardinality(allowed_networks) <= 100);

DROP TRIGGER organization_limit_version ON organization;
CREATE TRIGGER organization_limit_version
    BEFORE INSERT OR UPDATE OF zone, limit_tier, allowed_networks
    ON organization FOR EACH ROW EXECUTE FUNCTION count_limit_version();
