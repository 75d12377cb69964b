package mooring.metering.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import mooring.ids.BudgetId;
import mooring.ids.WalletId;
import mooring.inference.ModelId;
import mooring.inference.Usage;
import mooring.ledger.Hold;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.metering.Acceptance;
import mooring.metering.Ending;
import mooring.metering.Outcome;
import mooring.metering.Release;
import mooring.metering.Served;
import mooring.metering.Timeline;
import mooring.metering.UsageRecord;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OutcomeCodecTest {

    private static final HexFormat HEX = HexFormat.of();

    private final OutcomeCodec codec = new OutcomeCodec();

    @Property(tries = 2000)
    void everyOutcomeIsReadAsItWasWritten(@ForAll long seed) {
        Outcome outcome = Samples.anyOutcome(new Random(seed));

        byte[] bytes = OutcomeCodec.copy(codec.encode(outcome));

        assertThat(bytes.length).isLessThanOrEqualTo(OutcomeCodec.MAX_BYTES);
        assertThat(OutcomeCodec.decode(ByteBuffer.wrap(bytes)))
                .isEqualTo(new JournalRecord.Ended(outcome));
    }

    @Property(tries = 1000)
    void everyAdmissionIsReadAsItWasWritten(@ForAll long seed) {
        Acceptance acceptance = Samples.anyAcceptance(new Random(seed));

        byte[] bytes = OutcomeCodec.copy(codec.encode(acceptance));

        assertThat(OutcomeCodec.decode(ByteBuffer.wrap(bytes)))
                .isEqualTo(new JournalRecord.Accepted(acceptance));
    }

    /// A byte changed or cut off gives a record that says so, or another record; never a fault, and
    /// never bytes that would not be written so.
    @Property(tries = 2000)
    void damagedBytesAreReadAsDamagedOrAsWhatTheySay(@ForAll long seed) {
        Random random = new Random(seed);
        byte[] bytes = OutcomeCodec.copy(codec.encode(Samples.anyOutcome(random)));
        byte[] damaged = bytes.clone();
        damaged[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        byte[] cut = Arrays.copyOf(bytes, random.nextInt(bytes.length));

        assertThat(OutcomeCodec.decode(ByteBuffer.wrap(cut)))
                .isInstanceOf(JournalRecord.Unreadable.class);
        if (OutcomeCodec.decode(ByteBuffer.wrap(damaged)) instanceof JournalRecord.Ended ended) {
            assertThat(OutcomeCodec.copy(codec.encode(ended.outcome()))).isEqualTo(damaged);
        }
    }

    /// Whoever changes these bytes needs another version: journals outlive programs.
    @Test
    void theBytesOfVersionOneStayAsTheyAre() {
        Acceptance plain = Samples.acceptance(7);
        Acceptance acceptance =
                new Acceptance(
                        plain.id(),
                        plain.organization(),
                        plain.project(),
                        plain.key(),
                        plain.model(),
                        plain.tier(),
                        new Hold(
                                plain.id(),
                                plain.hold().wallet(),
                                List.of(
                                        new Purse.OfBudget(
                                                new BudgetId(new UUID(7, 7)),
                                                LocalDate.of(2026, 11, 1))),
                                Samples.usd(5_000)),
                        plain.priceVersion(),
                        "abc",
                        plain.admittedAt(),
                        true,
                        plain.node());
        TreeMap<String, Long> calls = new TreeMap<>();
        calls.put("web_search", 2L);
        UsageRecord record =
                new UsageRecord(
                        acceptance,
                        acceptance.hold().withAmount(Samples.usd(6_000)),
                        Samples.NOON.plusNanos(123_456_000),
                        Ending.LENGTH,
                        true,
                        new Usage(1, 2, 3, 4, 300, 6),
                        calls,
                        Samples.usd(4_321),
                        new Served("engine-1", 2, new Timeline(1, 2, 3, 4, 5, -1)));

        assertThat(HEX.formatHex(OutcomeCodec.copy(codec.encode(acceptance))))
                .isEqualTo(
                        "0101019200000000700700000000000000010300000000000000020000000000"
                                + "0000020000000000000003000000000000000300000000000000040000000000"
                                + "000004076b696d692d6b32010000000000000005000000000000000501000000"
                                + "00000000070000000000000007acc402555344904e0000000000000006000000"
                                + "00000000060361626380e596b00d00066e6f64652d3102");
        assertThat(HEX.formatHex(OutcomeCodec.copy(codec.encode(record))))
                .isEqualTo(
                        "0102019200000000700700000000000000010300000000000000020000000000"
                                + "0000020000000000000003000000000000000300000000000000040000000000"
                                + "000004076b696d692d6b32010000000000000005000000000000000501000000"
                                + "00000000070000000000000007acc402555344904e0000000000000006000000"
                                + "00000000060361626380e596b00d00066e6f64652d310201555344e05d020102"
                                + "0304ac0206010a7765625f73656172636804555344c24380e596b00d8094ef3a"
                                + "0108656e67696e652d3102020406080a01");
        assertThat(
                        HEX.formatHex(
                                OutcomeCodec.copy(
                                        codec.encode(
                                                new Release(
                                                        plain,
                                                        Samples.NOON,
                                                        "engine_failed",
                                                        Served.NOWHERE)))))
                .isEqualTo(
                        "0103019200000000700700000000000000010100000000000000020000000000"
                                + "0000020000000000000003000000000000000300000000000000040000000000"
                                + "000004076b696d692d6b32010000000000000005000000000000000500555344"
                                + "904e0000000000000006000000000000000680e596b00d00066e6f64652d3102"
                                + "010d656e67696e655f6661696c656480e596b00d000000010101010101");
    }

    @Test
    void aRecordOfALaterVersionTellsWhoseItIsAndThatItEnds() {
        Outcome outcome = Samples.settled(Samples.acceptance(1));
        byte[] bytes = OutcomeCodec.copy(codec.encode(outcome));
        bytes[0] = 2;

        assertThat(OutcomeCodec.decode(ByteBuffer.wrap(bytes)))
                .isEqualTo(
                        new JournalRecord.Unreadable(
                                outcome.id(), true, "record of version 2 (expected: 1)"));
    }

    @Test
    void bytesBehindTheEndAreRefused() {
        byte[] bytes = OutcomeCodec.copy(codec.encode(Samples.acceptance(1)));
        byte[] longer = Arrays.copyOf(bytes, bytes.length + 2);

        assertThat(OutcomeCodec.decode(ByteBuffer.wrap(longer)))
                .isEqualTo(
                        new JournalRecord.Unreadable(
                                Samples.acceptance(1).id(),
                                false,
                                "2 bytes behind the end (expected: none)"));
    }

    @Test
    void theLargestRecordFits() {
        List<Purse.OfBudget> budgets = new ArrayList<>();
        for (int each = 0; each < OutcomeCodec.MAX_BUDGETS; each++) {
            budgets.add(new Purse.OfBudget(new BudgetId(new UUID(each, each)), LocalDate.MAX));
        }
        Acceptance plain = Samples.acceptance(1);
        Hold hold =
                new Hold(plain.id(), plain.hold().wallet(), budgets, Samples.usd(Long.MIN_VALUE));
        Acceptance acceptance =
                new Acceptance(
                        plain.id(),
                        plain.organization(),
                        plain.project(),
                        plain.key(),
                        new ModelId("m".repeat(OutcomeCodec.MAX_MODEL_BYTES)),
                        plain.tier(),
                        hold,
                        plain.priceVersion(),
                        "c".repeat(OutcomeCodec.MAX_CLIENT_REQUEST_ID_BYTES),
                        Instant.MAX,
                        true,
                        new NodeEpoch("n".repeat(OutcomeCodec.MAX_NODE_BYTES), Long.MIN_VALUE));
        TreeMap<String, Long> calls = new TreeMap<>();
        for (int each = 0; each < OutcomeCodec.MAX_CALLS; each++) {
            calls.put(("%0" + OutcomeCodec.MAX_CALL_BYTES + "d").formatted(each), Long.MIN_VALUE);
        }
        Outcome outcome =
                new UsageRecord(
                        acceptance,
                        new Hold(
                                plain.id(),
                                new WalletId(new UUID(9, 9)),
                                budgets,
                                Samples.usd(Long.MIN_VALUE)),
                        Instant.MIN,
                        Ending.STOP,
                        true,
                        new Usage(
                                Long.MAX_VALUE,
                                Long.MAX_VALUE,
                                Long.MAX_VALUE,
                                Long.MAX_VALUE,
                                Long.MAX_VALUE,
                                Long.MAX_VALUE),
                        calls,
                        Samples.usd(Long.MIN_VALUE),
                        new Served(
                                "r".repeat(OutcomeCodec.MAX_REPLICA_BYTES),
                                Integer.MAX_VALUE,
                                new Timeline(
                                        Long.MIN_VALUE,
                                        Long.MIN_VALUE,
                                        Long.MIN_VALUE,
                                        Long.MIN_VALUE,
                                        Long.MIN_VALUE,
                                        Long.MIN_VALUE)));

        byte[] bytes = OutcomeCodec.copy(codec.encode(outcome));

        assertThat(OutcomeCodec.decode(ByteBuffer.wrap(bytes)))
                .isEqualTo(new JournalRecord.Ended(outcome));
    }

    @Test
    void aTextThatDecidesIsRefusedBeyondItsBoundAndOneThatDescribesIsCut() {
        Acceptance plain = Samples.acceptance(1);

        assertThatThrownBy(() -> codec.encode(named(plain, "m".repeat(257), null)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("model: 257 bytes (expected: at most 256)");
        String id = "x" + "é".repeat(256);
        JournalRecord read = OutcomeCodec.decode(codec.encode(named(plain, "m", id)));
        assertThat(read)
                .isEqualTo(new JournalRecord.Accepted(named(plain, "m", "x" + "é".repeat(255))));
    }

    private static Acceptance named(Acceptance plain, String model, @Nullable String id) {
        return new Acceptance(
                plain.id(),
                plain.organization(),
                plain.project(),
                plain.key(),
                new ModelId(model),
                plain.tier(),
                plain.hold(),
                plain.priceVersion(),
                id,
                plain.admittedAt(),
                plain.streamed(),
                plain.node());
    }
}
