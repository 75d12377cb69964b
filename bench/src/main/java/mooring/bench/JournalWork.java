package mooring.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Random;
import java.util.UUID;
import mooring.journal.Checkpoint;
import mooring.journal.FileStorage;
import mooring.journal.Journal;
import mooring.journal.JournalOptions;
import mooring.journal.ProgressTable;
import mooring.journal.SyncLoop;
import mooring.ledger.NodeEpoch;
import mooring.metering.Acceptance;
import mooring.metering.Metered;
import mooring.metering.UsageBooks.Booking;
import mooring.metering.UsageRecord;
import mooring.metering.journal.Drain;
import mooring.metering.journal.JournalMeter;
import mooring.metering.journal.Recovery;
import mooring.time.Clock;

/// The journal by itself, in a process of its own beside the server's jar: fills a folder, or reads
/// it again, and says in one line of JSON how long that took.
final class JournalWork {

    private static final UUID ID = new UUID(0x0198f3aa11117222L, 0x8333944445555666L);

    /// About what a final record takes.
    private static final int PAYLOAD_BYTES = 256;

    /// Requests that the crash left open.
    private static final int OPEN = 1_000;

    private static final Booking RELEASED = new Booking.Released();
    private static final int WARM_UP = 200_000;
    private static final int SYNCS = 500;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final Duration WAIT = Duration.ofMinutes(1);

    private JournalWork() {}

    /// @param arguments `fill FOLDER COUNT` or `read FOLDER`
    public static void main(String[] arguments) {
        Path folder = Path.of(arguments[1]);
        System.out.println(
                switch (arguments[0]) {
                    case "fill" -> fill(folder, Integer.parseInt(arguments[2]));
                    case "read" -> read(folder);
                    default ->
                            throw new IllegalArgumentException(
                                    arguments[0] + " (expected: fill or read)");
                });
    }

    private static ObjectNode fill(Path folder, int count) {
        ObjectNode found = Json.MAPPER.createObjectNode();
        try (FileStorage storage = FileStorage.open(folder.resolveSibling("alone"));
                Journal journal = Journal.open(storage, options(), Clock.system())) {
            syncs(journal, folder.resolveSibling("control"), found);
            ByteBuffer payload = ByteBuffer.allocate(PAYLOAD_BYTES);
            new Random(1).nextBytes(payload.array());
            found.put("appendNanos", appendNanos(journal, payload, Math.min(count, WARM_UP)));
        }
        try (FileStorage storage = FileStorage.open(folder);
                Journal journal = Journal.open(storage, options(), Clock.system())) {
            ProgressTable progress = ProgressTable.open(storage, ID, OPEN);
            JournalMeter meter = new JournalMeter(journal, progress);
            long start = System.nanoTime();
            // All but the open ones write two records.
            int requests = (count + OPEN) / 2 + 1;
            try (SyncLoop _ = SyncLoop.start(journal, Clock.system())) {
                for (int number = 0; number < requests; number++) {
                    Acceptance accepted = JournalRequests.accepted(number);
                    Metered metered = meter.open(accepted);
                    if (number % (requests / OPEN + 1) == 0) {
                        metered.progress(JournalRequests.USAGE);
                    } else {
                        var _ = metered.settle(JournalRequests.finished(accepted), Runnable::run);
                    }
                }
            }
            journal.sync();
            JournalMeter.Counts counts = meter.counts();
            found.put("fillSeconds", Machine.secondsSince(start));
            found.put("records", counts.opened() + counts.settled());
            found.put("settled", counts.settled());
            found.put("open", counts.open());
            found.put("bytes", journal.appended());
            progress.close();
        }
        return found;
    }

    private static JournalOptions options() {
        return JournalOptions.of(ID).withAppendWait(WAIT);
    }

    /// The median of syncs of one record each, and in turn with them that of a plain file.
    private static void syncs(Journal journal, Path file, ObjectNode found) {
        ByteBuffer payload = ByteBuffer.allocate(PAYLOAD_BYTES);
        double[] micros = new double[SYNCS];
        double[] controlMicros = new double[SYNCS];
        try (FileChannel control =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            control.write(ByteBuffer.allocate(SYNCS * PAYLOAD_BYTES), 0);
            control.force(true);
            for (int number = 0; number < SYNCS; number++) {
                journal.append(payload);
                long start = System.nanoTime();
                journal.sync();
                micros[number] = (System.nanoTime() - start) / 1e3;
                control.write(payload.duplicate(), (long) number * PAYLOAD_BYTES);
                start = System.nanoTime();
                control.force(false);
                controlMicros[number] = (System.nanoTime() - start) / 1e3;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        found.put("syncMicros", Machine.median(micros));
        found.put("controlMicros", Machine.median(controlMicros));
    }

    /// The processor's time of one thread, page faults included; syncs are not counted.
    private static double appendNanos(Journal journal, ByteBuffer payload, int count) {
        double nanos = 0;
        for (int round = 0; round < 2; round++) {
            nanos = 0;
            int part = 50_000;
            for (int done = 0; done < count; done += part) {
                int now = Math.min(part, count - done);
                long start = THREADS.getCurrentThreadCpuTime();
                for (int number = 0; number < now; number++) {
                    journal.append(payload);
                }
                nanos += THREADS.getCurrentThreadCpuTime() - start;
                journal.sync();
            }
        }
        return nanos / count;
    }

    /// As a start does after a crash: what was left open is ended, and everything is read, checked
    /// and decoded for the books. They keep nothing: what PostgreSQL takes is measured elsewhere.
    private static ObjectNode read(Path folder) {
        ObjectNode found = Json.MAPPER.createObjectNode();
        long start = System.nanoTime();
        try (FileStorage storage = FileStorage.open(folder);
                Journal journal = Journal.open(storage, options(), Clock.system())) {
            Checkpoint checkpoint = Checkpoint.open(storage, ID);
            ProgressTable progress = ProgressTable.open(storage, ID, OPEN);
            long opened = System.nanoTime();
            Recovery.Report recovered =
                    new Recovery(
                                    journal,
                                    checkpoint,
                                    progress,
                                    (_, usage) ->
                                            new Recovery.Priced(
                                                    Payers.price(usage), UsageRecord.NO_CALLS),
                                    Clock.system())
                            .recover(new NodeEpoch(JournalRequests.NODE.node(), 2));
            long ended = System.nanoTime();
            long[] decoded = new long[2];
            try (Drain drain =
                    new Drain(
                            journal,
                            checkpoint,
                            outcomes -> {
                                decoded[0] += outcomes.size();
                                return outcomes.stream().map(_ -> RELEASED).toList();
                            },
                            (_, _, _) -> decoded[1]++,
                            (_, _) -> {},
                            Clock.system(),
                            Drain.Options.DEFAULT)) {
                while (drain.drainOnce()) {
                    // Until the tail.
                }
            }
            found.put("readSeconds", Machine.secondsSince(start));
            found.put("openSeconds", (opened - start) / 1e9);
            found.put("recoverSeconds", (ended - opened) / 1e9);
            found.put("billed", recovered.billed());
            found.put("released", recovered.released());
            found.put("decoded", decoded[0]);
            found.put("refused", decoded[1]);
            found.put("damaged", journal.damage().size());
            progress.close();
            checkpoint.close();
        }
        return found;
    }
}
