package mooring.metering.store;

import java.time.Instant;
import mooring.metering.UsageRecord;
import mooring.metering.UsageReports.SettledRequest;
import mooring.sql.Outbox;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where a second, different record of a settled request goes.
final class Conflicts {

    private static final Logger LOG = LoggerFactory.getLogger(Conflicts.class);

    private Conflicts() {}

    static void keep(
            Handle handle, UsageRecord record, SettledRequest earlier, String node, Instant at) {
        LOG.error(
                "{}: settled before with other content: stored charge {}, now {}",
                record.id(),
                earlier.record().charge(),
                record.charge());
        String json = RecordJson.of(record);
        int added =
                handle.createUpdate(
                                """
                                INSERT INTO settlement_conflict (request_id, content_hash,
                                    stored_charge, record, node_id, seen_at)
                                VALUES (:request, :hash, :charge, CAST(:record AS jsonb), :node,
                                    :at)
                                ON CONFLICT DO NOTHING
                                """)
                        .bind("request", record.id().uuid())
                        .bind("hash", RecordJson.hash(json))
                        .bind("charge", earlier.record().charge().nanos())
                        .bind("record", json)
                        .bind("node", node)
                        .bind("at", at)
                        .execute();
        if (added > 0) {
            Outbox.add(handle, "settlement.conflict", record.id().toString(), json, at);
        }
    }
}
