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
import java.util.function.Consumer;
import mooring.journal.FileStorage;
import mooring.journal.Journal;
import mooring.journal.JournalOptions;
import mooring.journal.SyncLoop;
import mooring.time.Clock;

/// The journal by itself, in a process of its own beside the server's jar: fills a folder, or reads
/// it again, and says in one line of JSON how long that took.
final class JournalWork {

    private static final UUID ID = new UUID(0x0198f3aa11117222L, 0x8333944445555666L);

    /// About what a final record takes.
    private static final int PAYLOAD_BYTES = 256;

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
                    case "read" -> read(folder, JournalWork::look);
                    default ->
                            throw new IllegalArgumentException(
                                    arguments[0] + " (expected: fill or read)");
                });
    }

    private static ObjectNode fill(Path folder, int count) {
        JournalOptions options = JournalOptions.of(ID).withAppendWait(WAIT);
        ObjectNode found = Json.MAPPER.createObjectNode();
        try (FileStorage storage = FileStorage.open(folder);
                Journal journal = Journal.open(storage, options, Clock.system())) {
            syncs(journal, folder.resolveSibling("control"), found);
            ByteBuffer payload = ByteBuffer.allocate(PAYLOAD_BYTES);
            new Random(1).nextBytes(payload.array());
            int few = Math.min(count, WARM_UP);
            found.put("appendNanos", appendNanos(journal, payload, few));
            long start = System.nanoTime();
            int rest = count - SYNCS - 2 * few;
            try (SyncLoop _ = SyncLoop.start(journal, Clock.system())) {
                for (int number = 0; number < rest; number++) {
                    journal.append(payload.putInt(0, number));
                }
            }
            journal.sync();
            found.put("fillSeconds", Machine.secondsSince(start));
            found.put("records", SYNCS + 2 * few + Math.max(0, rest));
            found.put("bytes", journal.appended());
        }
        return found;
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

    /// @param eachPayload what is done with a record beyond reading and checking it
    private static ObjectNode read(Path folder, Consumer<ByteBuffer> eachPayload) {
        long start = System.nanoTime();
        long records = 0;
        long[] damaged = new long[1];
        try (FileStorage storage = FileStorage.open(folder);
                Journal journal = Journal.open(storage, JournalOptions.of(ID), Clock.system());
                Journal.Reader reader = journal.reader(0)) {
            for (Journal.Entry entry = reader.next(); entry != null; entry = reader.next()) {
                eachPayload.accept(entry.payload());
                records++;
            }
            damaged[0] = journal.damage().size();
        }
        ObjectNode found = Json.MAPPER.createObjectNode();
        found.put("readSeconds", Machine.secondsSince(start));
        found.put("records", records);
        found.put("damaged", damaged[0]);
        return found;
    }

    private static void look(ByteBuffer payload) {
        if (payload.remaining() != PAYLOAD_BYTES) {
            throw new IllegalStateException(
                    "payload of %d bytes (expected: %d)"
                            .formatted(payload.remaining(), PAYLOAD_BYTES));
        }
    }
}
