package mooring.ledger.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import mooring.json.Json;
import mooring.ledger.LedgerVerifier;
import mooring.ledger.LedgerVerifier.Check;
import mooring.ledger.LedgerVerifier.Report;
import mooring.sql.Outbox;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The check of the books that nobody has to ask for. Its result is kept, for the metrics of every
/// node. A difference is an alarm: a line in the log, and an event in the outbox for each check
/// that failed. Blocking.
public final class NightlyVerification {

    /// The event's topic; its key is the check's id.
    public static final String TOPIC = "ledger.difference";

    /// Rows that an event names; the verifier itself shows more.
    private static final int NAMED_ROWS = 20;

    private static final Logger LOG = LoggerFactory.getLogger(NightlyVerification.class);

    private final LedgerVerifier verifier;
    private final Jdbi jdbi;

    /// What the newest one came to.
    ///
    /// @param differences rows that contradict the others
    public record Result(Instant checkedAt, long differences) {}

    public NightlyVerification(LedgerVerifier verifier, Jdbi jdbi) {
        this.verifier = verifier;
        this.jdbi = jdbi;
    }

    public Report run() {
        Report report = verifier.verify();
        List<Check> failed =
                report.checks().stream().filter(check -> check.violations() > 0).toList();
        for (Check check : failed) {
            LOG.error(
                    "ledger: {}: {} rows, first {}", check.id(), check.violations(), first(check));
        }
        jdbi.useTransaction(
                handle -> {
                    keep(handle, report, failed);
                    for (Check check : failed) {
                        Outbox.add(handle, TOPIC, check.id(), payload(check), report.checkedAt());
                    }
                });
        return report;
    }

    /// The newest result, of whatever node; empty before the first night.
    public static Optional<Result> newest(Jdbi jdbi) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT checked_at, differences FROM verification
                                        ORDER BY id DESC LIMIT 1
                                        """)
                                .map(
                                        (row, _) ->
                                                new Result(
                                                        row.getObject(1, OffsetDateTime.class)
                                                                .toInstant(),
                                                        row.getLong(2)))
                                .findOne());
    }

    private static void keep(Handle handle, Report report, List<Check> failed) {
        handle.createUpdate(
                        """
                        INSERT INTO verification (checked_at, checks, differences)
                        VALUES (:at, :checks, :differences)
                        """)
                .bind("at", report.checkedAt())
                .bind("checks", report.checks().size())
                .bind("differences", failed.stream().mapToLong(Check::violations).sum())
                .execute();
    }

    private static String first(Check check) {
        return check.rows().isEmpty() ? "unknown" : check.rows().getFirst();
    }

    private static String payload(Check check) {
        ObjectNode payload = Json.MAPPER.createObjectNode();
        payload.put("check", check.id());
        payload.put("statement", check.statement());
        payload.put("violations", check.violations());
        check.rows().stream().limit(NAMED_ROWS).forEach(payload.putArray("rows")::add);
        return payload.toString();
    }
}
