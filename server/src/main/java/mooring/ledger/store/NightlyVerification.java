package mooring.ledger.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.LongConsumer;
import mooring.json.Json;
import mooring.ledger.LedgerVerifier;
import mooring.ledger.LedgerVerifier.Check;
import mooring.ledger.LedgerVerifier.Report;
import mooring.sql.Outbox;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The check of the books that nobody has to ask for. A difference is an alarm: a line in the log,
/// an event in the outbox for each check that failed, and a number for the metrics. Blocking.
public final class NightlyVerification {

    /// The event's topic; its key is the check's id.
    public static final String TOPIC = "ledger.difference";

    /// Rows that an event names; the verifier itself shows more.
    private static final int NAMED_ROWS = 20;

    private static final Logger LOG = LoggerFactory.getLogger(NightlyVerification.class);

    private final LedgerVerifier verifier;
    private final Jdbi jdbi;
    private final LongConsumer differences;

    /// @param differences is told how many rows differ, 0 when none does
    public NightlyVerification(LedgerVerifier verifier, Jdbi jdbi, LongConsumer differences) {
        this.verifier = verifier;
        this.jdbi = jdbi;
        this.differences = differences;
    }

    public Report run() {
        Report report = verifier.verify();
        List<Check> failed =
                report.checks().stream().filter(check -> check.violations() > 0).toList();
        differences.accept(failed.stream().mapToLong(Check::violations).sum());
        for (Check check : failed) {
            LOG.error(
                    "ledger: {}: {} rows, first {}", check.id(), check.violations(), first(check));
        }
        if (!failed.isEmpty()) {
            jdbi.useTransaction(
                    handle -> {
                        for (Check check : failed) {
                            Outbox.add(
                                    handle, TOPIC, check.id(), payload(check), report.checkedAt());
                        }
                    });
        }
        return report;
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
