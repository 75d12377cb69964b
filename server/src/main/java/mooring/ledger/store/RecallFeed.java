package mooring.ledger.store;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import mooring.ledger.Purse;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Hears which purses another node needs money of. A notice may be lost: the heartbeat tells the
/// same, only later.
///
/// One virtual thread with a connection of its own.
public final class RecallFeed implements AutoCloseable {

    private static final String CHANNEL = "lease_recall";

    /// How long one wait for notices takes, and at most the way to the end.
    private static final Duration TURN = Duration.ofMillis(500);

    /// A connection that gives no answer for this long is given up.
    private static final Duration ANSWER = Duration.ofSeconds(5);

    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

    private static final Logger LOG = LoggerFactory.getLogger(RecallFeed.class);

    private final Jdbi jdbi;
    private final List<LeasePart> parts;
    private final Consumer<Purse> recalled;
    private final Thread reader;
    private volatile boolean closing;
    private volatile boolean listening;

    /// Starts at once.
    public RecallFeed(Jdbi jdbi, Consumer<Purse> recalled) {
        this(jdbi, LeasePart.all(), recalled);
    }

    /// @param parts as of [PostgresLeaseStore]
    public RecallFeed(Jdbi jdbi, List<LeasePart> parts, Consumer<Purse> recalled) {
        this.jdbi = jdbi;
        this.parts = List.copyOf(parts);
        this.recalled = recalled;
        this.reader = Thread.ofVirtual().name("recall-feed").start(this::run);
    }

    /// Whether notices are heard at this moment.
    public boolean listening() {
        return listening;
    }

    @Override
    public void close() {
        closing = true;
        // A reader that waits for notices sees it within a turn; interrupting it there would break
        // its connection.
        if (!listening) {
            reader.interrupt();
        }
        try {
            if (!reader.join(CLOSE_WAIT)) {
                LOG.warn("the recall feed did not stop within {}", CLOSE_WAIT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!closing) {
            try (Handle handle = jdbi.open()) {
                follow(handle);
            } catch (RuntimeException | SQLException e) {
                if (!closing) {
                    LOG.warn("recalls: connection lost, trying again: {}", e.toString());
                }
            }
            listening = false;
            try {
                Thread.sleep(closing ? Duration.ZERO : PAUSE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void follow(Handle handle) throws SQLException {
        handle.getConnection().setNetworkTimeout(Runnable::run, (int) ANSWER.toMillis());
        PGConnection postgres = handle.getConnection().unwrap(PGConnection.class);
        handle.execute("LISTEN " + CHANNEL);
        listening = true;
        while (!closing) {
            PGNotification[] notices = postgres.getNotifications((int) TURN.toMillis());
            if (notices != null) {
                for (PGNotification notice : notices) {
                    tell(notice.getParameter());
                }
            }
        }
        handle.execute("UNLISTEN " + CHANNEL);
    }

    private void tell(String notice) {
        parts.stream()
                .map(part -> part.recalled(notice))
                .filter(Objects::nonNull)
                .findFirst()
                .ifPresent(recalled);
    }
}
