-- How leases grow, shrink, are recalled and end. Each function is one round trip for many wallets.
--
-- Locks are taken in one order: the node, leases by (wallet, node, epoch), wallets by id.

ALTER TABLE lease
    -- The last move of money that the node asked for, and how much it moved: a repeated call is
    -- known again. 0 when there was none.
    ADD COLUMN operation bigint NOT NULL DEFAULT 0,
    ADD COLUMN moved bigint NOT NULL DEFAULT 0;

ALTER TABLE node
    -- Silence under watch. It counts only while somebody looks: after a time in which the database
    -- was down it begins anew.
    ADD COLUMN suspect_since timestamptz,
    ADD COLUMN suspect_seen timestamptz;

-- Also what was in the leases of a node that was given up: then per wallet, not per request.
ALTER TABLE unbilled DROP CONSTRAINT unbilled_pkey;
ALTER TABLE unbilled ALTER COLUMN request_id DROP NOT NULL;
ALTER TABLE unbilled
    ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- What of the amount was in use, as the node had said last; null where it was not known.
    ADD COLUMN in_use bigint,
    ADD UNIQUE (request_id);
CREATE UNIQUE INDEX unbilled_lease ON unbilled (node_id, epoch, wallet_id)
    WHERE request_id IS NULL;

-- How wallets stand beside one node's leases.
CREATE FUNCTION lease_standing(
        wallets uuid[], node text)
    RETURNS TABLE (
        wallet uuid, available bigint, elsewhere bigint, holders integer, unanswered integer)
    LANGUAGE sql STABLE
    AS $$
        SELECT b.wallet_id, greatest(b.posted - b.held - b.floor, 0),
            coalesce(o.unused, 0)::bigint, coalesce(o.holders, 0)::integer,
            coalesce(o.unanswered, 0)::integer
        FROM wallet_balance b
        LEFT JOIN LATERAL (
            SELECT sum(greatest(l.amount - l.in_use, 0)) AS unused,
                count(*) AS holders, count(l.recalled_at) AS unanswered
            FROM lease l
            JOIN node n ON n.id = l.node_id AND n.epoch = l.epoch
            WHERE l.wallet_id = b.wallet_id AND l.node_id <> node AND l.amount > 0
                AND n.lost_at IS NULL AND n.leases_until > clock_timestamp()
        ) o ON true
        WHERE b.wallet_id = ANY (wallets)
    $$;

-- When the first of the wallet's money expires, so that what is free of its leases must be back. Null
-- when none does.
CREATE FUNCTION lease_valid_until(wallet uuid) RETURNS timestamptz
    LANGUAGE sql STABLE
    AS $$
        SELECT min(l.expires_at) FROM credit_lot l
        WHERE l.wallet_id = wallet AND l.open AND l.expires_at > clock_timestamp()
    $$;

-- Grants nothing below `least`; up to `need` whatever there is; above it, as far as `wish`, at most
-- a quarter of the rest, so that no node takes the last of a wallet without having a use for it.
CREATE FUNCTION lease_acquire(
        node text, node_epoch bigint, wallets uuid[], operations bigint[], leasts bigint[],
        needs bigint[], wishes bigint[], uses bigint[])
    RETURNS TABLE (
        wallet uuid, granted bigint, available bigint, elsewhere bigint, holders integer,
        unanswered integer, valid_for bigint)
    LANGUAGE plpgsql
    AS $$
        DECLARE
            want record;
            free bigint;
            grants bigint[] := '{}';
            grant_now bigint;
            asked uuid[] := '{}';
        BEGIN
            PERFORM FROM node n WHERE n.id = node AND n.epoch = node_epoch AND n.lost_at IS NULL
                FOR KEY SHARE;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'node %, epoch %: closed', node, node_epoch
                    USING ERRCODE = 'MO001';
            END IF;
            PERFORM FROM lease l
                WHERE l.node_id = node AND l.epoch = node_epoch AND l.wallet_id = ANY (wallets)
                ORDER BY l.wallet_id FOR UPDATE;
            FOR want IN
                SELECT w.id, w.least, w.need, w.wish, w.in_use, w.operation,
                    l.operation AS seen, l.moved
                FROM unnest(wallets, operations, leasts, needs, wishes, uses)
                    AS w (id, operation, least, need, wish, in_use)
                LEFT JOIN lease l ON l.wallet_id = w.id AND l.node_id = node
                    AND l.epoch = node_epoch
                ORDER BY w.id
            LOOP
                IF want.seen = want.operation THEN
                    grant_now := want.moved;
                ELSE
                    SELECT b.posted - b.held - b.floor INTO free FROM wallet_balance b
                        WHERE b.wallet_id = want.id FOR UPDATE;
                    IF NOT FOUND OR free <= 0 OR free < want.least THEN
                        grant_now := 0;
                    ELSIF free < want.need THEN
                        grant_now := free;
                    ELSE
                        grant_now := want.need
                            + least(want.wish - want.need, (free - want.need) / 4);
                    END IF;
                    IF grant_now > 0 THEN
                        UPDATE wallet_balance b SET held = b.held + grant_now
                            WHERE b.wallet_id = want.id;
                        INSERT INTO lease AS l (wallet_id, node_id, epoch, amount, in_use,
                                operation, moved)
                            VALUES (want.id, node, node_epoch, grant_now, want.in_use,
                                want.operation, grant_now)
                            ON CONFLICT (wallet_id, node_id, epoch) DO UPDATE
                            SET amount = l.amount + excluded.amount, in_use = excluded.in_use,
                                operation = excluded.operation, moved = excluded.moved;
                    END IF;
                END IF;
                asked := asked || want.id;
                grants := grants || grant_now;
            END LOOP;
            RETURN QUERY
                SELECT g.id, g.amount, coalesce(s.available, 0), coalesce(s.elsewhere, 0),
                    coalesce(s.holders, 0), coalesce(s.unanswered, 0),
                    floor(1000 * extract(epoch FROM
                        lease_valid_until(g.id) - clock_timestamp()))::bigint
                FROM unnest(asked, grants) AS g (id, amount)
                LEFT JOIN lease_standing(wallets, node) s ON s.wallet = g.id;
        END
    $$;

-- Answers recalls too. A lease that is closed stays closed: nothing happens then.
CREATE FUNCTION lease_give_back(
        node text, node_epoch bigint, wallets uuid[], operations bigint[], amounts bigint[],
        uses bigint[], lasts boolean[])
    RETURNS void
    LANGUAGE plpgsql
    AS $$
        BEGIN
            PERFORM FROM lease l
                WHERE l.node_id = node AND l.epoch = node_epoch AND l.wallet_id = ANY (wallets)
                ORDER BY l.wallet_id FOR UPDATE;
            PERFORM FROM wallet_balance b WHERE b.wallet_id = ANY (wallets)
                ORDER BY b.wallet_id FOR UPDATE;
            UPDATE wallet_balance b SET held = b.held - r.amount
                FROM unnest(wallets, operations, amounts) AS r (id, operation, amount)
                JOIN lease l ON l.wallet_id = r.id AND l.node_id = node AND l.epoch = node_epoch
                    AND l.operation <> r.operation
                WHERE b.wallet_id = r.id AND r.amount > 0;
            UPDATE lease l
                SET amount = l.amount - r.amount, in_use = r.in_use, recalled_at = NULL,
                    operation = r.operation, moved = r.amount
                FROM unnest(wallets, operations, amounts, uses) AS r (id, operation, amount, in_use)
                WHERE l.wallet_id = r.id AND l.node_id = node AND l.epoch = node_epoch
                    AND l.operation <> r.operation;
            DELETE FROM lease l USING unnest(wallets, lasts) AS r (id, last)
                WHERE l.wallet_id = r.id AND l.node_id = node AND l.epoch = node_epoch
                    AND r.last AND l.amount = 0;
        END
    $$;

-- Asks the other living nodes for what they have free. Listeners hear the wallet's id.
CREATE FUNCTION lease_recall(node text, wallets uuid[])
    RETURNS void
    LANGUAGE plpgsql
    AS $$
        DECLARE
            recalled uuid;
        BEGIN
            PERFORM FROM lease l
                WHERE l.wallet_id = ANY (wallets) AND l.node_id <> node AND l.amount > 0
                    AND l.recalled_at IS NULL
                ORDER BY l.wallet_id, l.node_id, l.epoch FOR UPDATE;
            FOR recalled IN
                WITH marked AS (
                    UPDATE lease l SET recalled_at = clock_timestamp()
                        FROM node n
                        WHERE l.wallet_id = ANY (wallets) AND l.node_id <> node AND l.amount > 0
                            AND l.recalled_at IS NULL AND n.id = l.node_id AND n.epoch = l.epoch
                            AND n.lost_at IS NULL AND n.leases_until > clock_timestamp()
                        RETURNING l.wallet_id)
                SELECT DISTINCT wallet_id FROM marked
            LOOP
                PERFORM pg_notify('lease_recall', recalled::text);
            END LOOP;
        END
    $$;

-- Lets the node's leases live on, takes down what is in use of them, and tells what is recalled.
CREATE FUNCTION lease_heartbeat(
        node text, node_epoch bigint, millis bigint, wallets uuid[], uses bigint[])
    RETURNS TABLE (
        wallet uuid, recalled boolean, available bigint, elsewhere bigint, holders integer,
        unanswered integer)
    LANGUAGE plpgsql
    AS $$
        BEGIN
            UPDATE node n SET leases_until = clock_timestamp() + millis * interval '1 millisecond',
                    suspect_since = NULL,
                    suspect_seen = NULL
                WHERE n.id = node AND n.epoch = node_epoch AND n.lost_at IS NULL;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'node %, epoch %: closed', node, node_epoch
                    USING ERRCODE = 'MO001';
            END IF;
            PERFORM FROM lease l
                WHERE l.node_id = node AND l.epoch = node_epoch AND l.wallet_id = ANY (wallets)
                ORDER BY l.wallet_id FOR UPDATE;
            UPDATE lease l SET in_use = r.in_use
                FROM unnest(wallets, uses) AS r (id, in_use)
                WHERE l.wallet_id = r.id AND l.node_id = node AND l.epoch = node_epoch;
            RETURN QUERY
                SELECT s.wallet, false, s.available, s.elsewhere, s.holders, s.unanswered
                FROM lease_standing(wallets, node) s
                UNION ALL
                SELECT l.wallet_id, true, 0::bigint, 0::bigint, 0, 0 FROM lease l
                WHERE l.node_id = node AND l.epoch = node_epoch AND l.recalled_at IS NOT NULL;
        END
    $$;
