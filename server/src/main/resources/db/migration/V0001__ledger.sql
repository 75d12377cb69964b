-- Organizations and keys, published prices, wallets and the double-entry ledger, settlements and
-- their roll-up.
--
-- Money is bigint in nano units (10^-9 of the major unit); sums over many rows are numeric. What
-- must always hold is a constraint wherever one row can carry it; LedgerVerifier recomputes the rest.

-- The UTC day on which a UUID of version 7 was minted. The day in a settlement's key is this
-- function of its id, so the key stays unique over all days even when the table is partitioned.
CREATE FUNCTION uuid7_day(id uuid) RETURNS date
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
        SELECT (to_timestamp(
            ('x' || lpad(replace(left(id::text, 13), '-', ''), 16, '0'))::bit(64)::bigint / 1000.0)
            AT TIME ZONE 'UTC')::date
    $$;

CREATE FUNCTION refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            RAISE EXCEPTION '%: % refused (expected: rows never change, a correction is a new row)',
                TG_TABLE_NAME, lower(TG_OP)
                USING ERRCODE = 'integrity_constraint_violation';
        END
    $$;

-- Tenancy ------------------------------------------------------------------------------------

CREATE TABLE organization (
    id         uuid PRIMARY KEY,
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    currency   text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    created_at timestamptz NOT NULL
);

-- One row. A row and not a sequence: it stays locked until the change commits, so versions become
-- visible in their order and a reader that asks for "above what I have seen" misses none.
CREATE TABLE key_version (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version  bigint NOT NULL
);
INSERT INTO key_version (version) VALUES (0);

CREATE TABLE api_key (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organization (id),
    name            text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    prefix          text NOT NULL,
    -- SHA-256 of the whole secret; the secret itself is never stored.
    hash            bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    created_at      timestamptz NOT NULL,
    revoked_at      timestamptz,
    last_used_at    timestamptz,
    -- Written by the trigger below whenever what the key may do changes.
    version         bigint NOT NULL UNIQUE
);
CREATE INDEX api_key_organization ON api_key (organization_id, id);

CREATE FUNCTION count_key_version() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND OLD.revoked_at IS NOT NULL
                    AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at THEN
                RAISE EXCEPTION 'api_key: a revoked key stays revoked'
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            UPDATE key_version SET version = version + 1 RETURNING version INTO NEW.version;
            PERFORM pg_notify('api_key', NEW.version::text);
            RETURN NEW;
        END
    $$;
CREATE TRIGGER api_key_version BEFORE INSERT OR UPDATE OF revoked_at, hash, organization_id
    ON api_key FOR EACH ROW EXECUTE FUNCTION count_key_version();
CREATE TRIGGER api_key_kept BEFORE DELETE OR TRUNCATE
    ON api_key FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Prices -------------------------------------------------------------------------------------

CREATE TABLE price_version (
    id             uuid PRIMARY KEY,
    number         integer NOT NULL UNIQUE CHECK (number > 0),
    currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    effective_from timestamptz NOT NULL,
    -- Null only inside the transaction that publishes; set once, then nothing changes any more.
    published_at   timestamptz
);

-- A token can cost a fraction of a nano unit, so the rate is for a million of them.
CREATE TABLE price_item (
    price_version_id  uuid NOT NULL REFERENCES price_version (id),
    model             text NOT NULL,
    token_class       text NOT NULL CHECK (token_class IN
                          ('input', 'cache_read', 'cache_write_5m', 'cache_write_1h', 'output')),
    nanos_per_million bigint NOT NULL CHECK (nanos_per_million >= 0),
    PRIMARY KEY (price_version_id, model, token_class)
);

CREATE FUNCTION keep_published_version() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        DECLARE
            incomplete text;
        BEGIN
            IF OLD.published_at IS NOT NULL THEN
                RAISE EXCEPTION 'price_version %: published prices never change', OLD.number
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            SELECT model INTO incomplete FROM price_item WHERE price_version_id = OLD.id
                GROUP BY model HAVING count(*) <> 5 LIMIT 1;
            IF incomplete IS NOT NULL THEN
                RAISE EXCEPTION 'price_version %: model % has not one price for every token class',
                    OLD.number, incomplete
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END
    $$;
CREATE TRIGGER price_version_kept BEFORE UPDATE
    ON price_version FOR EACH ROW EXECUTE FUNCTION keep_published_version();
CREATE TRIGGER price_version_not_deleted BEFORE DELETE OR TRUNCATE
    ON price_version FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION keep_published_items() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF (SELECT published_at FROM price_version WHERE id = NEW.price_version_id)
                    IS NOT NULL THEN
                RAISE EXCEPTION 'price_item: version % is published', NEW.price_version_id
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END
    $$;
CREATE TRIGGER price_item_before_publication BEFORE INSERT
    ON price_item FOR EACH ROW EXECUTE FUNCTION keep_published_items();
CREATE TRIGGER price_item_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON price_item FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Wallets and accounts -----------------------------------------------------------------------

CREATE TABLE wallet (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL UNIQUE REFERENCES organization (id),
    currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    created_at      timestamptz NOT NULL
);

-- Apart from the wallet because it is written with every request: free space in each page keeps
-- those updates on their page and out of the indexes.
CREATE TABLE wallet_balance (
    wallet_id   uuid PRIMARY KEY REFERENCES wallet (id),
    posted      bigint NOT NULL DEFAULT 0,
    held        bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    floor       bigint NOT NULL DEFAULT 0,
    -- How much of posted was given and not paid in; it is spent first.
    promotional bigint NOT NULL DEFAULT 0 CHECK (promotional >= 0),
    CONSTRAINT never_below_floor CHECK (posted - held >= floor)
) WITH (fillfactor = 70);

CREATE TABLE account (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL,
    wallet_id   uuid REFERENCES wallet (id),
    currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    normal_side text NOT NULL,
    UNIQUE (id, currency),
    CHECK ((kind, normal_side) IN (
        -- What customers have with us.
        ('customer_wallet', 'credit'),
        -- Money that arrived outside, before it is matched with a bank's statement.
        ('cash_clearing', 'debit'),
        -- Usage at its price, whoever paid.
        ('usage_revenue', 'credit'),
        -- The part of usage that no wallet could pay.
        ('absorbed_usage', 'debit'),
        -- Given credit not yet spent, and the spent part, which lessens revenue.
        ('promotion_outstanding', 'debit'),
        ('promotion_spent', 'debit'))),
    CHECK ((kind = 'customer_wallet') = (wallet_id IS NOT NULL))
);
CREATE UNIQUE INDEX account_of_wallet ON account (wallet_id) WHERE wallet_id IS NOT NULL;
CREATE UNIQUE INDEX account_of_house ON account (kind, currency) WHERE wallet_id IS NULL;

-- One row is one debit and one credit of the same amount in the same currency, so the ledger cannot
-- be out of balance. Usage is booked once per batch, wallet and pair of accounts; the settlements
-- with the same booking are its items.
CREATE TABLE transfer (
    id              uuid PRIMARY KEY,
    debit_account   bigint NOT NULL,
    credit_account  bigint NOT NULL,
    currency        text NOT NULL,
    amount          bigint NOT NULL CHECK (amount > 0),
    kind            text NOT NULL CHECK (kind IN
                        ('top_up', 'promotion', 'usage', 'absorbed', 'promotion_spent')),
    wallet_id       uuid NOT NULL REFERENCES wallet (id),
    booking         uuid,
    reference       text,
    reason          text,
    idempotency_key text CHECK (char_length(idempotency_key) BETWEEN 1 AND 200),
    booked_at       timestamptz NOT NULL,
    CHECK (debit_account <> credit_account),
    CHECK ((booking IS NOT NULL) = (kind IN ('usage', 'absorbed', 'promotion_spent'))),
    FOREIGN KEY (debit_account, currency) REFERENCES account (id, currency),
    FOREIGN KEY (credit_account, currency) REFERENCES account (id, currency)
);
CREATE UNIQUE INDEX transfer_idempotency ON transfer (wallet_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
CREATE INDEX transfer_wallet ON transfer (wallet_id, id);
CREATE TRIGGER transfer_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON transfer FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Holds --------------------------------------------------------------------------------------

-- Each start of a node is an epoch: a hold of an older one belongs to a process that is gone.
CREATE TABLE node (
    id         text PRIMARY KEY CHECK (char_length(id) BETWEEN 1 AND 200),
    epoch      bigint NOT NULL CHECK (epoch > 0),
    started_at timestamptz NOT NULL
);

-- Rows live as long as their request and are deleted by its outcome, so the table stays small. No
-- foreign keys here or on settlement: each would lock a shared parent row once per request.
CREATE TABLE hold_open (
    request_id uuid PRIMARY KEY,
    wallet_id  uuid NOT NULL,
    amount     bigint NOT NULL CHECK (amount > 0),
    node_id    text NOT NULL,
    epoch      bigint NOT NULL,
    placed_at  timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX hold_open_wallet ON hold_open (wallet_id);

-- Money that went back to its wallet because nobody knows any more what the request used.
CREATE TABLE unbilled (
    request_id uuid PRIMARY KEY,
    wallet_id  uuid NOT NULL REFERENCES wallet (id),
    amount     bigint NOT NULL CHECK (amount > 0),
    reason     text NOT NULL,
    node_id    text NOT NULL,
    epoch      bigint NOT NULL,
    at         timestamptz NOT NULL
);
CREATE TRIGGER unbilled_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON unbilled FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Both in one call, since a round trip is most of what a hold costs. Statement by statement and not
-- as one: each sees what others committed while it waited for the wallet's row. Returns the amount
-- held in all (null when refused) and what the wallet can still carry (null when there is none).
CREATE FUNCTION place_hold(
        request uuid, wallet uuid, wish bigint, node text, node_epoch bigint, at timestamptz,
        OUT held_amount bigint, OUT available bigint)
    LANGUAGE plpgsql
    AS $$
        BEGIN
            UPDATE wallet_balance b SET held = b.held + wish
                WHERE b.wallet_id = wallet AND b.posted - b.held - wish >= b.floor
                RETURNING b.posted - b.held - b.floor INTO available;
            IF FOUND THEN
                INSERT INTO hold_open (request_id, wallet_id, amount, node_id, epoch, placed_at)
                    VALUES (request, wallet, wish, node, node_epoch, at);
                held_amount := wish;
            ELSE
                SELECT b.posted - b.held - b.floor INTO available
                    FROM wallet_balance b WHERE b.wallet_id = wallet;
            END IF;
        END
    $$;

-- The hold's row is locked before the wallet's, as everywhere. Both results are null when the hold
-- has ended.
CREATE FUNCTION extend_hold(
        request uuid, wish bigint, OUT held_amount bigint, OUT available bigint)
    LANGUAGE plpgsql
    AS $$
        DECLARE
            wallet uuid;
        BEGIN
            SELECT h.wallet_id INTO wallet FROM hold_open h WHERE h.request_id = request FOR UPDATE;
            IF NOT FOUND THEN
                RETURN;
            END IF;
            UPDATE wallet_balance b SET held = b.held + wish
                WHERE b.wallet_id = wallet AND b.posted - b.held - wish >= b.floor
                RETURNING b.posted - b.held - b.floor INTO available;
            IF FOUND THEN
                UPDATE hold_open h SET amount = h.amount + wish WHERE h.request_id = request
                    RETURNING h.amount INTO held_amount;
            ELSE
                SELECT b.posted - b.held - b.floor INTO available
                    FROM wallet_balance b WHERE b.wallet_id = wallet;
            END IF;
        END
    $$;

-- Settlements --------------------------------------------------------------------------------

CREATE TABLE settlement (
    day               date NOT NULL,
    request_id        uuid NOT NULL,
    organization_id   uuid NOT NULL,
    api_key_id        uuid NOT NULL,
    wallet_id         uuid NOT NULL,
    model             text NOT NULL,
    client_request_id text,
    admitted_at       timestamptz NOT NULL,
    finished_at       timestamptz NOT NULL,
    streamed          boolean NOT NULL,
    ending            text NOT NULL,
    estimated         boolean NOT NULL,
    prompt            bigint NOT NULL,
    input_uncached    bigint NOT NULL CHECK (input_uncached >= 0),
    cache_read        bigint NOT NULL CHECK (cache_read >= 0),
    cache_write_5m    bigint NOT NULL CHECK (cache_write_5m >= 0),
    cache_write_1h    bigint NOT NULL CHECK (cache_write_1h >= 0),
    output            bigint NOT NULL CHECK (output >= 0),
    reasoning         bigint NOT NULL CHECK (reasoning BETWEEN 0 AND output),
    price_version_id  uuid NOT NULL,
    currency          text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    charge            bigint NOT NULL CHECK (charge >= 0),
    payable           bigint NOT NULL CHECK (payable >= 0),
    shortfall         bigint NOT NULL CHECK (shortfall >= 0),
    -- What was set aside when it settled; 0 when the hold had ended before.
    held              bigint NOT NULL CHECK (held >= 0),
    booking           uuid NOT NULL,
    node_id           text NOT NULL,
    PRIMARY KEY (day, request_id),
    CONSTRAINT settlement_day CHECK (day = uuid7_day(request_id)),
    CONSTRAINT settlement_prompt
        CHECK (input_uncached + cache_read + cache_write_5m + cache_write_1h = prompt),
    CONSTRAINT settlement_split CHECK (payable + shortfall = charge)
);
CREATE INDEX settlement_organization ON settlement (organization_id, request_id);
CREATE INDEX settlement_finished ON settlement (organization_id, finished_at);
CREATE TRIGGER settlement_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON settlement FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A second, different record of a settled request: kept for a person to look at, moves no money.
CREATE TABLE settlement_conflict (
    request_id    uuid NOT NULL,
    content_hash  bytea NOT NULL CHECK (octet_length(content_hash) = 32),
    stored_charge bigint NOT NULL,
    record        jsonb NOT NULL,
    node_id       text NOT NULL,
    seen_at       timestamptz NOT NULL,
    PRIMARY KEY (request_id, content_hash)
);
CREATE TRIGGER settlement_conflict_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON settlement_conflict FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Records that cannot be booked as they are. Their hold has gone back: usage counted here was
-- delivered and is not yet paid.
CREATE TABLE usage_quarantine (
    request_id   uuid NOT NULL,
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
    reason       text NOT NULL,
    held         bigint NOT NULL CHECK (held >= 0),
    record       jsonb NOT NULL,
    node_id      text NOT NULL,
    seen_at      timestamptz NOT NULL,
    PRIMARY KEY (request_id, content_hash)
);
CREATE TRIGGER usage_quarantine_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON usage_quarantine FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Sums by the minute of the final record, added to in the transaction that settles: no lag, and
-- exactly once because the settlement is. The shard keeps nodes off each other's rows.
CREATE TABLE usage_minute (
    organization_id  uuid NOT NULL,
    minute           timestamptz NOT NULL,
    api_key_id       uuid NOT NULL,
    model            text NOT NULL,
    price_version_id uuid NOT NULL,
    shard            smallint NOT NULL,
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
    PRIMARY KEY (organization_id, minute, api_key_id, model, price_version_id, shard),
    CHECK (payable + shortfall = charge)
) WITH (fillfactor = 70);
