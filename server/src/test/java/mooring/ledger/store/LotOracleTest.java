package mooring.ledger.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import mooring.ids.WalletId;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.LotKind;
import mooring.ledger.NodeEpoch;
import mooring.metering.UsageBooks.Booking;
import mooring.metering.UsageRecord;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The books against plain arithmetic, over random orders of everything that moves money.
class LotOracleTest {

    private static final int OPERATIONS = 200;
    private static final List<LotKind> KINDS = List.of(LotKind.values());
    private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

    private static final class Part {
        final LotKind kind;
        final @Nullable Instant end;
        final int number;
        long remaining;

        Part(LotKind kind, @Nullable Instant end, int number, long remaining) {
            this.kind = kind;
            this.end = end;
            this.number = number;
            this.remaining = remaining;
        }
    }

    /// One wallet as it must be, in nano units.
    private static final class Oracle {
        final List<Part> lots = new ArrayList<>();
        final Map<NodeEpoch, Long> leases = new HashMap<>();
        long debt;

        long posted() {
            return lots.stream().mapToLong(lot -> lot.remaining).sum() - debt;
        }

        long held() {
            return leases.values().stream().mapToLong(Long::longValue).sum();
        }

        long available() {
            return Math.max(0, posted() - held());
        }

        void grant(LotKind kind, @Nullable Instant end, long amount) {
            long paid = Math.min(debt, amount);
            debt -= paid;
            lots.add(new Part(kind, end, lots.size(), amount - paid));
        }

        void spend(long amount, boolean paidFirst) {
            lots.sort(
                    Comparator.comparingInt((Part lot) -> lot.kind.priority())
                            .thenComparing(
                                    lot -> lot.end, Comparator.nullsLast(Comparator.naturalOrder()))
                            .thenComparingInt(lot -> lot.number));
            long left = amount;
            for (boolean paid : paidFirst ? new boolean[] {true, false} : new boolean[] {false}) {
                for (Part lot : lots) {
                    if (!paid || lot.kind == LotKind.PAID) {
                        long part = Math.min(left, lot.remaining);
                        lot.remaining -= part;
                        left -= part;
                    }
                }
            }
            debt += left;
        }

        /// What is paid of a charge.
        long settle(NodeEpoch node, long charge, long hold) {
            long drawn = Math.min(Math.min(charge, hold), leases.getOrDefault(node, 0L));
            long more = Math.min(charge - drawn, available());
            leases.merge(node, -drawn, Long::sum);
            spend(drawn + more, false);
            return drawn + more;
        }

        void expire(Instant now) {
            for (Part lot : lots) {
                if (lot.end != null && !lot.end.isAfter(now)) {
                    lot.remaining -= Math.min(lot.remaining, available());
                }
            }
        }

        Map<LotKind, Long> byKind() {
            Map<LotKind, Long> sums = new EnumMap<>(LotKind.class);
            for (Part lot : lots) {
                if (lot.remaining > 0) {
                    sums.merge(lot.kind, lot.remaining, Long::sum);
                }
            }
            return sums;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void anyOrderOfOperationsGivesWhatPlainArithmeticGives(long seed) {
        Random random = new Random(seed);
        try (LedgerWorld world = new LedgerWorld()) {
            NodeEpoch[] nodes = {world.node, world.begin("node-b")};
            Customer customer = world.customer("kea");
            WalletId wallet = customer.principal().wallet();
            Oracle oracle = new Oracle();
            List<UsageRecord> booked = new ArrayList<>();
            Instant now = START;
            for (int i = 0; i < OPERATIONS; i++) {
                NodeEpoch node = nodes[random.nextInt(2)];
                long amount = random.nextLong(1, 60_000) * 1_000;
                Money money = new Money(amount, world.currency());
                switch (random.nextInt(12)) {
                    case 0, 1 -> {
                        LotKind kind = KINDS.get(random.nextInt(3));
                        Instant end =
                                random.nextBoolean()
                                        ? null
                                        : now.plus(Duration.ofHours(1 + random.nextInt(48)));
                        world.grant(customer, new LotGrant(kind, money, end, TransferNote.NONE));
                        oracle.grant(kind, end, amount);
                    }
                    case 2, 3 -> {
                        boolean granted = world.lease(node, wallet, money);
                        assertThat(granted).isEqualTo(oracle.available() >= amount);
                        if (granted) {
                            oracle.leases.merge(node, amount, Long::sum);
                        }
                    }
                    case 4 -> {
                        if (random.nextInt(3) == 0) {
                            world.closeLease(node, wallet);
                            oracle.leases.remove(node);
                        }
                    }
                    case 5 -> {
                        if (random.nextInt(3) == 0) {
                            world.chargeBack(customer, money);
                            oracle.spend(amount, true);
                        }
                    }
                    case 6 -> {
                        now = now.plus(Duration.ofHours(random.nextInt(12)));
                        new LotExpiry(world.jdbi, world.ids).run(now);
                        expire(oracle, now);
                    }
                    case 7 -> {
                        if (!booked.isEmpty()) {
                            assertThat(world.book(booked.get(random.nextInt(booked.size()))))
                                    .isEqualTo(new Booking.Repeated());
                        }
                    }
                    default -> {
                        long charge = random.nextLong(30_000);
                        String hold = new Money(amount / 3_000 * 1_000, world.currency()).text();
                        UsageRecord record = world.record(customer, node, hold, charge);
                        long paid =
                                oracle.settle(
                                        node,
                                        record.charge().nanos(),
                                        record.hold().amount().nanos());
                        assertThat(world.book(record))
                                .isInstanceOfSatisfying(
                                        Booking.Settled.class,
                                        settled ->
                                                assertThat(settled.settlement().payable().nanos())
                                                        .isEqualTo(paid));
                        booked.add(record);
                    }
                }
                assertThat(world.balance(customer).posted().nanos()).isEqualTo(oracle.posted());
                assertThat(world.balance(customer).held().nanos()).isEqualTo(oracle.held());
                assertThat(lots(world)).isEqualTo(oracle.byKind());
            }
            assertThat(world.findings()).isEmpty();
        }
    }

    /// Lots that end are taken in the order in which they would be drawn.
    private static void expire(Oracle oracle, Instant now) {
        oracle.spend(0, false);
        oracle.expire(now);
    }

    private static Map<LotKind, Long> lots(LedgerWorld world) {
        return world.jdbi.withHandle(
                handle ->
                        handle
                                .createQuery(
                                        """
                                        SELECT kind, sum(remaining) AS remaining FROM credit_lot
                                        WHERE open GROUP BY kind
                                        """)
                                .map(
                                        (row, _) ->
                                                Map.entry(
                                                        LotKind.of(row.getString("kind")),
                                                        row.getLong("remaining")))
                                .stream()
                                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
    }
}
