package mooring.metering.store;

import java.util.HexFormat;
import java.util.UUID;
import mooring.ids.RequestId;
import mooring.json.Json;
import mooring.metering.journal.RefusedRecords;
import mooring.sql.Outbox;
import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/// Records of the journal that nobody could read, kept as they are beside those that could not be
/// booked.
public final class PostgresRefusedRecords implements RefusedRecords {

    /// Whose a record is that does not even say that.
    private static final UUID NOBODY = new UUID(0, 0);

    private static final int MAX_REASON_CHARS = 1_000;

    private final Jdbi jdbi;
    private final String node;
    private final Clock clock;

    public PostgresRefusedRecords(Jdbi jdbi, String node, Clock clock) {
        this.jdbi = jdbi;
        this.node = node;
        this.clock = clock;
    }

    @Override
    public void keep(@Nullable RequestId id, byte[] record, String reason) {
        String json =
                Json.MAPPER
                        .createObjectNode()
                        .put("journal", HexFormat.of().formatHex(record))
                        .toString();
        String printable = reason.replace('\0', '\ufffd');
        jdbi.useTransaction(
                handle -> {
                    int added =
                            handle.createUpdate(
                                            """
                                            INSERT INTO usage_quarantine (request_id, content_hash,
                                                reason, held, record, node_id, seen_at)
                                            VALUES (:request, :hash, :reason, 0,
                                                CAST(:record AS jsonb), :node, :at)
                                            ON CONFLICT DO NOTHING
                                            """)
                                    .bind("request", id == null ? NOBODY : id.uuid())
                                    .bind("hash", RecordJson.hash(json))
                                    .bind(
                                            "reason",
                                            printable.substring(
                                                    0,
                                                    Math.min(printable.length(), MAX_REASON_CHARS)))
                                    .bind("record", json)
                                    .bind("node", node)
                                    .bind("at", clock.now())
                                    .execute();
                    if (added > 0) {
                        Outbox.add(
                                handle, "usage.quarantined", String.valueOf(id), json, clock.now());
                    }
                });
    }
}
