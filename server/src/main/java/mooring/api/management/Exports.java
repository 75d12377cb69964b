package mooring.api.management;

import java.util.concurrent.Semaphore;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// Files made of what other operations show: comma-separated values, or a JSON object a line.
final class Exports {

    /// Each reads through a connection to the database for as long as its caller takes.
    private static final int MAX_RUNNING = 4;

    private static final Semaphore RUNNING = new Semaphore(MAX_RUNNING);

    private Exports() {}

    static boolean csv(Call call) {
        return !"ndjson".equals(call.optional("format"));
    }

    static Answer answer(boolean csv, String name, BodyStream.Content content) {
        BodyStream.Content bounded =
                sink -> {
                    if (!RUNNING.tryAcquire()) {
                        throw new ProblemException(
                                new Problem.Conflict(
                                        MAX_RUNNING
                                                + " exports are running already (expected: fewer;"
                                                + " try again when one has ended)"));
                    }
                    try {
                        content.write(sink);
                    } finally {
                        RUNNING.release();
                    }
                };
        return Answer.ok(
                csv
                        ? new BodyStream(
                                "text/csv; charset=utf-8; header=present", name + ".csv", bounded)
                        : new BodyStream("application/x-ndjson", name + ".ndjson", bounded));
    }
}
