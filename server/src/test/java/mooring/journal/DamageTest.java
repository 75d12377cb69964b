package mooring.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import mooring.time.Clock;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/// Whatever happens to a segment is noticed, and costs no more than the record that it hit.
class DamageTest {

    private static final int RECORDS = 16;

    private MemoryStorage disk = new MemoryStorage(1 << 20);
    private List<SampleLog.Written> written = List.of();
    private List<String> names = List.of();

    @BeforeAll
    static void quiet() {
        // It would say so tens of thousands of times.
        ((Logger) LoggerFactory.getLogger(Journal.class)).setLevel(Level.OFF);
    }

    @AfterAll
    static void aloud() {
        ((Logger) LoggerFactory.getLogger(Journal.class)).setLevel(null);
    }

    @BeforeEach
    void write() {
        try (Journal journal = SampleLog.open(disk)) {
            written = SampleLog.write(journal, RECORDS);
        }
        names = disk.names();
        // Finished ones, one that is written to, and one that is ready.
        assertThat(names).hasSizeBetween(4, 8);
    }

    @Test
    void everySingleBitThatFlipsIsNoticedAndCostsAtMostItsRecord() {
        int flips = 0;
        for (String name : names) {
            for (int offset = 0; offset < SampleLog.SEGMENT_BYTES; offset++) {
                for (int bit = 0; bit < 8; bit++) {
                    MemoryStorage flipped = disk.afterKill();
                    flipped.get(name)[offset] ^= (byte) (1 << bit);
                    long at = SegmentFormat.startOf(name) + offset;
                    List<SampleLog.Written> expected =
                            written.stream()
                                    .filter(each -> at < each.position() || at >= each.end())
                                    .toList();
                    expectNoticedAndRead(flipped, expected, name + " bit " + offset + "." + bit);
                    flips++;
                }
            }
        }
        assertThat(flips).isEqualTo(names.size() * SampleLog.SEGMENT_BYTES * 8);
    }

    @Test
    void everyLengthThatAFileIsCutToIsNoticedAndCostsOnlyWhatIsGone() {
        for (String name : names) {
            for (int length = 0; length < SampleLog.SEGMENT_BYTES; length++) {
                MemoryStorage cut = disk.afterKill();
                cut.put(name, Arrays.copyOf(cut.get(name), length));
                long from = SegmentFormat.startOf(name) + length;
                long until = SegmentFormat.startOf(name) + SampleLog.SEGMENT_BYTES;
                List<SampleLog.Written> expected =
                        written.stream()
                                .filter(each -> each.end() <= from || each.position() >= until)
                                .toList();
                boolean last = name.equals(names.getLast());
                if (last && length == 0) {
                    // As the making of a segment leaves it when it is cut short.
                    expectRead(cut, expected);
                } else {
                    expectNoticedAndRead(cut, expected, name + " cut to " + length);
                }
            }
        }
    }

    @Test
    void everySectorThatIsLostIsNoticed() {
        for (String name : names.subList(0, names.size() - 1)) {
            for (int offset = 0; offset < SampleLog.SEGMENT_BYTES; offset += 64) {
                MemoryStorage holed = disk.afterKill();
                Arrays.fill(holed.get(name), offset, offset + 64, (byte) 0);
                if (Arrays.equals(holed.get(name), disk.get(name))) {
                    continue;
                }
                long from = SegmentFormat.startOf(name) + offset;
                List<SampleLog.Written> expected =
                        written.stream()
                                .filter(each -> each.end() <= from || each.position() >= from + 64)
                                .toList();
                boolean lastRecord =
                        expected.size() < RECORDS
                                && written.getLast().position() < from + 64
                                && written.getLast().end() > from;
                if (lastRecord && !anythingLeftOf(written.getLast(), holed, name)) {
                    // Nothing is left that could tell that there was a record.
                    expectRead(holed, expected);
                } else {
                    expectNoticedAndRead(holed, expected, name + " without " + offset);
                }
            }
        }
    }

    @Test
    void aWholeSegmentThatIsGoneIsNoticed() {
        MemoryStorage holed = disk.afterKill();
        holed.delete(names.get(1));
        long from = SegmentFormat.startOf(names.get(1));
        List<SampleLog.Written> expected =
                written.stream()
                        .filter(
                                each ->
                                        each.position() < from
                                                || each.position()
                                                        >= from + SampleLog.SEGMENT_BYTES)
                        .toList();
        List<Damage> damage = new ArrayList<>();
        assertThat(SampleLog.readAll(Journal.replay(holed, damage::add))).isEqualTo(expected);
        assertThat(damage)
                .containsExactly(
                        new Damage(
                                Damage.Kind.MISSING,
                                names.get(1),
                                0,
                                SampleLog.SEGMENT_BYTES,
                                from));
    }

    @Test
    void damageNamesFileOffsetAndLength() {
        SampleLog.Written hit = written.get(2);
        MemoryStorage flipped = disk.afterKill();
        flipped.get(names.getFirst())[(int) hit.position() + 20] ^= 1;
        try (Journal journal = SampleLog.open(flipped)) {
            List<Damage> told = new ArrayList<>();
            journal.onDamage(told::add);
            SampleLog.readAll(journal.reader(0));
            SampleLog.readAll(journal.reader(0));
            assertThat(told).isEqualTo(journal.damage());
            assertThat(journal.damage())
                    .containsExactly(
                            new Damage(
                                    Damage.Kind.RECORDS,
                                    names.getFirst(),
                                    hit.position(),
                                    hit.end() - hit.position(),
                                    hit.position()));
        }
    }

    @Test
    void aRecordThatWasCutOffIsClearedAndNeverReadAgain() {
        MemoryStorage torn = new MemoryStorage(1 << 20);
        try (Journal journal = SampleLog.open(torn)) {
            written = SampleLog.write(journal, 2);
        }
        SampleLog.Written last = written.getLast();
        String name = SegmentFormat.name(0);
        // Half a record behind the last one, as an append leaves it that is killed.
        int at = (int) (last.end() - SegmentFormat.startOf(name));
        Arrays.fill(torn.get(name), at + 4, at + 60, (byte) 7);
        try (Journal journal = SampleLog.open(torn)) {
            assertThat(journal.appended()).isEqualTo(last.end());
            assertThat(journal.damage())
                    .containsExactly(new Damage(Damage.Kind.TORN_TAIL, name, at, 60, last.end()));
            assertThat(torn.get(name)[at + 30]).isZero();
            journal.append(SampleLog.bytes("short"));
            journal.sync();
        }
        try (Journal journal = SampleLog.open(torn)) {
            assertThat(journal.damage()).isEmpty();
            assertThat(SampleLog.readAll(journal.reader(last.end())))
                    .singleElement()
                    .extracting(SampleLog.Written::text)
                    .isEqualTo("short");
        }
    }

    @Test
    void nothingIsAppendedWhereTheReaderHasBeenAlthoughItsRecordsAreLost() {
        for (String lost : List.of("one bit", "the file", "all files")) {
            MemoryStorage damaged = disk.afterKill();
            SampleLog.Written last = written.getLast();
            try (Checkpoint checkpoint = Checkpoint.open(damaged, SampleLog.ID)) {
                checkpoint.write(last.end(), last.end());
            }
            if (lost.equals("one bit")) {
                String name = fileOf(last);
                damaged.get(name)[(int) (last.end() - SegmentFormat.startOf(name)) - 9] ^= 1;
            } else {
                names.stream()
                        .filter(name -> lost.equals("all files") || name.equals(fileOf(last)))
                        .forEach(damaged::delete);
            }
            for (int life = 1; life <= 2; life++) {
                try (Journal journal = SampleLog.open(damaged)) {
                    long end = journal.append(SampleLog.bytes("after the loss"));
                    journal.sync();
                    assertThat(SampleLog.readAll(journal.reader(last.end())))
                            .as(lost)
                            .hasSize(life)
                            .last()
                            .satisfies(each -> assertThat(each.end()).isEqualTo(end));
                }
            }
        }
    }

    @Test
    void aCheckpointOfAnEmptyLogMovesNothing() {
        MemoryStorage empty = new MemoryStorage(1 << 20);
        for (int life = 0; life < 3; life++) {
            try (Journal journal = SampleLog.open(empty);
                    Checkpoint checkpoint = Checkpoint.open(empty, SampleLog.ID)) {
                assertThat(journal.appended()).isEqualTo(SegmentFormat.HEADER_BYTES);
                checkpoint.write(journal.synced(), journal.synced());
            }
        }
    }

    @Test
    void recordsOfAnEarlierUseOfTheSpaceAreNoRecords() {
        // The same bytes one place further on: their checksums are right, their place is not.
        SampleLog.Written last = written.getLast();
        SampleLog.Written first = written.getFirst();
        MemoryStorage stale = disk.afterKill();
        String name = fileOf(last);
        System.arraycopy(
                stale.get(names.getFirst()),
                SegmentFormat.HEADER_BYTES,
                stale.get(name),
                (int) (last.end() - SegmentFormat.startOf(name)),
                (int) (first.end() - first.position()));
        try (Journal journal = SampleLog.open(stale)) {
            assertThat(journal.appended()).isEqualTo(last.end());
            assertThat(SampleLog.readAll(journal.reader(0))).isEqualTo(written);
            assertThat(journal.damage()).hasSize(1);
        }
    }

    @Test
    void aSegmentOfAnotherJournalIsRefusedByName() {
        UUID other = UUID.fromString("0198f3aa-9999-7222-8333-944445555666");
        assertThatThrownBy(
                        () ->
                                Journal.open(
                                        disk,
                                        JournalOptions.of(other).withSegments(512, 100),
                                        Clock.system()))
                .isInstanceOfSatisfying(
                        JournalException.class,
                        e -> assertThat(e.kind()).isEqualTo(JournalException.Kind.FOREIGN))
                .hasMessage(
                        "%s: of journal %s (expected: %s)"
                                .formatted(names.getLast(), SampleLog.ID, other));
        assertThatThrownBy(() -> Journal.replay(disk, other, _ -> {}))
                .hasMessageContaining("expected: " + other);
    }

    @Test
    void aSegmentUnderAnothersNameIsRefused() {
        MemoryStorage renamed = disk.afterKill();
        renamed.put(names.get(1), renamed.get(names.getFirst()));
        assertThatThrownBy(() -> SampleLog.open(renamed))
                .hasMessage(names.get(1) + ": starts at position 0 (expected: 512)");
    }

    @Test
    void afterAPowerCutEverythingSyncedIsThere() {
        Random random = new Random(4);
        for (int round = 0; round < 300; round++) {
            MemoryStorage storage = new MemoryStorage(1 << 20);
            List<SampleLog.Written> synced = new ArrayList<>();
            for (int life = 0; life < 4; life++) {
                Journal journal = SampleLog.open(storage);
                List<SampleLog.Written> read = SampleLog.readAll(journal.reader(0));
                assertThat(read).containsAll(synced);
                List<SampleLog.Written> pending = new ArrayList<>();
                for (int step = random.nextInt(20); step > 0; step--) {
                    if (random.nextInt(3) == 0) {
                        if (random.nextInt(4) == 0) {
                            cutBeforeSync(journal, storage);
                            break;
                        }
                        journal.sync();
                        synced.addAll(pending);
                        pending.clear();
                    } else if (journal.room() > 300) {
                        String text = "r" + round + "." + life + "." + step;
                        long end = journal.append(SampleLog.bytes(text));
                        long length = SegmentFormat.recordBytes(text.length());
                        pending.add(new SampleLog.Written(end - length, end, text));
                    }
                }
                storage = storage.afterPowerCut(random);
            }
        }
    }

    private static final class PowerCut extends Error {
        private static final long serialVersionUID = 1;
    }

    /// Written, and not synced.
    private static void cutBeforeSync(Journal journal, MemoryStorage storage) {
        storage.beforeSync(
                () -> {
                    throw new PowerCut();
                });
        try {
            journal.sync();
        } catch (PowerCut cut) {
            assertThat(journal.failure()).isEmpty();
        }
    }

    private void expectNoticedAndRead(
            MemoryStorage damaged, List<SampleLog.Written> expected, String what) {
        List<Damage> seen = new ArrayList<>();
        List<SampleLog.Written> replayed =
                SampleLog.readAll(Journal.replay(damaged, SampleLog.ID, seen::add));
        if (!replayed.equals(expected) || seen.isEmpty()) {
            assertThat(replayed).as("replay, " + what).isEqualTo(expected);
            assertThat(seen).as("replay, " + what).isNotEmpty();
        }
        List<Damage> found = expectRead(damaged, expected);
        if (found.isEmpty()) {
            assertThat(found).as(what).isNotEmpty();
        }
    }

    /// Opens, reads, appends and reads again.
    private static List<Damage> expectRead(
            MemoryStorage damaged, List<SampleLog.Written> expected) {
        try (Journal journal = SampleLog.open(damaged)) {
            List<SampleLog.Written> read = SampleLog.readAll(journal.reader(0));
            if (!read.equals(expected)) {
                assertThat(read).isEqualTo(expected);
            }
            long end = journal.append(SampleLog.bytes("afterwards"));
            journal.sync();
            List<SampleLog.Written> more = SampleLog.readAll(journal.reader(0));
            if (more.size() != expected.size() + 1 || more.getLast().end() != end) {
                assertThat(more).hasSize(expected.size() + 1);
                assertThat(more.getLast().end()).isEqualTo(end);
            }
            return journal.damage();
        }
    }

    private String fileOf(SampleLog.Written record) {
        return names.stream()
                .filter(name -> SegmentFormat.startOf(name) < record.position())
                .toList()
                .getLast();
    }

    private static boolean anythingLeftOf(
            SampleLog.Written record, MemoryStorage storage, String name) {
        int from = (int) (record.position() - SegmentFormat.startOf(name));
        byte[] bytes = storage.get(name);
        for (int at = from; at < from + record.end() - record.position(); at++) {
            if (bytes[at] != 0) {
                return true;
            }
        }
        return false;
    }
}
