-- Leases: money that a node may set aside for requests without asking. One row for each wallet or
-- budget's period that a life of a node has money of; it grows when the node asks for more, and
-- shrinks when the node gives back and when settlements draw on it.

CREATE TABLE lease (
    wallet_id   uuid NOT NULL REFERENCES wallet (id),
    node_id     text NOT NULL REFERENCES node (id),
    epoch       bigint NOT NULL,
    amount      bigint NOT NULL CHECK (amount >= 0),
    -- What of it running requests hold and what is spent but not yet booked, as the node said last.
    -- For showing only.
    in_use      bigint NOT NULL DEFAULT 0 CHECK (in_use >= 0),
    -- Another node needs the money: give back what is free.
    recalled_at timestamptz,
    PRIMARY KEY (wallet_id, node_id, epoch)
) WITH (fillfactor = 70);
-- With the wallet, so that it serves a look-up of one lease as well as the primary key does.
CREATE INDEX lease_node ON lease (node_id, epoch, wallet_id);

-- The leases of a life of a node end together, by the database's clock.
ALTER TABLE node
    ADD COLUMN leases_until timestamptz,
    -- Given up by an operator or after half an hour of silence; a new life of it begins anew.
    ADD COLUMN lost_at timestamptz;
