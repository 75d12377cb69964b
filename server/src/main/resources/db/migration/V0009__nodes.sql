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

CREATE INDEX lease_recalled ON lease (node_id, epoch, wallet_id) WHERE recalled_at IS NOT NULL;

-- Each function below looks every row up by its primary key, one after the other: joined to the list
-- of wallets at once it is the planner's choice, and while the table grows from nothing it compares
-- all leases of the node with all that are asked for.

-- Takes the locks of a node's leases of these wallets, in their order.
CREATE FUNCTION lease_lock(wallets uuid[], node text, node_epoch bigint)
    RETURNS void
    LANGUAGE plpgsql
    AS $$
        DECLARE
            each uuid;
        BEGIN
            FOR each IN SELECT w.id FROM unnest(wallets) AS w (id) ORDER BY w.id LOOP
                PERFORM FROM lease l
                    WHERE l.wallet_id = each AND l.node_id = node AND l.epoch = node_epoch
                    FOR UPDATE;
            END LOOP;
        END
    $$;

-- How a wallet stands beside one node's lease.
CREATE FUNCTION lease_standing(
        asked uuid, node text, OUT available bigint, OUT elsewhere bigint, OUT holders integer,
        OUT unanswered integer)
    LANGUAGE plpgsql STABLE
    AS $$
        BEGIN
            SELECT greatest(b.posted - b.held - b.floor, 0) INTO available
                FROM wallet_balance b WHERE b.wallet_id = asked;
            available := coalesce(available, 0);
            SELECT coalesce(sum(greatest(l.amount - l.in_use, 0)), 0), count(*),
                    count(l.recalled_at)
                INTO elsewhere, holders, unanswered
                FROM lease l
                JOIN node n ON n.id = l.node_id AND n.epoch = l.epoch
                WHERE l.wallet_id = asked AND l.node_id <> node AND l.amount > 0
                    AND n.lost_at IS NULL AND n.leases_until > clock_timestamp();
        END
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
            seen bigint;
            until timestamptz;
        BEGIN
            PERFORM FROM node n WHERE n.id = node AND n.epoch = node_epoch AND n.lost_at IS NULL
                FOR KEY SHARE;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'node %, epoch %: closed', node, node_epoch
                    USING ERRCODE = 'MO001';
            END IF;
            PERFORM lease_lock(wallets, node, node_epoch);
            FOR want IN
                SELECT w.id, w.least, w.need, w.wish, w.in_use, w.operation
                FROM unnest(wallets, operations, leasts, needs, wishes, uses)
                    AS w (id, operation, least, need, wish, in_use)
                ORDER BY w.id
            LOOP
                SELECT l.operation, l.moved INTO seen, granted FROM lease l
                    WHERE l.wallet_id = want.id AND l.node_id = node AND l.epoch = node_epoch;
                IF NOT FOUND OR seen <> want.operation THEN
                    SELECT b.posted - b.held - b.floor INTO free FROM wallet_balance b
                        WHERE b.wallet_id = want.id FOR UPDATE;
                    IF NOT FOUND OR free <= 0 OR free < want.least THEN
                        granted := 0;
                    ELSIF free < want.need THEN
                        granted := free;
                    ELSE
                        granted := want.need
                            + least(want.wish - want.need, (free - want.need) / 4);
                    END IF;
                    IF granted > 0 THEN
                        UPDATE wallet_balance b SET held = b.held + granted
                            WHERE b.wallet_id = want.id;
                        INSERT INTO lease AS l (wallet_id, node_id, epoch, amount, in_use,
                                operation, moved)
                            VALUES (want.id, node, node_epoch, granted, want.in_use,
                                want.operation, granted)
                            ON CONFLICT (wallet_id, node_id, epoch) DO UPDATE
                            SET amount = l.amount + excluded.amount, in_use = excluded.in_use,
                                operation = excluded.operation, moved = excluded.moved;
                    END IF;
                END IF;
                wallet := want.id;
                SELECT s.available, s.elsewhere, s.holders, s.unanswered
                    INTO available, elsewhere, holders, unanswered
                    FROM lease_standing(want.id, node) s;
                until := lease_valid_until(want.id);
                valid_for := floor(1000 * extract(epoch FROM until - clock_timestamp()))::bigint;
                RETURN NEXT;
            END LOOP;
        END
    $$;

-- Answers recalls too. A lease that is closed stays closed: nothing happens then.
CREATE FUNCTION lease_give_back(
        node text, node_epoch bigint, wallets uuid[], operations bigint[], amounts bigint[],
        uses bigint[], lasts boolean[])
    RETURNS void
    LANGUAGE plpgsql
    AS $$
        DECLARE
            back record;
            left_over bigint;
            seen bigint;
        BEGIN
            PERFORM lease_lock(wallets, node, node_epoch);
            FOR back IN
                SELECT r.id, r.operation, r.amount, r.in_use, r.last
                FROM unnest(wallets, operations, amounts, uses, lasts)
                    AS r (id, operation, amount, in_use, last)
                ORDER BY r.id
            LOOP
                SELECT l.amount, l.operation INTO left_over, seen FROM lease l
                    WHERE l.wallet_id = back.id AND l.node_id = node AND l.epoch = node_epoch;
                CONTINUE WHEN NOT FOUND;
                IF seen <> back.operation THEN
                    IF back.amount > 0 THEN
                        UPDATE wallet_balance b SET held = b.held - back.amount
                            WHERE b.wallet_id = back.id;
                    END IF;
                    UPDATE lease l
                        SET amount = l.amount - back.amount, in_use = back.in_use,
                            recalled_at = NULL, operation = back.operation, moved = back.amount
                        WHERE l.wallet_id = back.id AND l.node_id = node AND l.epoch = node_epoch;
                    left_over := left_over - back.amount;
                END IF;
                IF back.last AND left_over = 0 THEN
                    DELETE FROM lease l
                        WHERE l.wallet_id = back.id AND l.node_id = node AND l.epoch = node_epoch;
                END IF;
            END LOOP;
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
        DECLARE
            used record;
        BEGIN
            UPDATE node n SET leases_until = clock_timestamp() + millis * interval '1 millisecond',
                    suspect_since = NULL,
                    suspect_seen = NULL
                WHERE n.id = node AND n.epoch = node_epoch AND n.lost_at IS NULL;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'node %, epoch %: closed', node, node_epoch
                    USING ERRCODE = 'MO001';
            END IF;
            PERFORM lease_lock(wallets, node, node_epoch);
            recalled := false;
            FOR used IN SELECT r.id, r.in_use FROM unnest(wallets, uses) AS r (id, in_use) LOOP
                UPDATE lease l SET in_use = used.in_use
                    WHERE l.wallet_id = used.id AND l.node_id = node AND l.epoch = node_epoch;
                wallet := used.id;
                SELECT s.available, s.elsewhere, s.holders, s.unanswered
                    INTO available, elsewhere, holders, unanswered
                    FROM lease_standing(used.id, node) s;
                RETURN NEXT;
            END LOOP;
            RETURN QUERY
                SELECT l.wallet_id, true, 0::bigint, 0::bigint, 0, 0 FROM lease l
                WHERE l.node_id = node AND l.epoch = node_epoch AND l.recalled_at IS NOT NULL;
        END
    $$;
