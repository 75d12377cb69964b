package mooring.accounts.store;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import mooring.ids.KeyId;
import mooring.sql.SqlArrays;
import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// When each key was last used, written down once a minute and off the request's way: a help for
/// people, no record, so what a crash loses does not matter.
public final class KeyUses implements AutoCloseable {

    private static final Duration EVERY = Duration.ofMinutes(1);

    /// Keys noted in one minute; uses of further ones go unnoted until the next.
    private static final int MAX_KEYS = 100_000;

    private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

    private static final Logger LOG = LoggerFactory.getLogger(KeyUses.class);

    private final Jdbi jdbi;
    private final Clock clock;
    private final ConcurrentHashMap<KeyId, Instant> uses = new ConcurrentHashMap<>();
    private final Thread writer;

    public KeyUses(Jdbi jdbi, Clock clock) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.writer = Thread.ofVirtual().name("key-uses").start(this::run);
    }

    /// Notes a use. Never waits.
    public void used(KeyId key) {
        if (uses.size() < MAX_KEYS) {
            uses.put(key, clock.now());
        }
    }

    /// Writes what was noted.
    public void write() {
        Map<KeyId, Instant> noted = new HashMap<>(uses);
        if (noted.isEmpty()) {
            return;
        }
        List<Map.Entry<KeyId, Instant>> rows = List.copyOf(noted.entrySet());
        jdbi.useHandle(
                handle ->
                        handle.createUpdate(
                                        """
                                        UPDATE api_key k
                                        SET last_used_at = greatest(k.last_used_at, u.at)
                                        FROM unnest(:ids, :times) AS u (id, at)
                                        WHERE k.id = u.id
                                        """)
                                .bind(
                                        "ids",
                                        SqlArrays.column("uuid", rows, use -> use.getKey().uuid()))
                                .bind(
                                        "times",
                                        SqlArrays.column(
                                                "timestamptz",
                                                rows,
                                                use -> use.getValue().toString()))
                                .execute());
        noted.forEach(uses::remove);
    }

    /// Stops and writes the last minute's uses.
    @Override
    public void close() {
        writer.interrupt();
        try {
            if (writer.join(CLOSE_WAIT)) {
                write();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.warn("last uses of keys are not written: {}", e.toString());
        }
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(EVERY);
                try {
                    write();
                } catch (RuntimeException e) {
                    LOG.warn("last uses of keys are not written yet: {}", e.toString());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
