-- Credit lots: what a wallet's money consists of, and in which order it is spent. Debts. And the
-- outbox: events for others, written in the transaction that makes them true.

-- The same day as before, reckoned without text: it is reckoned for each settlement.
CREATE OR REPLACE FUNCTION uuid7_day(id uuid) RETURNS date
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
        SELECT date '1970-01-01' + ((
            (get_byte(uuid_send(id), 0)::bigint << 40)
            | (get_byte(uuid_send(id), 1)::bigint << 32)
            | (get_byte(uuid_send(id), 2)::bigint << 24)
            | (get_byte(uuid_send(id), 3)::bigint << 16)
            | (get_byte(uuid_send(id), 4)::bigint << 8)
            | get_byte(uuid_send(id), 5)::bigint) / 86400000)::integer
    $$;

-- Accounts -----------------------------------------------------------------------------------

ALTER TABLE account DROP CONSTRAINT account_check;
ALTER TABLE account ADD CONSTRAINT account_kind CHECK ((kind, normal_side) IN (
    -- What customers have with us; never below zero: what is below stands in receivable.
    ('customer_wallet', 'credit'),
    -- What customers owe us after a charge-back.
    ('receivable', 'debit'),
    -- Money that arrived outside, before it is matched with a bank's statement.
    ('cash_clearing', 'debit'),
    -- Usage at its price, whoever paid.
    ('usage_revenue', 'credit'),
    -- Paid money that expired unspent.
    ('breakage_revenue', 'credit'),
    -- The part of usage that no wallet could pay.
    ('absorbed_usage', 'debit'),
    -- Given credit not yet spent, and the spent part, which lessens revenue.
    ('promotion_outstanding', 'debit'),
    ('promotion_spent', 'debit'),
    -- The same for what a subscription includes: its revenue is the subscription's.
    ('allowance_outstanding', 'debit'),
    ('allowance_spent', 'debit')));

INSERT INTO account (kind, currency, normal_side)
    SELECT n.kind, c.currency, n.normal_side
    FROM (SELECT DISTINCT currency FROM account) c
    CROSS JOIN (VALUES
        ('receivable', 'debit'),
        ('breakage_revenue', 'credit'),
        ('allowance_outstanding', 'debit'),
        ('allowance_spent', 'debit')) AS n (kind, normal_side);

CREATE TRIGGER account_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON account FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Lots ---------------------------------------------------------------------------------------

-- Drawn by priority (lower first), then by expiry (never last), then by id. What remains in a
-- wallet's lots is its posted amount, or nothing when that is below zero.
CREATE TABLE credit_lot (
    id         uuid PRIMARY KEY,
    wallet_id  uuid NOT NULL REFERENCES wallet (id),
    kind       text NOT NULL CHECK (kind IN ('paid', 'promotional', 'allowance')),
    priority   smallint NOT NULL,
    amount     bigint NOT NULL CHECK (amount > 0),
    remaining  bigint NOT NULL,
    -- The first instant at which it is worth nothing any more; null when it never expires.
    expires_at timestamptz,
    -- The credit that it came from; null when it is older than lots are.
    transfer_id uuid,
    created_at timestamptz NOT NULL,
    -- Changes once, so that an index over open lots lets draws stay on their page.
    open       boolean NOT NULL GENERATED ALWAYS AS (remaining > 0) STORED,
    CONSTRAINT lot_within_amount CHECK (remaining BETWEEN 0 AND amount)
) WITH (fillfactor = 70);
CREATE INDEX credit_lot_wallet ON credit_lot (wallet_id, priority, expires_at, id) WHERE open;
CREATE INDEX credit_lot_expiry ON credit_lot (expires_at)
    WHERE open AND expires_at IS NOT NULL;

-- What one act took from one lot. The act's transfers and settlements have the same booking.
CREATE TABLE lot_draw (
    booking uuid NOT NULL,
    lot_id  uuid NOT NULL,
    amount  bigint NOT NULL CHECK (amount > 0),
    PRIMARY KEY (booking, lot_id)
);
CREATE TRIGGER lot_draw_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON lot_draw FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What wallets have becomes one paid lot each, and one of all that was ever given, with its draws.
INSERT INTO credit_lot (id, wallet_id, kind, priority, amount, remaining, created_at)
    SELECT gen_random_uuid(), b.wallet_id, 'promotional', 50, g.amount, b.promotional, now()
    FROM wallet_balance b
    JOIN (SELECT wallet_id, sum(amount) AS amount FROM transfer WHERE kind = 'promotion'
        GROUP BY wallet_id) g ON g.wallet_id = b.wallet_id
    UNION ALL
    SELECT gen_random_uuid(), wallet_id, 'paid', 100, posted - promotional, posted - promotional,
        now()
    FROM wallet_balance WHERE posted > promotional;
INSERT INTO lot_draw (booking, lot_id, amount)
    SELECT t.booking, l.id, t.amount
    FROM transfer t JOIN credit_lot l ON l.wallet_id = t.wallet_id AND l.kind = 'promotional'
    WHERE t.kind = 'promotion_spent';

-- Balances -----------------------------------------------------------------------------------

ALTER TABLE wallet_balance
    DROP COLUMN promotional,
    -- What never changes and every booking needs, so that it reads one row.
    ADD COLUMN currency text,
    ADD COLUMN account_id bigint;
UPDATE wallet_balance b SET currency = a.currency, account_id = a.id
    FROM account a WHERE a.wallet_id = b.wallet_id;
ALTER TABLE wallet_balance
    ALTER COLUMN currency SET NOT NULL,
    ALTER COLUMN account_id SET NOT NULL,
    ADD FOREIGN KEY (account_id, currency) REFERENCES account (id, currency);

-- A charge-back may take a wallet below zero, and lowers its floor just so far: nothing can be
-- spent. Whatever makes the debt smaller raises the floor again, so that no debtor spends what is
-- owed.
CREATE FUNCTION raise_debtor_floor() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            NEW.floor := greatest(OLD.floor, least(0, NEW.posted - NEW.held));
            RETURN NEW;
        END
    $$;
CREATE TRIGGER wallet_debtor BEFORE UPDATE ON wallet_balance FOR EACH ROW
    WHEN (OLD.floor < 0 AND NEW.floor = OLD.floor) EXECUTE FUNCTION raise_debtor_floor();

-- Transfers ----------------------------------------------------------------------------------

-- One check a statement in the place of three a row: the batches of settlement make most of them.
ALTER TABLE transfer
    DROP CONSTRAINT transfer_debit_account_currency_fkey,
    DROP CONSTRAINT transfer_credit_account_currency_fkey,
    DROP CONSTRAINT transfer_wallet_id_fkey,
    DROP CONSTRAINT transfer_kind_check,
    DROP CONSTRAINT transfer_check1,
    ADD CONSTRAINT transfer_kind CHECK (kind IN (
        'top_up', 'promotion', 'allowance',
        'usage', 'absorbed', 'promotion_spent', 'allowance_spent',
        'breakage', 'promotion_expired', 'allowance_expired',
        'charge_back', 'debt', 'debt_paid')),
    ADD CONSTRAINT transfer_booking CHECK (booking IS NOT NULL OR kind IN ('top_up', 'promotion'));

CREATE FUNCTION check_transfer_accounts() RETURNS trigger
    LANGUAGE plpgsql
    -- A plan that was made for few accounts is kept until statistics say otherwise; one that reads
    -- them all for each transfer must not be among the choices.
    SET enable_seqscan = off
    AS $$
        DECLARE
            stray uuid;
        BEGIN
            SELECT t.id INTO stray FROM added t
                LEFT JOIN account d ON d.id = t.debit_account
                LEFT JOIN account c ON c.id = t.credit_account
                WHERE d.currency IS DISTINCT FROM t.currency
                    OR c.currency IS DISTINCT FROM t.currency
                    OR coalesce(d.wallet_id, t.wallet_id) <> t.wallet_id
                    OR coalesce(c.wallet_id, t.wallet_id) <> t.wallet_id
                LIMIT 1;
            IF stray IS NOT NULL THEN
                RAISE EXCEPTION 'transfer %: accounts refused (expected: two of its own currency, none of another wallet)', stray
                    USING ERRCODE = 'foreign_key_violation';
            END IF;
            RETURN NULL;
        END
    $$;
CREATE TRIGGER transfer_accounts AFTER INSERT ON transfer
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_transfer_accounts();

-- Outbox -------------------------------------------------------------------------------------

-- Events that must leave. Readers delete what they have delivered; they must not go by seq alone,
-- since transactions commit out of its order.
CREATE TABLE outbox (
    seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic      text NOT NULL CHECK (char_length(topic) BETWEEN 1 AND 100),
    -- What it is about; events of one key are delivered in their order.
    key        text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 200),
    payload    jsonb NOT NULL,
    created_at timestamptz NOT NULL
);
