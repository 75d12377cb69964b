-- Vouchers: codes that credit a wallet once or a limited number of times. And which credit was
-- announced to expire.

CREATE TABLE voucher (
    id                   uuid PRIMARY KEY,
    -- The code itself is shown once, and kept nowhere.
    code_hash            bytea NOT NULL UNIQUE CHECK (octet_length(code_hash) = 32),
    -- What the code begins with, to recognise it in a list.
    hint                 text NOT NULL CHECK (char_length(hint) BETWEEN 1 AND 20),
    kind                 text NOT NULL CHECK (kind IN ('promotional', 'allowance')),
    amount               bigint NOT NULL CHECK (amount > 0),
    currency             text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    priority             smallint NOT NULL CHECK (priority >= 0),
    -- When the credit expires: at an instant, or days after it was redeemed; else never.
    credit_expires_at    timestamptz,
    credit_days          integer CHECK (credit_days > 0),
    reason               text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 500),
    max_redemptions      integer NOT NULL CHECK (max_redemptions > 0),
    once_per_organization boolean NOT NULL,
    -- The first instant at which the code is worth nothing any more; null when it stays good.
    valid_until          timestamptz,
    created_at           timestamptz NOT NULL,
    redemptions          integer NOT NULL DEFAULT 0,
    revoked_at           timestamptz,
    CONSTRAINT voucher_limit CHECK (redemptions BETWEEN 0 AND max_redemptions),
    CONSTRAINT voucher_one_expiry CHECK (credit_expires_at IS NULL OR credit_days IS NULL)
);

-- A voucher's terms are a promise: only its count and its revocation change, each in one direction.
CREATE FUNCTION keep_voucher_terms() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        DECLARE
            terms voucher := NEW;
        BEGIN
            terms.redemptions := OLD.redemptions;
            terms.revoked_at := OLD.revoked_at;
            IF terms IS DISTINCT FROM OLD OR NEW.redemptions < OLD.redemptions
                    OR (OLD.revoked_at IS NOT NULL
                        AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at) THEN
                RAISE EXCEPTION 'voucher %: change refused (expected: only one redemption more, or its revocation)', OLD.id
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END
    $$;
CREATE TRIGGER voucher_terms BEFORE UPDATE ON voucher
    FOR EACH ROW EXECUTE FUNCTION keep_voucher_terms();
CREATE TRIGGER voucher_kept BEFORE DELETE OR TRUNCATE
    ON voucher FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE voucher_redemption (
    transfer_id     uuid PRIMARY KEY,
    voucher_id      uuid NOT NULL REFERENCES voucher (id),
    -- Counts a voucher's redemptions from 1 on.
    number          integer NOT NULL CHECK (number > 0),
    organization_id uuid NOT NULL REFERENCES organization (id),
    wallet_id       uuid NOT NULL REFERENCES wallet (id),
    lot_id          uuid NOT NULL,
    -- Copied from the voucher, for the index below.
    once            boolean NOT NULL,
    redeemed_at     timestamptz NOT NULL,
    UNIQUE (voucher_id, number)
);
CREATE UNIQUE INDEX voucher_redemption_once ON voucher_redemption (voucher_id, organization_id)
    WHERE once;
CREATE TRIGGER voucher_redemption_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON voucher_redemption FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Lots of a wallet, in the order of their grants.
CREATE INDEX credit_lot_of_wallet ON credit_lot (wallet_id, id);

-- Lots whose end was announced, once each. A table of its own: lots change only under their
-- wallet's lock.
CREATE TABLE lot_warning (
    lot_id    uuid PRIMARY KEY,
    warned_at timestamptz NOT NULL
);
