package mooring.ledger.store;

import java.util.ArrayList;
import java.util.List;
import mooring.ledger.LedgerVerifier;
import mooring.ledger.store.LedgerChecks.SqlCheck;
import mooring.time.Clock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;

/// All checks in one read-only snapshot, so that running requests neither disturb them nor wait.
public final class PostgresLedgerVerifier implements LedgerVerifier {

    /// Offending rows that are named for each check.
    static final int MAX_ROWS = 100;

    private record Offender(long violations, String row) {}

    private final Jdbi jdbi;
    private final Clock clock;

    public PostgresLedgerVerifier(Jdbi jdbi, Clock clock) {
        this.jdbi = jdbi;
        this.clock = clock;
    }

    @Override
    public Report verify() {
        return jdbi.inTransaction(TransactionIsolationLevel.REPEATABLE_READ, this::verify);
    }

    private Report verify(Handle handle) {
        handle.execute("SET TRANSACTION READ ONLY");
        List<Check> checks = new ArrayList<>();
        for (SqlCheck check : LedgerChecks.ALL) {
            checks.add(run(handle, check));
        }
        checks.add(ReRating.check(handle));
        return new Report(clock.now(), checks);
    }

    private static Check run(Handle handle, SqlCheck check) {
        List<Offender> offenders =
                handle.createQuery(
                                "SELECT count(*) OVER () AS violations, row_text FROM ("
                                        + check.offenders()
                                        + ") AS offender (row_text) ORDER BY row_text LIMIT "
                                        + MAX_ROWS)
                        .map(
                                (row, _) ->
                                        new Offender(
                                                row.getLong("violations"),
                                                row.getString("row_text")))
                        .list();
        return new Check(
                check.id(),
                check.statement(),
                offenders.isEmpty() ? 0 : offenders.getFirst().violations(),
                offenders.stream().map(Offender::row).toList());
    }
}
