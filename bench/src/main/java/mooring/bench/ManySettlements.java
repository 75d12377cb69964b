package mooring.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

/// Settlements by the thousand, written into a server's database with everything that belongs to
/// them, so that its ledger's verification finds nothing.
///
/// Their customer could pay nothing of them: all is absorbed, and no wallet changes.
final class ManySettlements {

    /// What marks them among those that requests made.
    static final String NODE = "many-settlements";

    /// One transfer stands for so many.
    private static final int BOOKING_ROWS = 1_000;

    /// By the simulator's prices, a token of input costs 573 nano units and a thousand of output
    /// 2,411,303: exact without rounding.
    private static final String SETTLEMENTS =
            """
            WITH booked AS (
                SELECT gen_random_uuid() AS booking, b FROM generate_series(1, ?) b
            ), made AS (
                SELECT uuidv7(make_interval(secs => -(n %% 7200))) AS id, booking,
                    1 + (n::bigint * 7919) %% 100000 AS input, 1000 * ((n * 31) %% 9) AS output
                FROM booked, LATERAL (
                    SELECT (b - 1) * %1$d + i AS n FROM generate_series(1, %1$d) i) rows
            )
            INSERT INTO settlement (day, request_id, organization_id, project_id, api_key_id,
                wallet_id, model, admitted_at, finished_at, streamed, ending, estimated, prompt,
                input_uncached, cache_read, cache_write_5m, cache_write_1h, output, reasoning,
                price_version_id, currency, charge, payable, shortfall, held, booking, node_id)
            SELECT uuid7_day(m.id), m.id, k.organization_id, k.project_id, k.id, w.id, '%2$s',
                uuid_extract_timestamp(m.id), uuid_extract_timestamp(m.id) + interval '1 s', true,
                'stop', false, m.input, m.input, 0, 0, 0, m.output, 0, p.id, 'USD',
                m.input * 573 + m.output / 1000 * 2411303, 0,
                m.input * 573 + m.output / 1000 * 2411303, 0, m.booking, '%3$s'
            FROM made m
            CROSS JOIN (SELECT * FROM api_key ORDER BY id DESC LIMIT 1) k
            JOIN wallet w ON w.organization_id = k.organization_id
            CROSS JOIN (SELECT id FROM price_version ORDER BY number DESC LIMIT 1) p
            """
                    .formatted(BOOKING_ROWS, Simulator.MODEL, NODE);

    private static final String TRANSFERS =
            """
            INSERT INTO transfer (id, debit_account, credit_account, currency, amount, kind,
                wallet_id, booking, booked_at)
            SELECT uuidv7(), d.id, c.id, 'USD', s.amount, 'absorbed', s.wallet_id, s.booking, now()
            FROM (SELECT booking, wallet_id, sum(shortfall) AS amount FROM settlement
                WHERE node_id = '%s' GROUP BY 1, 2) s
            JOIN account d ON d.kind = 'absorbed_usage' AND d.currency = 'USD'
            JOIN account c ON c.kind = 'usage_revenue' AND c.currency = 'USD'
            """
                    .formatted(NODE);

    /// In a shard of its own, beside whatever requests add to theirs.
    private static final String ROLL_UPS =
            """
            INSERT INTO usage_minute (organization_id, minute, project_id, api_key_id, model, tier,
                price_version_id, shard, requests, input_uncached, cache_read, cache_write_5m,
                cache_write_1h, output, reasoning, charge, payable, shortfall)
            SELECT organization_id, date_trunc('minute', finished_at, 'UTC'), project_id,
                api_key_id, model, tier, price_version_id, 32000, count(*), sum(input_uncached),
                0, 0, 0, sum(output), 0, sum(charge), sum(payable), sum(shortfall)
            FROM settlement WHERE node_id = '%s' GROUP BY 1, 2, 3, 4, 5, 6, 7
            """
                    .formatted(NODE);

    private ManySettlements() {}

    /// @param count rounded up to whole bookings
    static void write(Connection database, int count) throws SQLException {
        database.setAutoCommit(false);
        try (PreparedStatement settlements = database.prepareStatement(SETTLEMENTS);
                Statement rest = database.createStatement()) {
            settlements.setInt(1, (count + BOOKING_ROWS - 1) / BOOKING_ROWS);
            settlements.executeUpdate();
            rest.execute(
                    """
                    INSERT INTO account (kind, currency, normal_side)
                    VALUES ('absorbed_usage', 'USD', 'debit'), ('usage_revenue', 'USD', 'credit')
                    ON CONFLICT DO NOTHING
                    """);
            rest.execute(TRANSFERS);
            rest.execute(ROLL_UPS);
            database.commit();
            database.setAutoCommit(true);
            rest.execute("ANALYZE settlement");
        }
    }
}
