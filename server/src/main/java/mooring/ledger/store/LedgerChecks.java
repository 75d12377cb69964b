package mooring.ledger.store;

import java.util.List;

/// The invariants that one SQL statement can recompute. Each selects the offending rows as text.
final class LedgerChecks {

    record SqlCheck(String id, String statement, String offenders) {}

    static final List<SqlCheck> ALL =
            List.of(
                    new SqlCheck(
                            "debits_equal_credits",
                            "In every currency, all debits together equal all credits together.",
                            """
                            SELECT 'trf_' || replace(t.id::text, '-', '') || ': ' || t.amount
                                || ' ' || t.currency || ' from an account in '
                                || coalesce(d.currency, 'no currency') || ' to one in '
                                || coalesce(c.currency, 'no currency')
                            FROM transfer t
                            LEFT JOIN account d ON d.id = t.debit_account
                            LEFT JOIN account c ON c.id = t.credit_account
                            WHERE d.currency IS DISTINCT FROM t.currency
                                OR c.currency IS DISTINCT FROM t.currency
                            UNION ALL
                            SELECT currency || ': debits ' || sum(debit) || ', credits '
                                || sum(credit)
                            FROM (
                                SELECT a.currency, t.amount AS debit, 0 AS credit
                                FROM transfer t JOIN account a ON a.id = t.debit_account
                                UNION ALL
                                SELECT a.currency, 0, t.amount
                                FROM transfer t JOIN account a ON a.id = t.credit_account
                            ) sides
                            GROUP BY currency HAVING sum(debit) <> sum(credit)
                            """),
                    new SqlCheck(
                            "wallet_posted",
                            "A wallet's posted amount is the sum of its transfers, less what it"
                                    + " owes.",
                            """
                            SELECT 'wal_' || replace(w.id::text, '-', '') || ': posted '
                                || coalesce(b.posted::text, 'missing') || ', transfers '
                                || coalesce(m.amount, 0)
                            FROM wallet w
                            LEFT JOIN wallet_balance b ON b.wallet_id = w.id
                            LEFT JOIN (
                                SELECT t.wallet_id, sum(t.amount
                                    * ((c.kind = 'customer_wallet')::int
                                        - (d.kind = 'customer_wallet')::int
                                        + (c.kind = 'receivable')::int
                                        - (d.kind = 'receivable')::int)) AS amount
                                FROM transfer t
                                JOIN account d ON d.id = t.debit_account
                                JOIN account c ON c.id = t.credit_account
                                GROUP BY t.wallet_id
                            ) m ON m.wallet_id = w.id
                            WHERE b.posted IS DISTINCT FROM coalesce(m.amount, 0)
                            """),
                    new SqlCheck(
                            "wallet_lots",
                            "What remains in a wallet's lots is its posted amount, or nothing when"
                                    + " it is in debt.",
                            """
                            SELECT 'wal_' || replace(coalesce(b.wallet_id, l.wallet_id)::text, '-',
                                '') || ': posted ' || coalesce(b.posted::text, 'missing')
                                || ', lots ' || coalesce(l.remaining, 0)
                            FROM wallet_balance b
                            FULL JOIN (
                                SELECT wallet_id, sum(remaining) AS remaining FROM credit_lot
                                GROUP BY wallet_id
                            ) l ON l.wallet_id = b.wallet_id
                            WHERE greatest(b.posted, 0) IS DISTINCT FROM coalesce(l.remaining, 0)
                            """),
                    new SqlCheck(
                            "lot_draws",
                            "What a lot had, less what was drawn from it, remains; and never less"
                                    + " than nothing or more than it had.",
                            """
                            SELECT 'lot_' || replace(coalesce(l.id, d.lot_id)::text, '-', '')
                                || coalesce(' of wal_' || replace(l.wallet_id::text, '-', ''), '')
                                || ': had ' || coalesce(l.amount::text, 'missing') || ', drawn '
                                || coalesce(d.amount, 0) || ', remaining '
                                || coalesce(l.remaining::text, 'missing')
                            FROM credit_lot l
                            FULL JOIN (
                                SELECT lot_id, sum(amount) AS amount FROM lot_draw GROUP BY lot_id
                            ) d ON d.lot_id = l.id
                            WHERE l.id IS NULL
                                OR l.amount - coalesce(d.amount, 0) <> l.remaining
                                OR l.remaining NOT BETWEEN 0 AND l.amount
                            """),
                    new SqlCheck(
                            "lot_transfers",
                            "What an act drew from lots that were given or included is what its"
                                    + " transfers say of them.",
                            """
                            SELECT 'booking ' || coalesce(d.booking, t.booking) || ', wal_'
                                || replace(coalesce(d.wallet_id, t.wallet_id)::text, '-', '')
                                || ': drawn ' || coalesce(d.promotional, 0) || ' given + '
                                || coalesce(d.allowance, 0) || ' included, transfers '
                                || coalesce(t.promotional, 0) || ' + '
                                || coalesce(t.allowance, 0)
                            FROM (
                                SELECT d.booking, l.wallet_id,
                                    coalesce(sum(d.amount)
                                        FILTER (WHERE l.kind = 'promotional'), 0) AS promotional,
                                    coalesce(sum(d.amount)
                                        FILTER (WHERE l.kind = 'allowance'), 0) AS allowance
                                FROM lot_draw d JOIN credit_lot l ON l.id = d.lot_id
                                GROUP BY d.booking, l.wallet_id
                            ) d
                            FULL JOIN (
                                SELECT t.booking, t.wallet_id,
                                    coalesce(sum(t.amount) FILTER (WHERE t.kind IN
                                        ('promotion_spent', 'promotion_expired')), 0)
                                        AS promotional,
                                    coalesce(sum(t.amount) FILTER (WHERE t.kind IN
                                        ('allowance_spent', 'allowance_expired')), 0) AS allowance
                                FROM transfer t
                                WHERE t.kind IN ('promotion_spent', 'promotion_expired',
                                        'allowance_spent', 'allowance_expired')
                                GROUP BY t.booking, t.wallet_id
                            ) t ON t.booking = d.booking AND t.wallet_id = d.wallet_id
                            WHERE coalesce(d.promotional, 0) <> coalesce(t.promotional, 0)
                                OR coalesce(d.allowance, 0) <> coalesce(t.allowance, 0)
                            """),
                    new SqlCheck(
                            "lot_sources",
                            "A lot is what its credit brought, in the same wallet; each credit"
                                    + " brought one lot.",
                            """
                            SELECT 'lot_' || replace(l.id::text, '-', '') || ' of wal_'
                                || replace(l.wallet_id::text, '-', '') || ': ' || l.amount || ' '
                                || l.kind || ', credit trf_' || replace(l.transfer_id::text, '-',
                                '') || ' of ' || coalesce(t.amount::text, 'nothing')
                            FROM credit_lot l
                            LEFT JOIN transfer t ON t.id = l.transfer_id
                                AND t.wallet_id = l.wallet_id
                                AND (l.kind, t.kind) IN (('paid', 'top_up'),
                                    ('paid', 'adjustment_credit'), ('promotional', 'promotion'),
                                    ('allowance', 'allowance'))
                            WHERE l.transfer_id IS NOT NULL
                                AND t.amount IS DISTINCT FROM l.amount
                            UNION ALL
                            SELECT 'trf_' || replace(transfer_id::text, '-', '') || ': '
                                || count(*) || ' lots'
                            FROM credit_lot WHERE transfer_id IS NOT NULL
                            GROUP BY transfer_id HAVING count(*) > 1
                            """),
                    new SqlCheck(
                            "receivable",
                            "What is receivable is what wallets owe.",
                            """
                            SELECT coalesce(b.currency, r.currency) || ': debts '
                                || coalesce(b.debt, 0) || ', receivable '
                                || coalesce(r.amount, 0)
                            FROM (
                                SELECT currency, sum(greatest(-posted::numeric, 0)) AS debt
                                FROM wallet_balance GROUP BY currency
                            ) b
                            FULL JOIN (
                                SELECT a.currency, sum(CASE WHEN a.id = t.debit_account
                                    THEN t.amount ELSE -t.amount END) AS amount
                                FROM account a
                                JOIN transfer t ON a.id IN (t.debit_account, t.credit_account)
                                WHERE a.kind = 'receivable' GROUP BY a.currency
                            ) r ON r.currency = b.currency
                            WHERE coalesce(b.debt, 0) <> coalesce(r.amount, 0)
                            """),
                    new SqlCheck(
                            "voucher_redemptions",
                            "A voucher was redeemed as often as it counts, and each redemption"
                                    + " credited its amount.",
                            """
                            SELECT 'vch_' || replace(v.id::text, '-', '') || ': counts '
                                || v.redemptions || ' of ' || v.max_redemptions
                                || ', redemptions ' || coalesce(r.number, 0)
                            FROM voucher v
                            LEFT JOIN (
                                SELECT voucher_id, count(*) AS number FROM voucher_redemption
                                GROUP BY voucher_id
                            ) r ON r.voucher_id = v.id
                            WHERE v.redemptions <> coalesce(r.number, 0)
                                OR v.redemptions > v.max_redemptions
                            UNION ALL
                            SELECT 'vch_' || replace(v.id::text, '-', '') || ' for wal_'
                                || replace(r.wallet_id::text, '-', '') || ': promised ' || v.amount
                                || ' ' || v.currency || ', credited '
                                || coalesce(t.amount || ' ' || t.currency, 'nothing')
                            FROM voucher_redemption r
                            JOIN voucher v ON v.id = r.voucher_id
                            LEFT JOIN transfer t ON t.id = r.transfer_id
                                AND t.wallet_id = r.wallet_id
                                AND t.kind IN ('promotion', 'allowance')
                            WHERE t.amount IS DISTINCT FROM v.amount
                                OR t.currency IS DISTINCT FROM v.currency
                            """),
                    new SqlCheck(
                            "wallet_held",
                            "A wallet's held amount is the sum of its leases.",
                            """
                            SELECT 'wal_' || replace(coalesce(b.wallet_id, h.wallet_id)::text, '-',
                                '') || ': held ' || coalesce(b.held::text, 'missing')
                                || ', leases ' || coalesce(h.amount, 0)
                                || coalesce(' (' || h.nodes || ')', '')
                            FROM wallet_balance b
                            FULL JOIN (
                                SELECT wallet_id, sum(amount) AS amount,
                                    string_agg(DISTINCT node, ', ') AS nodes
                                FROM (
                                    SELECT wallet_id, amount, node_id || ' epoch ' || epoch AS node
                                    FROM lease
                                ) parts GROUP BY wallet_id
                            ) h ON h.wallet_id = b.wallet_id
                            WHERE b.held IS DISTINCT FROM coalesce(h.amount, 0)
                            """),
                    new SqlCheck(
                            "budget_held",
                            "What a budget's period holds is the sum of its leases.",
                            """
                            SELECT 'bud_' || replace(p.budget_id::text, '-', '') || ' from '
                                || p.starts_on || ': held ' || p.held || ', leases '
                                || coalesce(sum(l.amount), 0)
                            FROM budget_period p
                            LEFT JOIN budget_lease l ON l.budget_id = p.budget_id
                                AND l.starts_on = p.starts_on
                            GROUP BY p.budget_id, p.starts_on
                            HAVING p.held <> coalesce(sum(l.amount), 0)
                            """),
                    new SqlCheck(
                            "wallet_floor",
                            "Posted less held is never below the wallet's floor.",
                            """
                            SELECT 'wal_' || replace(wallet_id::text, '-', '') || ': posted '
                                || posted || ', held ' || held || ', floor ' || floor
                            FROM wallet_balance WHERE posted::numeric - held < floor OR held < 0
                            """),
                    new SqlCheck(
                            "settlement_transfers",
                            "What a booking's settlements paid and fell short of is what its"
                                    + " transfers moved; with archived days, in each wallet.",
                            """
                            SELECT 'booking ' || coalesce(s.booking, t.booking) || ', wal_'
                                || replace(coalesce(s.wallet_id, t.wallet_id)::text, '-', '')
                                || ': settlements ' || coalesce(s.payable, 0) || ' + '
                                || coalesce(s.shortfall, 0) || ' short, transfers '
                                || coalesce(t.payable, 0) || ' + ' || coalesce(t.shortfall, 0)
                                || coalesce(', first req_' || replace(s.first, '-', ''), '')
                            FROM (
                                SELECT booking, wallet_id, sum(payable) AS payable,
                                    sum(shortfall) AS shortfall, min(request_id::text) AS first
                                FROM settlement GROUP BY booking, wallet_id
                            ) s
                            FULL JOIN (
                                SELECT booking, wallet_id,
                                    coalesce(sum(amount) FILTER (WHERE kind = 'usage'), 0)
                                        AS payable,
                                    coalesce(sum(amount) FILTER (WHERE kind = 'absorbed'), 0)
                                        AS shortfall
                                FROM transfer WHERE kind IN ('usage', 'absorbed')
                                GROUP BY booking, wallet_id
                            ) t ON t.booking = s.booking AND t.wallet_id = s.wallet_id
                            WHERE (coalesce(s.payable, 0) <> coalesce(t.payable, 0)
                                    OR coalesce(s.shortfall, 0) <> coalesce(t.shortfall, 0))
                                -- Part of the booking may be archived: then the sums below decide.
                                AND (coalesce(s.payable, 0) > coalesce(t.payable, 0)
                                    OR coalesce(s.shortfall, 0) > coalesce(t.shortfall, 0)
                                    OR NOT EXISTS (SELECT FROM usage_archived_wallet a
                                        WHERE a.wallet_id = t.wallet_id))
                            UNION ALL
                            SELECT 'wal_' || replace(a.wallet_id::text, '-', '') || ': settled '
                                || a.payable + coalesce(s.payable, 0) || ' + '
                                || a.shortfall + coalesce(s.shortfall, 0) || ' short, of it '
                                || a.payable || ' + ' || a.shortfall || ' archived; transfers '
                                || coalesce(t.payable, 0) || ' + ' || coalesce(t.shortfall, 0)
                            FROM (
                                SELECT wallet_id, sum(payable) AS payable,
                                    sum(shortfall) AS shortfall
                                FROM usage_archived_wallet GROUP BY wallet_id
                            ) a
                            LEFT JOIN LATERAL (
                                SELECT sum(payable) AS payable, sum(shortfall) AS shortfall
                                FROM settlement WHERE wallet_id = a.wallet_id
                            ) s ON true
                            LEFT JOIN LATERAL (
                                SELECT sum(amount) FILTER (WHERE kind = 'usage') AS payable,
                                    sum(amount) FILTER (WHERE kind = 'absorbed') AS shortfall
                                FROM transfer WHERE wallet_id = a.wallet_id
                                    AND kind IN ('usage', 'absorbed')
                            ) t ON true
                            WHERE a.payable + coalesce(s.payable, 0) <> coalesce(t.payable, 0)
                                OR a.shortfall + coalesce(s.shortfall, 0)
                                    <> coalesce(t.shortfall, 0)
                            """),
                    new SqlCheck(
                            "settlement_split",
                            "What was paid and what fell short make the charge.",
                            """
                            SELECT 'req_' || replace(request_id::text, '-', '') || ': charge '
                                || charge || ', paid ' || payable || ', short ' || shortfall
                            FROM settlement
                            WHERE payable::numeric + shortfall <> charge OR payable < 0
                                OR shortfall < 0
                            """),
                    new SqlCheck(
                            "token_classes",
                            "Uncached, cached and written prompt tokens make the prompt; reasoning"
                                    + " is part of the output.",
                            """
                            SELECT 'req_' || replace(request_id::text, '-', '') || ': prompt '
                                || prompt || ', classes ' || input_uncached || ' + ' || cache_read
                                || ' + ' || cache_write_5m || ' + ' || cache_write_1h || ', output '
                                || output || ', reasoning ' || reasoning
                            FROM settlement
                            WHERE input_uncached::numeric + cache_read + cache_write_5m
                                    + cache_write_1h <> prompt
                                OR least(input_uncached, cache_read, cache_write_5m, cache_write_1h,
                                    output, reasoning) < 0
                                OR reasoning > output
                            """),
                    new SqlCheck(
                            "settlement_day",
                            "A settlement stands under the day of its request id.",
                            """
                            SELECT 'req_' || replace(request_id::text, '-', '') || ': day ' || day
                                || ' (expected: ' || uuid7_day(request_id) || ')'
                            FROM settlement WHERE day <> uuid7_day(request_id)
                            """),
                    new SqlCheck(
                            "settled_once",
                            "A request is settled once, however long ago that was.",
                            """
                            SELECT 'req_' || replace(request_id::text, '-', '') || ': '
                                || count(*) || ' settlements'
                            FROM settlement GROUP BY request_id HAVING count(*) > 1
                            """),
                    new SqlCheck(
                            "settlement_references",
                            "A settlement names a key, a wallet and a price version on record, of"
                                    + " its own organization and currency.",
                            """
                            SELECT 'req_' || replace(s.request_id::text, '-', '')
                                || CASE WHEN k.id IS NULL THEN ': no such key' ELSE '' END
                                || CASE WHEN w.id IS NULL THEN ': no such wallet' ELSE '' END
                                || CASE WHEN p.id IS NULL THEN ': no such price version' ELSE '' END
                            FROM settlement s
                            LEFT JOIN api_key k ON k.id = s.api_key_id
                                AND k.organization_id = s.organization_id
                            LEFT JOIN wallet w ON w.id = s.wallet_id
                                AND w.organization_id = s.organization_id
                                AND w.currency = s.currency
                            LEFT JOIN price_version p ON p.id = s.price_version_id
                                AND p.currency = s.currency
                            WHERE k.id IS NULL OR w.id IS NULL OR p.id IS NULL
                            """),
                    new SqlCheck(
                            "roll_up",
                            "The roll-up equals the settlements in every token class and in money;"
                                    + " with archived days, in sum.",
                            """
                            SELECT 'org_' || replace(coalesce(s.organization_id,
                                    m.organization_id)::text, '-', '')
                                || ' ' || coalesce(s.model, m.model) || ' '
                                || to_char(coalesce(s.minute, m.minute) AT TIME ZONE 'UTC',
                                    'YYYY-MM-DD"T"HH24:MI"Z"')
                                || ': settlements ' || coalesce(s.sums::text, 'none')
                                || ', roll-up ' || coalesce(m.sums::text, 'none')
                            FROM (
                                SELECT organization_id, api_key_id, model, price_version_id,
                                    date_trunc('minute', finished_at, 'UTC') AS minute,
                                    count(*) AS requests, sum(charge) AS charge,
                                    ROW(count(*)::numeric, sum(input_uncached), sum(cache_read),
                                        sum(cache_write_5m), sum(cache_write_1h), sum(output),
                                        sum(reasoning), sum(charge), sum(payable), sum(shortfall))
                                        AS sums
                                FROM settlement GROUP BY 1, 2, 3, 4, 5
                            ) s
                            FULL JOIN (
                                SELECT organization_id, api_key_id, model, price_version_id, minute,
                                    sum(requests) AS requests, sum(charge) AS charge,
                                    ROW(sum(requests), sum(input_uncached), sum(cache_read),
                                        sum(cache_write_5m), sum(cache_write_1h), sum(output),
                                        sum(reasoning), sum(charge), sum(payable), sum(shortfall))
                                        AS sums
                                FROM usage_minute GROUP BY 1, 2, 3, 4, 5
                            ) m ON m.organization_id = s.organization_id
                                AND m.api_key_id = s.api_key_id AND m.model = s.model
                                AND m.price_version_id = s.price_version_id
                                AND m.minute = s.minute
                            WHERE s.sums IS DISTINCT FROM m.sums
                                -- A request of an archived day may have ended up to two days later.
                                AND (s.requests > m.requests OR s.charge > m.charge OR m.minute IS NULL
                                    OR NOT EXISTS (SELECT FROM usage_archive a
                                        WHERE a.kind = 'settlement' AND a.row_count > 0
                                            AND (m.minute AT TIME ZONE 'UTC')::date
                                                BETWEEN a.day AND a.day + 2))
                            UNION ALL
                            SELECT 'all minutes: ' || m.sums || ', settlements and archived days: '
                                || s.sums
                            FROM (
                                SELECT ROW(coalesce(sum(requests), 0)::numeric,
                                    coalesce(sum(charge), 0), coalesce(sum(payable), 0),
                                    coalesce(sum(shortfall), 0),
                                    coalesce(sum(input_uncached::numeric + cache_read
                                        + cache_write_5m + cache_write_1h + output), 0)) AS sums
                                FROM usage_minute
                            ) m, (
                                SELECT ROW(coalesce(sum(number), 0)::numeric,
                                    coalesce(sum(charge), 0), coalesce(sum(payable), 0),
                                    coalesce(sum(shortfall), 0), coalesce(sum(tokens), 0)) AS sums
                                FROM (
                                    SELECT count(*)::numeric AS number, sum(charge) AS charge,
                                        sum(payable) AS payable, sum(shortfall) AS shortfall,
                                        sum(prompt::numeric + output) AS tokens
                                    FROM settlement
                                    UNION ALL
                                    SELECT sum(row_count), sum(charge), sum(payable),
                                        sum(shortfall), sum(tokens)
                                    FROM usage_archive WHERE kind = 'settlement'
                                ) parts
                            ) s
                            WHERE m.sums IS DISTINCT FROM s.sums
                                AND EXISTS (SELECT FROM usage_archive)
                            """),
                    new SqlCheck(
                            "revenue",
                            "Usage revenue is the sum of all charges with their corrections, and"
                                    + " absorbed usage that of all shortfalls, archived ones"
                                    + " included.",
                            """
                            SELECT coalesce(s.currency, t.currency) || ': charges '
                                || coalesce(s.charge, 0) || ', revenue ' || coalesce(t.revenue, 0)
                                || ', shortfalls ' || coalesce(s.shortfall, 0) || ', absorbed '
                                || coalesce(t.absorbed, 0)
                            FROM (
                                SELECT currency, sum(charge) AS charge, sum(shortfall) AS shortfall
                                FROM (
                                    SELECT currency, sum(charge) AS charge,
                                        sum(shortfall) AS shortfall
                                    FROM settlement GROUP BY currency
                                    UNION ALL
                                    SELECT currency, sum(charge), sum(shortfall)
                                    FROM usage_archived_wallet GROUP BY currency
                                    UNION ALL
                                    SELECT currency, sum(CASE direction WHEN 'debit' THEN amount
                                        ELSE -amount END), -sum(absorbed_amount)
                                    FROM usage_adjustment GROUP BY currency
                                ) parts GROUP BY currency
                            ) s
                            FULL JOIN (
                                SELECT a.currency,
                                    coalesce(sum(CASE WHEN a.id = t.credit_account THEN t.amount
                                        ELSE -t.amount END)
                                        FILTER (WHERE a.kind = 'usage_revenue'), 0) AS revenue,
                                    coalesce(sum(CASE WHEN a.id = t.debit_account THEN t.amount
                                        ELSE -t.amount END)
                                        FILTER (WHERE a.kind = 'absorbed_usage'), 0) AS absorbed
                                FROM account a
                                JOIN transfer t ON a.id IN (t.debit_account, t.credit_account)
                                WHERE a.wallet_id IS NULL
                                    AND a.kind IN ('usage_revenue', 'absorbed_usage')
                                GROUP BY a.currency
                            ) t ON t.currency = s.currency
                            WHERE coalesce(s.charge, 0) <> coalesce(t.revenue, 0)
                                OR coalesce(s.shortfall, 0) <> coalesce(t.absorbed, 0)
                            """),
                    new SqlCheck(
                            "adjustments",
                            "A correction moved its amount, is no larger than the charge, and the"
                                    + " credits of a request never exceed what it is charged.",
                            """
                            SELECT 'adj_' || replace(coalesce(a.id, t.booking)::text, '-', '')
                                || coalesce(' of req_' || replace(a.request_id::text, '-', ''), '')
                                || ': ' || coalesce(a.direction, 'none') || ' '
                                || coalesce(a.wallet_amount, 0) || ' + '
                                || coalesce(a.absorbed_amount, 0) || ' never paid, transfers '
                                || coalesce(t.moved, 0) || ' + ' || coalesce(t.absorbed, 0)
                            FROM usage_adjustment a
                            FULL JOIN (
                                SELECT booking, wallet_id,
                                    coalesce(sum(CASE kind WHEN 'adjustment_credit' THEN amount
                                        WHEN 'adjustment_debit' THEN -amount END), 0) AS moved,
                                    coalesce(sum(amount)
                                        FILTER (WHERE kind = 'adjustment_absorbed'), 0) AS absorbed
                                FROM transfer WHERE kind IN ('adjustment_credit',
                                    'adjustment_debit', 'adjustment_absorbed')
                                GROUP BY booking, wallet_id
                            ) t ON t.booking = a.booking AND t.wallet_id = a.wallet_id
                            WHERE a.id IS NULL
                                OR coalesce(t.moved, 0) <> CASE a.direction
                                    WHEN 'credit' THEN a.wallet_amount ELSE -a.wallet_amount END
                                OR coalesce(t.absorbed, 0) <> a.absorbed_amount
                            UNION ALL
                            SELECT 'req_' || replace(a.request_id::text, '-', '') || ': charge '
                                || max(a.charge) || ', given back '
                                || sum(a.amount) FILTER (WHERE a.direction = 'credit')
                                || ', of it never paid ' || sum(a.absorbed_amount)
                            FROM usage_adjustment a
                            GROUP BY a.request_id
                            HAVING sum(CASE a.direction WHEN 'credit' THEN a.amount
                                    ELSE -a.amount END) > max(a.charge)
                                OR sum(a.absorbed_amount) > max(a.shortfall)
                                OR count(DISTINCT (a.charge, a.shortfall)) > 1
                            UNION ALL
                            SELECT 'req_' || replace(a.request_id::text, '-', '')
                                || ': corrected as ' || a.charge || ', settled as ' || s.charge
                            FROM usage_adjustment a
                            JOIN settlement s ON s.day = uuid7_day(a.request_id)
                                AND s.request_id = a.request_id
                            WHERE s.charge <> a.charge OR s.shortfall <> a.shortfall
                                OR s.wallet_id <> a.wallet_id
                            """),
                    new SqlCheck(
                            "one_outcome",
                            "A request was settled or let go, not both.",
                            """
                            SELECT 'req_' || replace(s.request_id::text, '-', '')
                                || ': settled at ' || s.charge || ' and released'
                            FROM settlement s
                            JOIN released_request r ON r.day = s.day
                                AND r.request_id = s.request_id
                            """),
                    new SqlCheck(
                            "price_items",
                            "Every price version is published and has exactly one price for every"
                                    + " model, token class, service tier and context band.",
                            """
                            SELECT 'version ' || v.number || ': ' || f
                            FROM price_version v, price_version_faults(v.id) f
                            UNION ALL
                            SELECT 'version ' || number || ': not published'
                            FROM price_version WHERE published_at IS NULL
                            """));

    private LedgerChecks() {}
}
