package mooring.ledger.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.LotKind;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Together;
import mooring.ledger.Wallets;
import mooring.metering.Outcome;
import mooring.metering.UsageBooks.Booking;
import mooring.sql.SqlFaults;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Money under many hands at once.
class LedgerRacesTest {

    private static LedgerWorld world;

    @BeforeAll
    static void open() {
        world = new LedgerWorld();
    }

    @AfterAll
    static void close() {
        world.close();
    }

    @AfterEach
    void theLedgerVerifies() {
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void oneIdempotencyKeyFromTwentyThreadsCreditsOnce() {
        Customer customer = world.customer("credited");
        List<Wallets.Credited> credits =
                Together.run(
                        20,
                        _ ->
                                () ->
                                        world.wallets.credit(
                                                customer.organization().id(),
                                                world.money("5"),
                                                Wallets.Source.PAID,
                                                "bank transfer",
                                                "invoice 7"));
        assertThat(credits).filteredOn(credit -> !credit.replayed()).hasSize(1);
        assertThat(credits.stream().map(Wallets.Credited::transfer).distinct()).hasSize(1);
        assertThat(world.balance(customer).posted()).isEqualTo(world.money("5"));
    }

    @Test
    void oneWalletUnderManyNodesIsNeverSpentTwice() { // B23
        Customer customer = world.customer("one wallet", "1");
        List<Long> paid =
                Together.run(
                        8,
                        thread ->
                                () -> {
                                    NodeEpoch node = world.begin("racing-" + thread);
                                    long sum = 0;
                                    for (int i = 0; i < 20; i++) {
                                        world.lease(
                                                node,
                                                customer.principal().wallet(),
                                                world.money("0.005"));
                                        Outcome record =
                                                world.record(customer, node, "0.005", 8_000);
                                        sum += paid(bookPatiently(List.of(record)));
                                    }
                                    world.closeLease(node, customer.principal().wallet());
                                    return sum;
                                });
        long all = paid.stream().mapToLong(Long::longValue).sum();
        assertThat(all).isEqualTo(1_000_000_000L);
        assertThat(world.balance(customer).posted()).isEqualTo(world.money("0"));
        assertThat(world.balance(customer).held()).isEqualTo(world.money("0"));
    }

    @Test
    void creditsChargeBacksExpiryAndUsageMeetOnTheSameWallets() {
        List<Customer> customers =
                IntStream.range(0, 5).mapToObj(i -> world.customer("busy " + i, "1")).toList();
        Together.run(
                8,
                thread ->
                        () -> {
                            Random random = new Random(thread);
                            for (int i = 0; i < 25; i++) {
                                step(customers, random);
                            }
                            return thread;
                        });
        for (Customer customer : customers) {
            world.closeLease(world.node, customer.principal().wallet());
            assertThat(world.balance(customer).held()).isEqualTo(world.money("0"));
        }
    }

    private static void step(List<Customer> customers, Random random) {
        Customer customer = customers.get(random.nextInt(customers.size()));
        switch (random.nextInt(5)) {
            case 0 ->
                    patiently(
                            () ->
                                    world.grant(
                                            customer,
                                            new LotGrant(
                                                    LotKind.PROMOTIONAL,
                                                    world.money("0.01"),
                                                    world.clock.now().plusMillis(50),
                                                    TransferNote.NONE)));
            case 1 -> patiently(() -> world.chargeBack(customer, world.money("0.02")));
            case 2 -> patiently(() -> new LotExpiry(world.jdbi, world.ids).run(world.clock.now()));
            case 3 ->
                    patiently(
                            () ->
                                    world.lease(
                                            world.node,
                                            customer.principal().wallet(),
                                            world.money("0.01")));
            default -> {
                List<Outcome> outcomes = new ArrayList<>();
                for (int i = 0; i < 10; i++) {
                    Customer one = customers.get(random.nextInt(customers.size()));
                    outcomes.add(world.record(one, world.node, "0.001", random.nextInt(2_000)));
                }
                bookPatiently(outcomes);
            }
        }
    }

    private static long paid(List<Booking> bookings) {
        return ((Booking.Settled) bookings.getFirst()).settlement().payable().nanos();
    }

    private static List<Booking> bookPatiently(List<Outcome> outcomes) {
        List<Booking> booked = new ArrayList<>();
        patiently(() -> booked.addAll(world.books.book(outcomes)));
        return booked;
    }

    /// As the drain does: a fault that passes is met with another try.
    private static void patiently(Runnable work) {
        for (int attempt = 1; ; attempt++) {
            try {
                work.run();
                return;
            } catch (RuntimeException e) {
                if (attempt == 20 || !SqlFaults.transientFault(e)) {
                    throw e;
                }
            }
        }
    }
}
