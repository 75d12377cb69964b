package mooring.api.management;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// Files made of what other operations show: comma-separated values, or a JSON object a line.
final class Exports {

    /// Each reads through a connection to the database for as long as its caller takes.
    private static final int MAX_RUNNING = 4;

    private static final Duration LONGEST = Duration.ofHours(2);

    private static final Semaphore RUNNING = new Semaphore(MAX_RUNNING);

    /// Writes all rows, piece by piece; blocking.
    @FunctionalInterface
    interface Rows {
        void write(Sink sink);
    }

    /// Takes the pieces; a call returns when there is room for more.
    @FunctionalInterface
    interface Sink {
        /// @throws UncheckedIOException when the caller takes no more: whoever writes stops
        void write(String piece);
    }

    private Exports() {}

    static boolean csv(Call call) {
        return !"ndjson".equals(call.optional("format"));
    }

    static Answer answer(boolean csv, String name, Rows rows) {
        Download.Content bounded =
                to -> {
                    if (!RUNNING.tryAcquire()) {
                        throw new ProblemException(
                                new Problem.Conflict(
                                        MAX_RUNNING
                                                + " exports are running already (expected: fewer;"
                                                + " try again when one has ended)"));
                    }
                    try {
                        rows.write(piece -> write(to, piece));
                    } finally {
                        RUNNING.release();
                    }
                };
        return Answer.ok(
                csv
                        ? new Download(
                                "text/csv; charset=utf-8; header=present",
                                name + ".csv",
                                LONGEST,
                                bounded)
                        : new Download("application/x-ndjson", name + ".ndjson", LONGEST, bounded));
    }

    private static void write(OutputStream to, String piece) {
        try {
            to.write(piece.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
