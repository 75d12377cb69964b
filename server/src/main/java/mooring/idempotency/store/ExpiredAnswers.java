package mooring.idempotency.store;

import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;

/// Kept answers whose day is over.
public final class ExpiredAnswers {

    /// Rows that one statement deletes.
    private static final int BATCH = 1_000;

    private final Jdbi jdbi;
    private final Clock clock;

    public ExpiredAnswers(Jdbi jdbi, Clock clock) {
        this.jdbi = jdbi;
        this.clock = clock;
    }

    /// Deletes what was kept for long enough.
    public void delete() {
        int deleted;
        do {
            deleted =
                    jdbi.withHandle(
                            handle ->
                                    handle.createUpdate(
                                                    """
                                                    DELETE FROM idempotent_answer
                                                    WHERE (project_id, key_hash) IN (
                                                        SELECT project_id, key_hash
                                                        FROM idempotent_answer
                                                        WHERE expires_at <= :now
                                                        LIMIT :batch
                                                        FOR UPDATE SKIP LOCKED)
                                                    """)
                                            .bind("now", clock.now())
                                            .bind("batch", BATCH)
                                            .execute());
        } while (deleted == BATCH);
    }
}
