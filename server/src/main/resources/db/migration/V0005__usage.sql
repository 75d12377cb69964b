-- Usage: sums by hour and day above those by minute, settlements and released requests in a
-- partition for each day, what went to the archive, and the jobs that look after all of it.

-- Roll-ups -----------------------------------------------------------------------------------

-- Closed hours and days in UTC, summed from the minutes; rebuilt whole, never added to.
CREATE TABLE usage_hour (
    organization_id  uuid NOT NULL,
    hour             timestamptz NOT NULL,
    project_id       uuid NOT NULL,
    api_key_id       uuid NOT NULL,
    model            text NOT NULL,
    tier             text NOT NULL,
    price_version_id uuid NOT NULL,
    requests         bigint NOT NULL,
    input_uncached   bigint NOT NULL,
    cache_read       bigint NOT NULL,
    cache_write_5m   bigint NOT NULL,
    cache_write_1h   bigint NOT NULL,
    output           bigint NOT NULL,
    reasoning        bigint NOT NULL,
    charge           bigint NOT NULL,
    payable          bigint NOT NULL,
    shortfall        bigint NOT NULL,
    PRIMARY KEY (organization_id, hour, project_id, api_key_id, model, tier, price_version_id),
    CHECK (payable + shortfall = charge)
);
CREATE TABLE usage_day (
    organization_id  uuid NOT NULL,
    day              date NOT NULL,
    project_id       uuid NOT NULL,
    api_key_id       uuid NOT NULL,
    model            text NOT NULL,
    tier             text NOT NULL,
    price_version_id uuid NOT NULL,
    requests         bigint NOT NULL,
    input_uncached   bigint NOT NULL,
    cache_read       bigint NOT NULL,
    cache_write_5m   bigint NOT NULL,
    cache_write_1h   bigint NOT NULL,
    output           bigint NOT NULL,
    reasoning        bigint NOT NULL,
    charge           bigint NOT NULL,
    payable          bigint NOT NULL,
    shortfall        bigint NOT NULL,
    PRIMARY KEY (organization_id, day, project_id, api_key_id, model, tier, price_version_id),
    CHECK (payable + shortfall = charge)
);
-- For finding a span's minutes over all organizations; a summary of each page range, so that it
-- costs the settling nothing worth naming.
CREATE INDEX usage_minute_minute ON usage_minute USING brin (minute) WITH (pages_per_range = 16);

-- How far the sums go. Minutes before `closed_until` that still change are noted below;
-- hours before `hours_until` and days before `days_until` are built.
CREATE TABLE usage_progress (
    only_row     boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    closed_until timestamptz NOT NULL,
    hours_until  timestamptz NOT NULL,
    days_until   timestamptz NOT NULL,
    CHECK (days_until <= hours_until AND hours_until <= closed_until)
);
INSERT INTO usage_progress (closed_until, hours_until, days_until)
    SELECT at, at, at FROM (
        SELECT date_trunc('day', coalesce(min(minute), 'epoch'), 'UTC') AS at FROM usage_minute) m;

-- Closed hours that a late record changed: until they are rebuilt, their minutes are read. Never a
-- key, so that a second record's row is not lost with the first one's.
CREATE TABLE usage_reopened (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id uuid NOT NULL,
    hour            timestamptz NOT NULL
);

-- Runs once for a batch of settlements, in their transaction. The lock is shared by all who settle;
-- who closes hours takes it alone, and thereby waits for those who read the old bound.
CREATE FUNCTION note_late_minutes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        DECLARE
            bound timestamptz;
        BEGIN
            PERFORM pg_advisory_xact_lock_shared(hashtext('usage_progress'));
            SELECT closed_until INTO bound FROM usage_progress;
            INSERT INTO usage_reopened (organization_id, hour)
                SELECT DISTINCT organization_id, date_trunc('hour', minute, 'UTC')
                FROM changed WHERE minute < bound;
            RETURN NULL;
        END
    $$;
CREATE TRIGGER usage_minute_added AFTER INSERT ON usage_minute
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_late_minutes();
CREATE TRIGGER usage_minute_changed AFTER UPDATE ON usage_minute
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_late_minutes();

-- Closes all hours before `bound`: from here on a record in them is a late one.
CREATE FUNCTION close_usage(bound timestamptz) RETURNS void
    LANGUAGE plpgsql
    AS $$
        BEGIN
            -- The row first: whoever waits for it must not make the settling wait meanwhile.
            PERFORM FROM usage_progress FOR UPDATE;
            PERFORM pg_advisory_xact_lock(hashtext('usage_progress'));
            UPDATE usage_progress SET closed_until = date_trunc('hour', bound, 'UTC')
                WHERE closed_until < date_trunc('hour', bound, 'UTC');
        END
    $$;

-- Builds anew the given organization's hours (all organizations' when null) in [first, bound).
CREATE FUNCTION rebuild_usage_hours(organization uuid, first timestamptz, bound timestamptz)
    RETURNS void
    LANGUAGE plpgsql
    AS $$
        BEGIN
            DELETE FROM usage_hour WHERE hour >= first AND hour < bound
                AND (organization IS NULL OR organization_id = organization);
            INSERT INTO usage_hour (organization_id, hour, project_id, api_key_id, model, tier,
                price_version_id, requests, input_uncached, cache_read, cache_write_5m,
                cache_write_1h, output, reasoning, charge, payable, shortfall)
            SELECT organization_id, date_trunc('hour', minute, 'UTC'), project_id, api_key_id,
                model, tier, price_version_id, sum(requests), sum(input_uncached),
                sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(output),
                sum(reasoning), sum(charge), sum(payable), sum(shortfall)
            FROM usage_minute WHERE minute >= first AND minute < bound
                AND (organization IS NULL OR organization_id = organization)
            GROUP BY 1, 2, 3, 4, 5, 6, 7;
        END
    $$;

-- The same for days, from the hours; both bounds are midnights in UTC.
CREATE FUNCTION rebuild_usage_days(organization uuid, first timestamptz, bound timestamptz)
    RETURNS void
    LANGUAGE plpgsql
    AS $$
        BEGIN
            DELETE FROM usage_day
                WHERE day >= (first AT TIME ZONE 'UTC')::date
                AND day < (bound AT TIME ZONE 'UTC')::date
                AND (organization IS NULL OR organization_id = organization);
            INSERT INTO usage_day (organization_id, day, project_id, api_key_id, model, tier,
                price_version_id, requests, input_uncached, cache_read, cache_write_5m,
                cache_write_1h, output, reasoning, charge, payable, shortfall)
            SELECT organization_id, (hour AT TIME ZONE 'UTC')::date, project_id, api_key_id,
                model, tier, price_version_id, sum(requests), sum(input_uncached),
                sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(output),
                sum(reasoning), sum(charge), sum(payable), sum(shortfall)
            FROM usage_hour WHERE hour >= first AND hour < bound
                AND (organization IS NULL OR organization_id = organization)
            GROUP BY 1, 2, 3, 4, 5, 6, 7;
        END
    $$;

-- Brings hours and days up to `closed_until` and repairs what late records reopened, all in the
-- caller's transaction. Can be repeated at will. Returns how many reopened hours were repaired.
CREATE FUNCTION roll_up_usage() RETURNS integer
    LANGUAGE plpgsql
    AS $$
        DECLARE
            progress usage_progress;
            day_bound timestamptz;
            late record;
            late_ids bigint[];
            repaired integer := 0;
        BEGIN
            -- One at a time. Each statement below sees at least what the one before it saw.
            SELECT * INTO progress FROM usage_progress FOR UPDATE;
            PERFORM rebuild_usage_hours(NULL, progress.hours_until, progress.closed_until);
            SELECT array_agg(id) INTO late_ids FROM (
                SELECT id FROM usage_reopened ORDER BY id LIMIT 10000) r;
            FOR late IN SELECT DISTINCT organization_id, hour FROM usage_reopened
                    WHERE id = ANY (late_ids) LOOP
                PERFORM rebuild_usage_hours(
                    late.organization_id, late.hour, late.hour + interval '1 hour');
                repaired := repaired + 1;
            END LOOP;
            FOR late IN SELECT DISTINCT organization_id,
                        date_trunc('day', hour, 'UTC') AS day FROM usage_reopened
                    WHERE id = ANY (late_ids) AND hour < progress.days_until LOOP
                PERFORM rebuild_usage_days(
                    late.organization_id, late.day, late.day + interval '1 day');
            END LOOP;
            DELETE FROM usage_reopened WHERE id = ANY (late_ids);
            day_bound := greatest(
                progress.days_until, date_trunc('day', progress.closed_until, 'UTC'));
            PERFORM rebuild_usage_days(NULL, progress.days_until, day_bound);
            UPDATE usage_progress
                SET hours_until = progress.closed_until, days_until = day_bound;
            RETURN repaired;
        END
    $$;

-- Days of settlements and released requests ---------------------------------------------------

-- Days whose requests left the database, with what a reader must know to trust the file. The sums
-- stay here for ever, beside the roll-ups and the ledger.
CREATE TABLE usage_archive (
    kind           text NOT NULL CHECK (kind IN ('settlement', 'released_request')),
    day            date NOT NULL,
    file           text NOT NULL,
    bytes          bigint NOT NULL CHECK (bytes >= 0),
    sha256         bytea NOT NULL CHECK (octet_length(sha256) = 32),
    -- Of all rows as text in the order of their ids, before they went and as read back.
    content_sha256 bytea NOT NULL CHECK (octet_length(content_sha256) = 32),
    row_count      bigint NOT NULL CHECK (row_count >= 0),
    charge         numeric NOT NULL,
    payable        numeric NOT NULL,
    shortfall      numeric NOT NULL,
    tokens         numeric NOT NULL,
    node_id        text NOT NULL,
    archived_at    timestamptz NOT NULL,
    PRIMARY KEY (kind, day)
);
CREATE TRIGGER usage_archive_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON usage_archive FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What the archived settlements of a wallet came to, so that its transfers can still be explained.
CREATE TABLE usage_archived_wallet (
    day             date NOT NULL,
    organization_id uuid NOT NULL,
    wallet_id       uuid NOT NULL,
    currency        text NOT NULL,
    row_count       bigint NOT NULL,
    charge          numeric NOT NULL,
    payable         numeric NOT NULL,
    shortfall       numeric NOT NULL,
    PRIMARY KEY (day, wallet_id, currency)
);
CREATE TRIGGER usage_archived_wallet_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON usage_archived_wallet FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE settlement RENAME TO settlement_before;
ALTER TABLE settlement_before RENAME CONSTRAINT settlement_pkey TO settlement_before_pkey;
DROP TRIGGER settlement_kept ON settlement_before;
DROP INDEX settlement_organization, settlement_finished;
CREATE TABLE settlement (LIKE settlement_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
    PARTITION BY RANGE (day);
ALTER TABLE settlement ADD PRIMARY KEY (day, request_id);
-- The request log, newest first.
CREATE INDEX settlement_organization ON settlement (organization_id, request_id);
-- The caller's own id, for the few rows that have one.
CREATE INDEX settlement_client_request ON settlement (client_request_id)
    WHERE client_request_id IS NOT NULL;
-- The broken minutes at the ends of a span.
CREATE INDEX settlement_finished ON settlement USING brin (finished_at)
    WITH (pages_per_range = 32);
CREATE TRIGGER settlement_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON settlement FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE released_request RENAME TO released_request_before;
ALTER TABLE released_request_before
    RENAME CONSTRAINT released_request_pkey TO released_request_before_pkey;
DROP TRIGGER released_request_kept ON released_request_before;
DROP INDEX released_request_organization;
CREATE TABLE released_request (LIKE released_request_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
    PARTITION BY RANGE (day);
ALTER TABLE released_request ADD PRIMARY KEY (day, request_id);
CREATE INDEX released_request_organization ON released_request (organization_id, request_id);
CREATE INDEX released_request_client_request ON released_request (client_request_id)
    WHERE client_request_id IS NOT NULL;
CREATE TRIGGER released_request_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON released_request FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Days that have no partition: clocks that were wrong, records of long ago.
CREATE TABLE settlement_other PARTITION OF settlement DEFAULT;
CREATE TABLE released_request_other PARTITION OF released_request DEFAULT;
CREATE TRIGGER settlement_other_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON settlement_other FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER released_request_other_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON released_request_other FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An archived day is sealed. Whether a late record of it was booked before can no longer be told
-- by its key, so it is refused, loudly, and a person looks at it.
CREATE FUNCTION refuse_sealed_day() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF EXISTS (SELECT FROM usage_archive WHERE kind = TG_ARGV[0] AND day = NEW.day) THEN
                RAISE EXCEPTION '%: day % of request % is archived and sealed (expected: a record'
                    ' that comes while its day is open)', TG_ARGV[0], NEW.day, NEW.request_id
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END
    $$;
CREATE TRIGGER settlement_other_sealed BEFORE INSERT ON settlement_other
    FOR EACH ROW EXECUTE FUNCTION refuse_sealed_day('settlement');
CREATE TRIGGER released_request_other_sealed BEFORE INSERT ON released_request_other
    FOR EACH ROW EXECUTE FUNCTION refuse_sealed_day('released_request');

-- Makes the partitions of the days from `first` to `last` that are missing. A day that has been
-- archived gets none again, and one with rows among the outliers stays there.
CREATE FUNCTION make_usage_partitions(first date, last date) RETURNS integer
    LANGUAGE plpgsql
    AS $$
        DECLARE
            wanted date;
            base text;
            part text;
            taken boolean;
            made integer := 0;
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtext('usage_partitions'));
            FOREACH base IN ARRAY ARRAY['settlement', 'released_request'] LOOP
                wanted := first;
                WHILE wanted <= last LOOP
                    part := base || '_' || to_char(wanted, 'YYYYMMDD');
                    EXECUTE format(
                        'SELECT EXISTS (SELECT FROM %I WHERE day = $1)', base || '_other')
                        INTO taken USING wanted;
                    IF to_regclass(part) IS NULL AND NOT taken AND NOT EXISTS (
                            SELECT FROM usage_archive a
                            WHERE a.kind = base AND a.day = wanted) THEN
                        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS'
                            ' INCLUDING CONSTRAINTS, CHECK (day = %L))', part, base, wanted);
                        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I'
                            ' FOR VALUES FROM (%L) TO (%L)', base, part, wanted, wanted + 1);
                        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE'
                            ' ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                            part || '_kept', part);
                        made := made + 1;
                    END IF;
                    wanted := wanted + 1;
                END LOOP;
            END LOOP;
            RETURN made;
        END
    $$;

-- What is there already, and the days ahead until the job takes over.
SELECT make_usage_partitions(day, day) FROM (
    SELECT day FROM settlement_before UNION SELECT day FROM released_request_before) d;
SELECT make_usage_partitions(
    (now() AT TIME ZONE 'UTC')::date - 1, (now() AT TIME ZONE 'UTC')::date + 7);
INSERT INTO settlement SELECT * FROM settlement_before;
INSERT INTO released_request SELECT * FROM released_request_before;
DROP TABLE settlement_before, released_request_before;

-- Jobs -----------------------------------------------------------------------------------------

-- The table of the scheduler, as it wants it.
CREATE TABLE job (
    task_name            text NOT NULL,
    task_instance        text NOT NULL,
    task_data            bytea,
    execution_time       timestamptz NOT NULL,
    picked               boolean NOT NULL,
    picked_by            text,
    last_success         timestamptz,
    last_failure         timestamptz,
    consecutive_failures integer,
    last_heartbeat       timestamptz,
    version              bigint NOT NULL,
    priority             smallint,
    state                text,
    PRIMARY KEY (task_name, task_instance)
);
CREATE INDEX job_execution_time ON job (execution_time);
CREATE INDEX job_heartbeat ON job (last_heartbeat);
