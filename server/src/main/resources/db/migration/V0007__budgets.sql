-- Budgets: how much may be spent in a day or a month by an organization, a project or a key. And
-- the time zone in which an organization's days and months begin.

-- Zones --------------------------------------------------------------------------------------

ALTER TABLE organization
    -- The day and the month under way when the zone was changed last: they end as they would have
    -- ended, and only what comes after goes by the new zone. Null when it was never changed.
    ADD COLUMN day_seam_on date,
    ADD COLUMN day_seam_from timestamptz,
    ADD COLUMN day_seam_to timestamptz,
    ADD COLUMN month_seam_on date,
    ADD COLUMN month_seam_from timestamptz,
    ADD COLUMN month_seam_to timestamptz,
    -- Of key_version's count, whenever a budget or the zone changes: nodes read the organization's
    -- budgets anew then.
    ADD COLUMN budget_version bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT organization_seams CHECK (
        num_nulls(day_seam_on, day_seam_from, day_seam_to, month_seam_on, month_seam_from,
            month_seam_to) IN (0, 6));
CREATE INDEX organization_budget_version ON organization (budget_version)
    WHERE budget_version > 0;

-- Budgets ------------------------------------------------------------------------------------

CREATE TABLE budget (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organization (id),
    scope           text NOT NULL CHECK (scope IN ('organization', 'project', 'key')),
    -- The organization, project or key whose spend is limited; none of them is ever deleted.
    subject_id      uuid NOT NULL,
    period          text NOT NULL CHECK (period IN ('day', 'month')),
    currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount          bigint NOT NULL CHECK (amount >= 0),
    -- Percent of the amount at which people are told; rising.
    thresholds      smallint[] NOT NULL CHECK (
        cardinality(thresholds) <= 10 AND 0 < ALL (thresholds) AND 100 >= ALL (thresholds)),
    created_at      timestamptz NOT NULL,
    ended_at        timestamptz,
    CHECK (scope <> 'organization' OR subject_id = organization_id)
);
CREATE UNIQUE INDEX budget_in_force ON budget (subject_id, period) WHERE ended_at IS NULL;
CREATE INDEX budget_organization ON budget (organization_id, id) WHERE ended_at IS NULL;

CREATE FUNCTION count_budget_version() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        DECLARE
            next bigint;
        BEGIN
            UPDATE key_version SET version = version + 1 RETURNING version INTO next;
            IF TG_TABLE_NAME = 'organization' THEN
                NEW.budget_version := next;
            ELSE
                UPDATE organization SET budget_version = next WHERE id = NEW.organization_id;
            END IF;
            PERFORM pg_notify('api_key', next::text);
            RETURN NEW;
        END
    $$;
CREATE TRIGGER budget_version BEFORE INSERT OR UPDATE ON budget
    FOR EACH ROW EXECUTE FUNCTION count_budget_version();
CREATE TRIGGER organization_zone_version BEFORE UPDATE OF zone ON organization
    FOR EACH ROW EXECUTE FUNCTION count_budget_version();
CREATE TRIGGER budget_kept BEFORE DELETE OR TRUNCATE
    ON budget FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One day or month of a budget, made when it is first used.
CREATE TABLE budget_period (
    budget_id uuid NOT NULL REFERENCES budget (id),
    -- Its first day in the organization's zone.
    starts_on date NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL,
    -- What may be spent in it, as of now or of its end; null when the budget was ended in it, so
    -- that nothing limits it any more.
    amount    bigint CHECK (amount >= 0),
    -- Charges of requests admitted in it. Above the amount where answers cost more than was held.
    spent     bigint NOT NULL DEFAULT 0 CHECK (spent >= 0),
    -- The sum of its leases.
    held      bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    PRIMARY KEY (budget_id, starts_on),
    CHECK (starts_at < ends_at)
) WITH (fillfactor = 70);
CREATE INDEX budget_period_end ON budget_period (budget_id, ends_at);

-- Said once for each period and threshold.
CREATE TABLE budget_alert (
    budget_id uuid NOT NULL,
    starts_on date NOT NULL,
    threshold smallint NOT NULL,
    spent     bigint NOT NULL,
    amount    bigint NOT NULL,
    raised_at timestamptz NOT NULL,
    PRIMARY KEY (budget_id, starts_on, threshold),
    FOREIGN KEY (budget_id, starts_on) REFERENCES budget_period (budget_id, starts_on)
);
CREATE TRIGGER budget_alert_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON budget_alert FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Leases -------------------------------------------------------------------------------------

-- As leases of wallets: what a life of a node may set aside of a budget's period without asking.
-- They live as long as that life's leases of wallets, and end with them.
CREATE TABLE budget_lease (
    budget_id   uuid NOT NULL,
    starts_on   date NOT NULL,
    node_id     text NOT NULL REFERENCES node (id),
    epoch       bigint NOT NULL,
    amount      bigint NOT NULL CHECK (amount >= 0),
    in_use      bigint NOT NULL DEFAULT 0 CHECK (in_use >= 0),
    recalled_at timestamptz,
    -- The last move of money that the node asked for, and how much it moved: a repeated call is
    -- known again.
    operation   bigint NOT NULL,
    moved       bigint NOT NULL,
    PRIMARY KEY (budget_id, starts_on, node_id, epoch),
    FOREIGN KEY (budget_id, starts_on) REFERENCES budget_period (budget_id, starts_on)
) WITH (fillfactor = 70);
CREATE INDEX budget_lease_recalled ON budget_lease (node_id, epoch) WHERE recalled_at IS NOT NULL;

-- Locks in one order everywhere: the node, leases by (budget, period, node, epoch), periods by
-- (budget, period); all of them after those of wallets. The columns of nodes that tell who lives
-- come with a later migration, so these functions are in plpgsql, which looks for them when called.

-- How periods stand beside one node's leases. Where there is no limit, there is always plenty.
CREATE FUNCTION budget_standing(budgets uuid[], starts date[], node text)
    RETURNS TABLE (
        budget uuid, start date, available bigint, elsewhere bigint, holders integer,
        unanswered integer)
    LANGUAGE plpgsql STABLE
    AS $$
        BEGIN
            RETURN QUERY
                SELECT p.budget_id, p.starts_on,
                    coalesce(greatest(p.amount - p.spent - p.held, 0), 1000000000000000000),
                    coalesce(o.unused, 0)::bigint, coalesce(o.holders, 0)::integer,
                    coalesce(o.unanswered, 0)::integer
                FROM unnest(budgets, starts) AS w (id, first)
                JOIN budget_period p ON p.budget_id = w.id AND p.starts_on = w.first
                LEFT JOIN LATERAL (
                    SELECT sum(greatest(l.amount - l.in_use, 0)) AS unused,
                        count(*) AS holders, count(l.recalled_at) AS unanswered
                    FROM budget_lease l
                    JOIN node n ON n.id = l.node_id AND n.epoch = l.epoch
                    WHERE l.budget_id = w.id AND l.starts_on = w.first AND l.node_id <> node
                        AND l.amount > 0 AND n.lost_at IS NULL
                        AND n.leases_until > clock_timestamp()
                ) o ON true;
        END
    $$;

-- Grants as lease_acquire does, of what is neither spent nor held. Granted is null where the period
-- is not there yet: then nothing happened, and it has to be made first.
CREATE FUNCTION budget_lease_acquire(
        node text, node_epoch bigint, budgets uuid[], starts date[], operations bigint[],
        leasts bigint[], needs bigint[], wishes bigint[], uses bigint[])
    RETURNS TABLE (
        budget uuid, start date, granted bigint, available bigint, elsewhere bigint,
        holders integer, unanswered integer)
    LANGUAGE plpgsql
    AS $$
        DECLARE
            want record;
            free bigint;
            grants bigint[] := '{}';
            grant_now bigint;
            asked uuid[] := '{}';
            first_days date[] := '{}';
        BEGIN
            PERFORM FROM node n WHERE n.id = node AND n.epoch = node_epoch AND n.lost_at IS NULL
                FOR KEY SHARE;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'node %, epoch %: closed', node, node_epoch
                    USING ERRCODE = 'MO001';
            END IF;
            PERFORM FROM unnest(budgets, starts) AS w (id, first)
                JOIN budget_lease l ON l.budget_id = w.id AND l.starts_on = w.first
                    AND l.node_id = node AND l.epoch = node_epoch
                ORDER BY l.budget_id, l.starts_on FOR UPDATE OF l;
            FOR want IN
                SELECT w.id, w.first, w.least, w.need, w.wish, w.in_use, w.operation,
                    l.operation AS seen, l.moved
                FROM unnest(budgets, starts, operations, leasts, needs, wishes, uses)
                    AS w (id, first, operation, least, need, wish, in_use)
                LEFT JOIN budget_lease l ON l.budget_id = w.id AND l.starts_on = w.first
                    AND l.node_id = node AND l.epoch = node_epoch
                ORDER BY w.id, w.first
            LOOP
                IF want.seen = want.operation THEN
                    grant_now := want.moved;
                ELSE
                    SELECT coalesce(p.amount, 1000000000000000000) - p.spent - p.held INTO free
                        FROM budget_period p
                        WHERE p.budget_id = want.id AND p.starts_on = want.first FOR UPDATE;
                    IF NOT FOUND THEN
                        grant_now := NULL;
                    ELSIF free <= 0 OR free < want.least THEN
                        grant_now := 0;
                    ELSIF free < want.need THEN
                        grant_now := free;
                    ELSE
                        grant_now := want.need
                            + least(want.wish - want.need, (free - want.need) / 4);
                    END IF;
                    IF grant_now > 0 THEN
                        UPDATE budget_period p SET held = p.held + grant_now
                            WHERE p.budget_id = want.id AND p.starts_on = want.first;
                        INSERT INTO budget_lease AS l (budget_id, starts_on, node_id, epoch, amount,
                                in_use, operation, moved)
                            VALUES (want.id, want.first, node, node_epoch, grant_now, want.in_use,
                                want.operation, grant_now)
                            ON CONFLICT (budget_id, starts_on, node_id, epoch) DO UPDATE
                            SET amount = l.amount + excluded.amount, in_use = excluded.in_use,
                                operation = excluded.operation, moved = excluded.moved;
                    END IF;
                END IF;
                asked := asked || want.id;
                first_days := first_days || want.first;
                grants := grants || grant_now;
            END LOOP;
            RETURN QUERY
                SELECT g.id, g.first, g.amount, coalesce(s.available, 0), coalesce(s.elsewhere, 0),
                    coalesce(s.holders, 0), coalesce(s.unanswered, 0)
                FROM unnest(asked, first_days, grants) AS g (id, first, amount)
                LEFT JOIN budget_standing(budgets, starts, node) s
                    ON s.budget = g.id AND s.start = g.first;
        END
    $$;

-- Answers recalls too. A lease that is closed stays closed: nothing happens then.
CREATE FUNCTION budget_lease_give_back(
        node text, node_epoch bigint, budgets uuid[], starts date[], operations bigint[],
        amounts bigint[], uses bigint[], lasts boolean[])
    RETURNS void
    LANGUAGE plpgsql
    AS $$
        BEGIN
            PERFORM FROM unnest(budgets, starts) AS w (id, first)
                JOIN budget_lease l ON l.budget_id = w.id AND l.starts_on = w.first
                    AND l.node_id = node AND l.epoch = node_epoch
                ORDER BY l.budget_id, l.starts_on FOR UPDATE OF l;
            PERFORM FROM unnest(budgets, starts) AS w (id, first)
                JOIN budget_period p ON p.budget_id = w.id AND p.starts_on = w.first
                ORDER BY p.budget_id, p.starts_on FOR UPDATE OF p;
            UPDATE budget_period p SET held = p.held - r.amount
                FROM unnest(budgets, starts, operations, amounts)
                    AS r (id, first, operation, amount)
                JOIN budget_lease l ON l.budget_id = r.id AND l.starts_on = r.first
                    AND l.node_id = node AND l.epoch = node_epoch AND l.operation <> r.operation
                WHERE p.budget_id = r.id AND p.starts_on = r.first AND r.amount > 0;
            UPDATE budget_lease l
                SET amount = l.amount - r.amount, in_use = r.in_use, recalled_at = NULL,
                    operation = r.operation, moved = r.amount
                FROM unnest(budgets, starts, operations, amounts, uses)
                    AS r (id, first, operation, amount, in_use)
                WHERE l.budget_id = r.id AND l.starts_on = r.first AND l.node_id = node
                    AND l.epoch = node_epoch AND l.operation <> r.operation;
            DELETE FROM budget_lease l USING unnest(budgets, starts, lasts) AS r (id, first, last)
                WHERE l.budget_id = r.id AND l.starts_on = r.first AND l.node_id = node
                    AND l.epoch = node_epoch AND r.last AND l.amount = 0;
        END
    $$;

-- Asks the other living nodes, all of them when `node` is null, for what they have free. Listeners
-- hear the budget's id and the period.
CREATE FUNCTION budget_lease_recall(node text, budgets uuid[], starts date[])
    RETURNS void
    LANGUAGE plpgsql
    AS $$
        DECLARE
            recalled record;
        BEGIN
            PERFORM FROM unnest(budgets, starts) AS w (id, first)
                JOIN budget_lease l ON l.budget_id = w.id AND l.starts_on = w.first
                    AND l.node_id IS DISTINCT FROM node AND l.amount > 0
                    AND l.recalled_at IS NULL
                ORDER BY l.budget_id, l.starts_on, l.node_id, l.epoch FOR UPDATE OF l;
            FOR recalled IN
                WITH marked AS (
                    UPDATE budget_lease l SET recalled_at = clock_timestamp()
                        FROM unnest(budgets, starts) AS w (id, first), node n
                        WHERE l.budget_id = w.id AND l.starts_on = w.first
                            AND l.node_id IS DISTINCT FROM node AND l.amount > 0
                            AND l.recalled_at IS NULL AND n.id = l.node_id AND n.epoch = l.epoch
                            AND n.lost_at IS NULL AND n.leases_until > clock_timestamp()
                        RETURNING l.budget_id, l.starts_on)
                SELECT DISTINCT budget_id, starts_on FROM marked
            LOOP
                PERFORM pg_notify('lease_recall',
                    recalled.budget_id::text || '/' || recalled.starts_on::text);
            END LOOP;
        END
    $$;

-- Takes down what is in use of a node's leases, and tells what is recalled.
CREATE FUNCTION budget_lease_heartbeat(
        node text, node_epoch bigint, budgets uuid[], starts date[], uses bigint[])
    RETURNS TABLE (
        budget uuid, start date, recalled boolean, available bigint, elsewhere bigint,
        holders integer, unanswered integer)
    LANGUAGE plpgsql
    AS $$
        BEGIN
            PERFORM FROM unnest(budgets, starts) AS w (id, first)
                JOIN budget_lease l ON l.budget_id = w.id AND l.starts_on = w.first
                    AND l.node_id = node AND l.epoch = node_epoch
                ORDER BY l.budget_id, l.starts_on FOR UPDATE OF l;
            UPDATE budget_lease l SET in_use = r.in_use
                FROM unnest(budgets, starts, uses) AS r (id, first, in_use)
                WHERE l.budget_id = r.id AND l.starts_on = r.first AND l.node_id = node
                    AND l.epoch = node_epoch;
            RETURN QUERY
                SELECT s.budget, s.start, false, s.available, s.elsewhere, s.holders, s.unanswered
                FROM budget_standing(budgets, starts, node) s
                UNION ALL
                SELECT l.budget_id, l.starts_on, true, 0::bigint, 0::bigint, 0, 0
                FROM budget_lease l
                WHERE l.node_id = node AND l.epoch = node_epoch AND l.recalled_at IS NOT NULL;
        END
    $$;

-- Settlement ---------------------------------------------------------------------------------

-- Writes down what has not been said yet of the thresholds that these periods have reached.
CREATE FUNCTION budget_alerts_due(budgets uuid[], starts date[], at timestamptz)
    RETURNS TABLE (budget uuid, start date, percent smallint)
    LANGUAGE plpgsql
    AS $$
        BEGIN
            RETURN QUERY
                INSERT INTO budget_alert AS a
                        (budget_id, starts_on, threshold, spent, amount, raised_at)
                    SELECT p.budget_id, p.starts_on, t.threshold, p.spent, p.amount, at
                    FROM unnest(budgets, starts) AS w (id, first)
                    JOIN budget_period p ON p.budget_id = w.id AND p.starts_on = w.first
                    JOIN budget b ON b.id = p.budget_id
                    CROSS JOIN unnest(b.thresholds) AS t (threshold)
                    WHERE p.spent > 0 AND p.spent::numeric * 100 >= p.amount::numeric * t.threshold
                    ORDER BY p.budget_id, p.starts_on, t.threshold
                    ON CONFLICT DO NOTHING
                    RETURNING a.budget_id, a.starts_on, a.threshold;
        END
    $$;

-- Counts charges in their periods, each period once: spent grows by the charge, and the leases of
-- the lives of nodes shrink by what they carry of `draws`. Returns the periods that are not there
-- yet (percent null); then nothing was written, and they have to be made first. Else the thresholds
-- reached now.
CREATE FUNCTION budget_settle(
        budgets uuid[], starts date[], charges bigint[],
        lease_budgets uuid[], lease_starts date[], nodes text[], epochs bigint[], draws bigint[],
        at timestamptz)
    RETURNS TABLE (budget uuid, start date, percent smallint)
    LANGUAGE plpgsql
    AS $$
        BEGIN
            RETURN QUERY
                SELECT w.id, w.first, NULL::smallint FROM unnest(budgets, starts) AS w (id, first)
                WHERE NOT EXISTS (SELECT FROM budget_period p
                    WHERE p.budget_id = w.id AND p.starts_on = w.first);
            IF FOUND THEN
                RETURN;
            END IF;
            PERFORM FROM unnest(lease_budgets, lease_starts, nodes, epochs)
                    AS d (id, first, node, life)
                JOIN budget_lease l ON l.budget_id = d.id AND l.starts_on = d.first
                    AND l.node_id = d.node AND l.epoch = d.life
                ORDER BY l.budget_id, l.starts_on, l.node_id, l.epoch FOR UPDATE OF l;
            PERFORM FROM unnest(budgets, starts) AS w (id, first)
                JOIN budget_period p ON p.budget_id = w.id AND p.starts_on = w.first
                ORDER BY p.budget_id, p.starts_on FOR UPDATE OF p;
            WITH carried AS (
                SELECT l.budget_id, l.starts_on, l.node_id, l.epoch, least(d.draw, l.amount) AS draw
                FROM unnest(lease_budgets, lease_starts, nodes, epochs, draws)
                    AS d (id, first, node, life, draw)
                JOIN budget_lease l ON l.budget_id = d.id AND l.starts_on = d.first
                    AND l.node_id = d.node AND l.epoch = d.life
            ), drawn AS (
                UPDATE budget_lease l SET amount = l.amount - c.draw FROM carried c
                WHERE l.budget_id = c.budget_id AND l.starts_on = c.starts_on
                    AND l.node_id = c.node_id AND l.epoch = c.epoch
            )
            UPDATE budget_period p SET spent = p.spent + w.charge,
                    held = p.held - coalesce((SELECT sum(c.draw) FROM carried c
                        WHERE c.budget_id = p.budget_id AND c.starts_on = p.starts_on), 0)
                FROM unnest(budgets, starts, charges) AS w (id, first, charge)
                WHERE p.budget_id = w.id AND p.starts_on = w.first;
            RETURN QUERY SELECT d.budget, d.start, d.percent
                FROM budget_alerts_due(budgets, starts, at) d;
        END
    $$;

-- What they are asked for is looked up by its primary key, one after the other: while the tables grow
-- from nothing the planner would compare everything that a node has with everything asked for.
DO $$
    DECLARE
        each regprocedure;
    BEGIN
        FOR each IN
            SELECT p.oid FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
            WHERE p.pronamespace = current_schema()::regnamespace AND l.lanname = 'plpgsql'
                AND (p.proname LIKE 'budget_lease_%'
                    OR p.proname IN ('budget_standing', 'budget_settle', 'budget_alerts_due'))
        LOOP
            EXECUTE format('ALTER FUNCTION %s SET enable_hashjoin = off', each);
            EXECUTE format('ALTER FUNCTION %s SET enable_mergejoin = off', each);
            EXECUTE format('ALTER FUNCTION %s SET enable_seqscan = off', each);
        END LOOP;
    END
$$;
