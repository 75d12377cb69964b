package mooring.sql;

import java.time.Instant;
import org.jdbi.v3.core.Handle;

/// Events for others, written in the transaction that makes them true, so that one is there exactly
/// when the other is.
public final class Outbox {

    private Outbox() {}

    /// @param topic what happened, such as `wallet.credited`
    /// @param key what it is about; events of one key leave in their order
    /// @param payload a JSON object
    public static void add(Handle handle, String topic, String key, String payload, Instant at) {
        handle.createUpdate(
                        """
                        INSERT INTO outbox (topic, key, payload, created_at)
                        VALUES (:topic, :key, CAST(:payload AS jsonb), :at)
                        """)
                .bind("topic", topic)
                .bind("key", key)
                .bind("payload", payload)
                .bind("at", at)
                .execute();
    }
}
