package mooring.api.management;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Semaphore;
import mooring.ledger.LedgerVerifier;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// The ledger's own examination.
final class LedgerResource {

    private final LedgerVerifier verifier;

    /// It reads every row: one at a time is enough for anybody.
    private final Semaphore running = new Semaphore(1);

    LedgerResource(LedgerVerifier verifier) {
        this.verifier = verifier;
    }

    Answer verify(@SuppressWarnings("unused") Call call) {
        if (!running.tryAcquire()) {
            throw new ProblemException(
                    new Problem.Conflict(
                            "a verification is already running (expected: one at a time)"));
        }
        try {
            return Answer.ok(form(verifier.verify()));
        } finally {
            running.release();
        }
    }

    private static ObjectNode form(LedgerVerifier.Report report) {
        ObjectNode form =
                Shapes.object()
                        .put("ok", report.ok())
                        .put("checked_at", report.checkedAt().toString());
        ArrayNode checks = form.putArray("checks");
        for (LedgerVerifier.Check check : report.checks()) {
            ObjectNode entry =
                    checks.addObject()
                            .put("id", check.id())
                            .put("statement", check.statement())
                            .put("violations", check.violations());
            check.rows().forEach(entry.putArray("rows")::add);
        }
        return form;
    }
}
