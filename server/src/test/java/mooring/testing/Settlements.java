package mooring.testing;

import java.time.Instant;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;

/// Many requests of a customer at once, spread evenly over a span; made by the database, with their
/// minutes, but without any booking of money.
public final class Settlements {

    private Settlements() {}

    /// The n-th costs n nano units and has n output tokens; every seventh has a caller's id.
    public static void spread(
            LedgerWorld world, Customer customer, Instant from, Instant to, int count) {
        world.jdbi.useTransaction(
                handle -> {
                    handle.createUpdate(
                                    """
                                    INSERT INTO settlement (day, request_id, organization_id,
                                        api_key_id, wallet_id, model, client_request_id,
                                        admitted_at, finished_at, streamed, ending, estimated,
                                        prompt, input_uncached, cache_read, cache_write_5m,
                                        cache_write_1h, output, reasoning, price_version_id,
                                        currency, charge, payable, shortfall, held, booking,
                                        node_id, project_id, tier, attempts, timeline)
                                    SELECT uuid7_day(id), id, :organization, :key, :wallet, 'kauri',
                                        CASE WHEN n % 7 = 0 THEN '=cmd|' || n || '"x, y' END,
                                        at, at + interval '1 second', true,
                                        CASE WHEN n % 1000 = 0 THEN 'LENGTH' ELSE 'STOP' END,
                                        false, 3, 3, 0, 0, 0, n, 0, :version, 'USD', n, n, 0, 0,
                                        :wallet, 'node-a', :project, 'standard', 3,
                                        '{10,20,30,40,50,60}'
                                    FROM (SELECT n, at, (lpad(to_hex((extract(epoch FROM at) * 1000)
                                            ::bigint), 12, '0') || '7'
                                            || lpad(to_hex(n % 4096), 3, '0') || '8'
                                            || lpad(to_hex(n), 15, '0'))::uuid AS id
                                        FROM (SELECT n, date_trunc('milliseconds',
                                                CAST(:from AS timestamptz)
                                                + (CAST(:to AS timestamptz)
                                                    - CAST(:from AS timestamptz)) * n / :count) AS at
                                            FROM generate_series(0, :count - 1) n) spread) ids
                                    """)
                            .bind("organization", customer.organization().id().uuid())
                            .bind("key", customer.principal().key().uuid())
                            .bind("wallet", customer.principal().wallet().uuid())
                            .bind("project", customer.principal().project().uuid())
                            .bind("version", world.prices().id().uuid())
                            .bind("from", from.toString())
                            .bind("to", to.toString())
                            .bind("count", count)
                            .execute();
                    handle.createUpdate(
                                    """
                                    INSERT INTO usage_minute (organization_id, minute, project_id,
                                        api_key_id, model, tier, price_version_id, shard, requests,
                                        input_uncached, cache_read, cache_write_5m, cache_write_1h,
                                        output, reasoning, charge, payable, shortfall)
                                    SELECT organization_id,
                                        date_trunc('minute', finished_at, 'UTC'), project_id,
                                        api_key_id, model, tier, price_version_id, 0, count(*),
                                        sum(input_uncached), sum(cache_read), sum(cache_write_5m),
                                        sum(cache_write_1h), sum(output), sum(reasoning),
                                        sum(charge), sum(payable), sum(shortfall)
                                    FROM settlement WHERE organization_id = :organization
                                    GROUP BY 1, 2, 3, 4, 5, 6, 7
                                    """)
                            .bind("organization", customer.organization().id().uuid())
                            .execute();
                });
    }
}
