-- Corrections of what a settled request was charged. The settlement itself never changes.

CREATE TABLE usage_adjustment (
    id               uuid PRIMARY KEY,
    request_id       uuid NOT NULL,
    -- Copied from the settlement, which may be in the archive.
    organization_id  uuid NOT NULL REFERENCES organization (id),
    project_id       uuid NOT NULL,
    api_key_id       uuid NOT NULL,
    wallet_id        uuid NOT NULL REFERENCES wallet (id),
    model            text NOT NULL,
    tier             text NOT NULL,
    price_version_id uuid NOT NULL REFERENCES price_version (id),
    currency         text NOT NULL,
    -- What the settlement had charged, and what of it nobody had paid.
    charge           bigint NOT NULL CHECK (charge > 0),
    shortfall        bigint NOT NULL CHECK (shortfall BETWEEN 0 AND charge),
    direction        text NOT NULL CHECK (direction IN ('credit', 'debit')),
    amount           bigint NOT NULL CHECK (amount > 0 AND amount <= charge),
    -- What of the amount the wallet got back or paid, and what of a credit had never been paid.
    wallet_amount    bigint NOT NULL CHECK (wallet_amount >= 0),
    absorbed_amount  bigint NOT NULL CHECK (absorbed_amount >= 0),
    reason           text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 500),
    -- Who decided it, in the words of who booked it.
    actor            text NOT NULL CHECK (char_length(actor) BETWEEN 1 AND 200),
    idempotency_key  text CHECK (char_length(idempotency_key) BETWEEN 1 AND 255),
    -- Marks its transfers.
    booking          uuid NOT NULL,
    created_at       timestamptz NOT NULL,
    CHECK (wallet_amount + absorbed_amount = amount),
    CHECK (direction = 'credit' OR absorbed_amount = 0),
    UNIQUE (organization_id, idempotency_key)
);
CREATE INDEX usage_adjustment_request ON usage_adjustment (request_id);
CREATE INDEX usage_adjustment_organization ON usage_adjustment (organization_id, created_at);
CREATE TRIGGER usage_adjustment_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON usage_adjustment FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE transfer
    DROP CONSTRAINT transfer_kind,
    ADD CONSTRAINT transfer_kind CHECK (kind IN (
        'top_up', 'promotion', 'allowance',
        'usage', 'absorbed', 'promotion_spent', 'allowance_spent',
        'breakage', 'promotion_expired', 'allowance_expired',
        'charge_back', 'debt', 'debt_paid',
        'adjustment_credit', 'adjustment_debit', 'adjustment_absorbed'));
