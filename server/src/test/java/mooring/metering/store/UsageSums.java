package mooring.metering.store;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;

/// Settlements of one organization written straight into the tables, minutes included, as fast as a
/// test wants them.
final class UsageSums {

    private UsageSums() {}

    /// One settlement.
    record Row(
            UUID request,
            UUID project,
            UUID key,
            String model,
            String tier,
            Instant finished,
            long input,
            long output,
            long charge) {}

    static void write(Jdbi jdbi, UUID organization, UUID wallet, UUID version, List<Row> rows) {
        jdbi.useTransaction(
                handle -> {
                    for (Row row : rows) {
                        handle.createUpdate(
                                        """
                                        INSERT INTO settlement (day, request_id, organization_id,
                                            api_key_id, wallet_id, model, admitted_at, finished_at,
                                            streamed, ending, estimated, prompt, input_uncached,
                                            cache_read, cache_write_5m, cache_write_1h, output,
                                            reasoning, price_version_id, currency, charge, payable,
                                            shortfall, held, booking, node_id, project_id, tier)
                                        VALUES (uuid7_day(:request), :request, :organization, :key,
                                            :wallet, :model, CAST(:finished AS timestamptz),
                                            CAST(:finished AS timestamptz), true, 'STOP', false,
                                            :input, :input, 0, 0, 0, :output, 0, :version, 'USD',
                                            :charge, :charge, 0, 0, gen_random_uuid(), 'n', :project,
                                            :tier)
                                        """)
                                .bind("request", row.request())
                                .bind("organization", organization)
                                .bind("key", row.key())
                                .bind("wallet", wallet)
                                .bind("model", row.model())
                                .bind("finished", row.finished().toString())
                                .bind("input", row.input())
                                .bind("output", row.output())
                                .bind("version", version)
                                .bind("charge", row.charge())
                                .bind("project", row.project())
                                .bind("tier", row.tier())
                                .execute();
                        handle.createUpdate(
                                        """
                                        INSERT INTO usage_minute AS m (organization_id, minute,
                                            project_id, api_key_id, model, tier, price_version_id,
                                            shard, requests, input_uncached, cache_read,
                                            cache_write_5m, cache_write_1h, output, reasoning,
                                            charge, payable, shortfall)
                                        VALUES (:organization, CAST(:minute AS timestamptz),
                                            :project, :key, :model, :tier, :version, 0, 1, :input,
                                            0, 0, 0, :output, 0, :charge, :charge, 0)
                                        ON CONFLICT (organization_id, minute, project_id,
                                            api_key_id, model, tier, price_version_id, shard)
                                        DO UPDATE SET requests = m.requests + 1,
                                            input_uncached = m.input_uncached
                                                + excluded.input_uncached,
                                            output = m.output + excluded.output,
                                            charge = m.charge + excluded.charge,
                                            payable = m.payable + excluded.payable
                                        """)
                                .bind("organization", organization)
                                .bind(
                                        "minute",
                                        row.finished().truncatedTo(ChronoUnit.MINUTES).toString())
                                .bind("project", row.project())
                                .bind("key", row.key())
                                .bind("model", row.model())
                                .bind("tier", row.tier())
                                .bind("version", version)
                                .bind("input", row.input())
                                .bind("output", row.output())
                                .bind("charge", row.charge())
                                .execute();
                    }
                });
    }
}
