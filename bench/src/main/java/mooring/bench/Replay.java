package mooring.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// A journal filled by one process and read again by another one, as after a crash.
@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        description = "10 million journal records are read again in a minute")
final class Replay extends Measurement {

    private static final int BAR_RECORDS = 10_000_000;
    private static final double BAR_SECONDS = 60;

    @Option(names = "--records", description = "how many (default: ${DEFAULT-VALUE}; 3 GB)")
    private int records = BAR_RECORDS;

    @Override
    boolean fullSize() {
        return records >= BAR_RECORDS;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException {
        Path journal = bench.folder().resolve("journal");
        JsonNode filled =
                BesideServer.run(
                        bench,
                        JournalWork.class,
                        "fill",
                        journal.toString(),
                        Integer.toString(records));
        bench.say("filled: " + filled);
        JsonNode read = BesideServer.run(bench, JournalWork.class, "read", journal.toString());
        bench.say("read: " + read);
        double seconds = read.path("readSeconds").asDouble();
        Report report = new Report("%d records in a journal on disk".formatted(records));
        Report.Tally whole = report.tally("every end is there, nothing damaged or unreadable");
        whole.expectEqual(
                "ends",
                read.path("decoded").asLong(),
                filled.path("settled").asLong() + filled.path("open").asLong());
        whole.expectEqual(
                "billed as far as delivered",
                read.path("billed").asLong(),
                filled.path("open").asLong());
        whole.expectEqual("unreadable records", read.path("refused").asLong(), 0L);
        whole.expectEqual("damaged stretches", read.path("damaged").asLong(), 0L);
        report.timedLine(
                "recovered and decoded for the books, in the page cache",
                "%s s".formatted(Machine.decimal(seconds, 1)),
                "≤ %.0f s".formatted(BAR_SECONDS),
                seconds <= BAR_SECONDS);
        String append = "%.0f ns".formatted(filled.path("appendNanos").asDouble());
        report.note("an append of 256 bytes, processor's time, one thread", append);
        String sync =
                "%.0f µs (a plain file's in turn: %.0f µs)"
                        .formatted(
                                filled.path("syncMicros").asDouble(),
                                filled.path("controlMicros").asDouble());
        report.note("a sync of one record, median", sync);
        report.note(
                "filled by one thread, group commit beside it",
                "%s s".formatted(Machine.decimal(filled.path("fillSeconds").asDouble(), 1)));
        report.headline(
                String.format(
                        Locale.ROOT,
                        "%d records recovered and decoded in %.1f s; an append %s, a sync %s",
                        filled.path("records").asLong(),
                        seconds,
                        append,
                        sync));
        return report;
    }
}
