-- Holds are in the memory of the node that placed them, and their money in its leases. What is
-- still here was left by a process of an earlier version, and nobody knows what those requests
-- used: the money goes back and is written down.
INSERT INTO unbilled (request_id, wallet_id, amount, reason, node_id, epoch, at)
    SELECT request_id, wallet_id, amount, 'node_restarted', node_id, epoch, now()
    FROM hold_open ON CONFLICT (request_id) DO NOTHING;
UPDATE wallet_balance b SET held = b.held - h.amount
    FROM (SELECT wallet_id, sum(amount)::bigint AS amount FROM hold_open GROUP BY wallet_id) h
    WHERE b.wallet_id = h.wallet_id;
DROP FUNCTION place_hold(uuid, uuid, bigint, text, bigint, timestamptz);
DROP FUNCTION extend_hold(uuid, bigint);
DROP TABLE hold_open;
