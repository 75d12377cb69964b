-- Price lists with versions that take effect at an instant, prices by service tier and context
-- band, prices of calls, and who has which list.

-- Equality of plain columns within the exclusion constraints below; a trusted extension, which the
-- owner of a database may install.
CREATE EXTENSION IF NOT EXISTS btree_gist;

ALTER TABLE price_version
    ADD COLUMN list text NOT NULL DEFAULT 'default'
        CHECK (list ~ '^[a-z0-9][a-z0-9_-]{0,62}$');
CREATE INDEX price_version_list ON price_version (list, effective_from, number)
    WHERE published_at IS NOT NULL;

-- One price holds for the prompts of [band_from, band_to). It is zero exactly where it is meant to
-- be, so that no price is nothing by a slip.
ALTER TABLE price_item DISABLE TRIGGER price_item_kept;
ALTER TABLE price_item
    DROP CONSTRAINT price_item_pkey,
    ADD COLUMN service_tier text NOT NULL DEFAULT 'standard'
        CHECK (service_tier IN ('standard', 'batch', 'priority')),
    ADD COLUMN band_from bigint NOT NULL DEFAULT 0 CHECK (band_from >= 0),
    ADD COLUMN band_to bigint,
    ADD COLUMN free boolean NOT NULL DEFAULT false;
UPDATE price_item SET free = true WHERE nanos_per_million = 0;
ALTER TABLE price_item
    ADD PRIMARY KEY (price_version_id, model, token_class, service_tier, band_from),
    ADD CONSTRAINT price_item_band CHECK (band_to > band_from),
    ADD CONSTRAINT price_item_zero_is_free CHECK (free = (nanos_per_million = 0)),
    ADD CONSTRAINT price_item_no_overlap EXCLUDE USING gist (
        price_version_id WITH =, model WITH =, token_class WITH =, service_tier WITH =,
        int8range(band_from, band_to) WITH &&);
ALTER TABLE price_item ENABLE TRIGGER price_item_kept;

CREATE TABLE price_call (
    price_version_id uuid NOT NULL REFERENCES price_version (id),
    model            text NOT NULL,
    name             text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    nanos_per_call   bigint NOT NULL CHECK (nanos_per_call >= 0),
    free             boolean NOT NULL,
    PRIMARY KEY (price_version_id, model, name),
    CONSTRAINT price_call_zero_is_free CHECK (free = (nanos_per_call = 0))
);
CREATE TRIGGER price_call_before_publication BEFORE INSERT
    ON price_call FOR EACH ROW EXECUTE FUNCTION keep_published_items();
CREATE TRIGGER price_call_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON price_call FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What was on offer when a version was published: each of these must have its prices.
CREATE TABLE price_offer (
    price_version_id uuid NOT NULL REFERENCES price_version (id),
    model            text NOT NULL,
    service_tier     text NOT NULL CHECK (service_tier IN ('standard', 'batch', 'priority')),
    context_length   bigint NOT NULL CHECK (context_length > 0),
    PRIMARY KEY (price_version_id, model, service_tier)
);
CREATE TRIGGER price_offer_before_publication BEFORE INSERT
    ON price_offer FOR EACH ROW EXECUTE FUNCTION keep_published_items();
CREATE TRIGGER price_offer_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON price_offer FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Everything that is wrong with a version's prices, a sentence each: a (model, class, tier, band)
-- without a price, prices that leave prompts out, a band beyond the window.
CREATE FUNCTION price_version_faults(version uuid) RETURNS SETOF text
    LANGUAGE sql STABLE
    AS $$
        WITH item AS (
            SELECT * FROM price_item WHERE price_version_id = version
        ), offer AS (
            SELECT * FROM price_offer WHERE price_version_id = version
        ), wanted AS (
            SELECT t.model, t.service_tier, b.band_from, c.token_class
            FROM (SELECT model, service_tier FROM item
                  UNION SELECT model, service_tier FROM offer
                  UNION SELECT model, 'standard' FROM item) t
            JOIN (SELECT model, band_from FROM item
                  UNION SELECT model, 0 FROM item
                  UNION SELECT model, 0 FROM offer) b USING (model)
            CROSS JOIN (VALUES ('input'), ('cache_read'), ('cache_write_5m'), ('cache_write_1h'),
                ('output')) c (token_class)
        ), next_band AS (
            SELECT item.*, lead(band_from) OVER (
                PARTITION BY model, token_class, service_tier ORDER BY band_from) AS next_from
            FROM item
        )
        SELECT format('(%s, %s, %s, band from %s): no price (expected: exactly one)',
            w.model, w.token_class, w.service_tier, w.band_from)
        FROM wanted w LEFT JOIN item i USING (model, token_class, service_tier, band_from)
        WHERE i.model IS NULL
        UNION ALL
        SELECT format('(%s, %s, %s, band from %s): ends at %s (expected: %s)', model, token_class,
            service_tier, band_from, coalesce(band_to::text, 'no length'),
            coalesce(next_from::text, 'no length'))
        FROM next_band WHERE band_to IS DISTINCT FROM next_from
        UNION ALL
        SELECT DISTINCT format('(%s, band from %s): no prompt reaches it (expected: below %s)',
            i.model, i.band_from, o.context_length)
        FROM item i JOIN offer o USING (model) WHERE i.band_from >= o.context_length
        UNION ALL
        SELECT format('no price at all')
        WHERE NOT EXISTS (SELECT FROM item)
    $$;

CREATE OR REPLACE FUNCTION keep_published_version() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        DECLARE
            fault text;
        BEGIN
            IF OLD.published_at IS NOT NULL THEN
                RAISE EXCEPTION 'price_version %: published prices never change', OLD.number
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF NEW.published_at IS NULL THEN
                RETURN NEW;
            END IF;
            SELECT f INTO fault FROM price_version_faults(OLD.id) f ORDER BY f COLLATE "C" LIMIT 1;
            IF fault IS NOT NULL THEN
                RAISE EXCEPTION 'price_version % of list %: %', OLD.number, OLD.list, fault
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF NEW.effective_from < NEW.published_at AND EXISTS (
                    SELECT FROM price_version v WHERE v.list = NEW.list AND v.id <> NEW.id
                    AND v.published_at IS NOT NULL) THEN
                RAISE EXCEPTION 'price_version %: effective from % (expected: not before its'
                    ' publication at %)', OLD.number, NEW.effective_from, NEW.published_at
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END
    $$;

-- Which list an organization has in [valid_from, valid_to); outside, it has the default one.
CREATE TABLE price_assignment (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organization (id),
    list            text NOT NULL CHECK (list ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    valid_from      timestamptz NOT NULL,
    valid_to        timestamptz,
    assigned_at     timestamptz NOT NULL,
    CONSTRAINT price_assignment_period CHECK (valid_to > valid_from),
    CONSTRAINT price_assignment_no_overlap EXCLUDE USING gist (
        organization_id WITH =, tstzrange(valid_from, valid_to) WITH &&)
);

-- An end may be set once, and not in the past: what priced a request stays what it was.
CREATE FUNCTION keep_price_assignment() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF OLD.valid_to IS NOT NULL OR NEW.valid_to IS NULL
                    OR NEW.valid_to < now() - interval '1 minute'
                    OR (NEW.id, NEW.organization_id, NEW.list, NEW.valid_from, NEW.assigned_at)
                        IS DISTINCT FROM
                        (OLD.id, OLD.organization_id, OLD.list, OLD.valid_from, OLD.assigned_at)
            THEN
                RAISE EXCEPTION 'price_assignment %: the past never changes (expected: an end from'
                    ' now on, set once)', OLD.id
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END
    $$;
CREATE TRIGGER price_assignment_kept BEFORE UPDATE
    ON price_assignment FOR EACH ROW EXECUTE FUNCTION keep_price_assignment();
CREATE TRIGGER price_assignment_not_deleted BEFORE DELETE OR TRUNCATE
    ON price_assignment FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
