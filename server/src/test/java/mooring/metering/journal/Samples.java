package mooring.metering.journal;

import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.random.RandomGenerator;
import mooring.ids.BudgetId;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.PriceVersionId;
import mooring.ids.ProjectId;
import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
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
import mooring.money.Currency;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// Requests and their ends, plain ones and any.
final class Samples {

    static final NodeEpoch FIRST_LIFE = new NodeEpoch("node-1", 1);
    static final NodeEpoch SECOND_LIFE = new NodeEpoch("node-1", 2);
    static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

    private static final String LETTERS = "abcXYZ019-_./ éß中文🙂";

    private Samples() {}

    static Acceptance acceptance(long number) {
        return acceptance(number, true, FIRST_LIFE);
    }

    static Acceptance acceptance(long number, boolean streamed, NodeEpoch node) {
        RequestId id = new RequestId(new UUID(0x0192_0000_0000_7000L + number, 1));
        return new Acceptance(
                id,
                new OrganizationId(new UUID(2, 2)),
                new ProjectId(new UUID(3, 3)),
                new KeyId(new UUID(4, 4)),
                new ModelId("kimi-k2"),
                ServiceTier.STANDARD,
                new Hold(id, new WalletId(new UUID(5, 5)), usd(5_000)),
                new PriceVersionId(new UUID(6, 6)),
                null,
                NOON,
                streamed,
                node);
    }

    static UsageRecord settled(Acceptance acceptance) {
        return settled(acceptance, new Usage(10, 0, 0, 0, 20, 0));
    }

    static UsageRecord settled(Acceptance acceptance, Usage usage) {
        return new UsageRecord(
                acceptance,
                acceptance.hold(),
                NOON.plusSeconds(2),
                Ending.STOP,
                false,
                usage,
                UsageRecord.NO_CALLS,
                price(usage),
                new Served("engine-1", 1, new Timeline(10, 20, 30, 40, 50, 60)));
    }

    static Release released(Acceptance acceptance) {
        return new Release(acceptance, NOON.plusSeconds(1), "engine_failed", Served.NOWHERE);
    }

    /// A nano for each token.
    static Money price(Usage usage) {
        return usd(usage.total());
    }

    static Money usd(long nanos) {
        return new Money(nanos, Currency.USD);
    }

    static Outcome anyOutcome(RandomGenerator random) {
        Acceptance acceptance = anyAcceptance(random);
        if (random.nextInt(4) == 0) {
            return new Release(
                    acceptance,
                    anyInstant(random),
                    orNull(random, OutcomeCodec.MAX_PROBLEM_BYTES),
                    anyServed(random));
        }
        Hold hold = acceptance.hold().withAmount(anyMoney(random));
        if (random.nextInt(3) == 0) {
            hold = anyHold(random, acceptance.id());
        }
        long output = anyCount(random);
        TreeMap<String, Long> calls = new TreeMap<>();
        for (int left = random.nextInt(4); left > 0; left--) {
            calls.put(anyText(random, OutcomeCodec.MAX_CALL_BYTES), random.nextLong());
        }
        return new UsageRecord(
                acceptance,
                hold,
                anyInstant(random),
                any(random, List.of(Ending.values())),
                random.nextBoolean(),
                new Usage(
                        anyCount(random),
                        anyCount(random),
                        anyCount(random),
                        anyCount(random),
                        output,
                        output == 0 ? 0 : random.nextLong(output)),
                calls,
                anyMoney(random),
                anyServed(random));
    }

    static Acceptance anyAcceptance(RandomGenerator random) {
        RequestId id = new RequestId(anyUuid(random));
        return new Acceptance(
                id,
                new OrganizationId(anyUuid(random)),
                new ProjectId(anyUuid(random)),
                new KeyId(anyUuid(random)),
                new ModelId(anyText(random, OutcomeCodec.MAX_MODEL_BYTES)),
                any(random, List.of(ServiceTier.values())),
                anyHold(random, id),
                new PriceVersionId(anyUuid(random)),
                orNull(random, OutcomeCodec.MAX_CLIENT_REQUEST_ID_BYTES),
                anyInstant(random),
                random.nextBoolean(),
                new NodeEpoch(anyText(random, OutcomeCodec.MAX_NODE_BYTES), anyNumber(random)));
    }

    private static Hold anyHold(RandomGenerator random, RequestId id) {
        List<Purse.OfBudget> budgets = new ArrayList<>();
        for (int left = random.nextInt(5); left > 0; left--) {
            budgets.add(
                    new Purse.OfBudget(
                            new BudgetId(anyUuid(random)),
                            LocalDate.ofEpochDay(random.nextInt(-1000, 40_000))));
        }
        return new Hold(id, new WalletId(anyUuid(random)), budgets, anyMoney(random));
    }

    private static Served anyServed(RandomGenerator random) {
        return new Served(
                orNull(random, OutcomeCodec.MAX_REPLICA_BYTES),
                random.nextInt(Integer.MAX_VALUE),
                new Timeline(
                        anyNumber(random),
                        anyNumber(random),
                        anyNumber(random),
                        anyNumber(random),
                        anyNumber(random),
                        anyNumber(random)));
    }

    private static Money anyMoney(RandomGenerator random) {
        return new Money(
                anyNumber(random), random.nextInt(3) == 0 ? new Currency("NZD") : Currency.USD);
    }

    private static Instant anyInstant(RandomGenerator random) {
        return Instant.ofEpochSecond(
                random.nextLong(-10_000_000_000L, 10_000_000_000L), random.nextInt(1_000_000_000));
    }

    private static <T> T any(RandomGenerator random, List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private static UUID anyUuid(RandomGenerator random) {
        return new UUID(random.nextLong(), random.nextLong());
    }

    private static long anyCount(RandomGenerator random) {
        return random.nextLong() >>> random.nextInt(1, 64);
    }

    private static long anyNumber(RandomGenerator random) {
        return random.nextLong() >> random.nextInt(64);
    }

    private static @Nullable String orNull(RandomGenerator random, int maxBytes) {
        return random.nextBoolean() ? null : anyText(random, maxBytes);
    }

    /// Up to a quarter of the bytes in characters, because one takes at most four.
    private static String anyText(RandomGenerator random, int maxBytes) {
        int[] points = LETTERS.codePoints().toArray();
        StringBuilder text = new StringBuilder();
        for (int left = random.nextInt(maxBytes / 4 + 1); left > 0; left--) {
            text.appendCodePoint(points[random.nextInt(points.length)]);
        }
        return text.toString();
    }
}
