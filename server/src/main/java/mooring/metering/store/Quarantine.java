package mooring.metering.store;

import java.time.Instant;
import mooring.metering.Outcome;
import mooring.metering.Release;
import mooring.metering.UsageRecord;
import mooring.sql.Outbox;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/// Where a record goes that cannot be booked as it is, so that it stops no other.
final class Quarantine {

    private static final int MAX_REASON_CHARS = 1_000;

    private final Jdbi jdbi;
    private final String node;

    Quarantine(Jdbi jdbi, String node) {
        this.jdbi = jdbi;
        this.node = node;
    }

    /// Writes the record down, and tells who has to look into it.
    void keep(UsageRecord record, String reason, Instant at) {
        jdbi.useTransaction(
                handle ->
                        insert(
                                handle,
                                record,
                                RecordJson.of(record),
                                reason,
                                record.hold().amount().nanos(),
                                at));
    }

    /// The same of a request that is not charged; it moves no money and holds none.
    void keep(Release release, String reason, Instant at) {
        jdbi.useTransaction(
                handle -> insert(handle, release, RecordJson.of(release), reason, 0, at));
    }

    private void insert(
            Handle handle, Outcome record, String json, String reason, long held, Instant at) {
        int added =
                handle.createUpdate(
                                """
                                    INSERT INTO usage_quarantine (request_id, content_hash, reason,
                                        held, record, node_id, seen_at)
                                    VALUES (:request, :hash, :reason, :held, CAST(:record AS jsonb),
                                        :node, :at)
                                    ON CONFLICT DO NOTHING
                                    """)
                        .bind("request", record.id().uuid())
                        .bind("hash", RecordJson.hash(json))
                        .bind("reason", printable(reason))
                        .bind("held", held)
                        .bind("record", json)
                        .bind("node", node)
                        .bind("at", at)
                        .execute();
        if (added > 0) {
            Outbox.add(handle, "usage.quarantined", record.id().toString(), json, at);
        }
    }

    private static String printable(String reason) {
        String text = reason.replace('\0', '\ufffd');
        return text.length() <= MAX_REASON_CHARS ? text : text.substring(0, MAX_REASON_CHARS);
    }
}
