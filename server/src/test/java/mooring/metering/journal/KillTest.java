package mooring.metering.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import mooring.ids.RequestId;
import mooring.journal.FileStorage;
import mooring.ledger.NodeEpoch;
import mooring.metering.Outcome;
import mooring.metering.Release;
import mooring.metering.UsageRecord;
import mooring.testing.Await;
import mooring.testing.JavaProgram;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A process that is killed while it serves, again and again, on real files.
class KillTest {

    private static final int KILLS = 4;
    private static final long NUMBERS = 1_000_000;
    private static final Duration SAID = Duration.ofSeconds(30);

    @TempDir Path folder;

    private final Map<RequestId, Long> chunks = new HashMap<>();
    private final Map<RequestId, Long> settled = new HashMap<>();
    private final Set<RequestId> released = new HashSet<>();

    @Test
    void whatEveryCallerGotIsBookedOnceThoughTheProcessIsKilled() { // G7
        for (int kill = 0; kill < KILLS; kill++) {
            serveAndKill(kill);
        }
        MemoryBooks books = new MemoryBooks();
        ManualClock clock = new ManualClock();
        try (FileStorage storage = FileStorage.open(folder)) {
            Life life = new Life(storage, clock);
            life.recover(new NodeEpoch("node-1", KILLS));
            Drain drain = life.drain(books, Drain.Options.DEFAULT);
            Life.all(drain);
            assertThat(drain.oldestOpen()).isEqualTo(drain.drained());
        }

        assertThat(books.conflicts).isEmpty();
        assertThat(settled).hasSizeGreaterThan(KILLS * 10);
        settled.forEach(
                (id, output) -> {
                    UsageRecord record = record(books, id);
                    assertThat(record.usage().output()).as("%s", id).isEqualTo(output);
                    assertThat(record.estimated()).isFalse();
                });
        // A release that was not synced is told again, or was never admitted.
        released.forEach(
                id ->
                        assertThat(books.of(id))
                                .satisfiesAnyOf(
                                        outcome -> assertThat(outcome).isNull(),
                                        outcome ->
                                                assertThat(outcome).isInstanceOf(Release.class)));
        chunks.forEach((id, seen) -> checkDelivered(books.of(id), id, seen));
    }

    /// No chunk that a caller saw is free, unless the answer was not streamed.
    private static void checkDelivered(@Nullable Outcome outcome, RequestId id, long seen) {
        assertThat(outcome).as("%s", id).isNotNull();
        switch (Objects.requireNonNull(outcome)) {
            case UsageRecord record ->
                    assertThat(record.usage().output()).as("%s", id).isGreaterThanOrEqualTo(seen);
            case Release release -> assertThat(release.accepted().streamed()).isFalse();
        }
    }

    private static UsageRecord record(MemoryBooks books, RequestId id) {
        Outcome outcome = books.of(id);
        assertThat(outcome).as("%s", id).isInstanceOf(UsageRecord.class);
        return (UsageRecord) Objects.requireNonNull(outcome);
    }

    private void serveAndKill(int life) {
        try (JavaProgram program =
                JavaProgram.start(
                        JavaProgram.command(
                                LossProgram.class,
                                folder.toString(),
                                Integer.toString(life),
                                Long.toString(life * NUMBERS)),
                        Map.of())) {
            program.lineWith("ready", Await.onThisMachine(SAID));
            for (int line = 0; line < 300 + 70 * life; line++) {
                read(program.lineWith("", SAID));
            }
            program.kill();
            for (String line = next(program);
                    line.split(" ").length >= 2 && !line.isEmpty();
                    line = next(program)) {
                read(line);
            }
        }
    }

    /// The rest of what was said before the kill.
    private static String next(JavaProgram program) {
        try {
            return program.lineWith("", SAID);
        } catch (AssertionError ended) {
            return "";
        }
    }

    private void read(String line) {
        String[] words = line.split(" ");
        if (words.length < 2) {
            return;
        }
        RequestId id = Samples.acceptance(Long.parseLong(words[1])).id();
        switch (words[0]) {
            case "chunk" -> chunks.put(id, Long.parseLong(words[2]));
            case "settled" -> settled.put(id, Long.parseLong(words[2]));
            case "released" -> released.add(id);
            default -> {}
        }
    }
}
