package mooring.ledger.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import mooring.ids.OrganizationId;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.LotKind;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Together;
import mooring.ledger.VoucherCode;
import mooring.ledger.Wallets;
import mooring.limits.Subject;
import mooring.limits.store.PostgresOwnLimits;
import mooring.metering.Outcome;
import mooring.metering.UsageBooks.Booking;
import mooring.problem.LimitKind;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.sql.SqlFaults;
import mooring.testing.Await;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Money under many hands at once.
class LedgerRacesTest {

    private static final List<ZoneId> ZONES =
            List.of(ZoneId.of("Pacific/Auckland"), ZoneId.of("Asia/Shanghai"));

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
                                                LotKind.PAID,
                                                "bank transfer",
                                                "invoice 7"));
        assertThat(credits).filteredOn(credit -> !credit.replayed()).hasSize(1);
        assertThat(credits.stream().map(Wallets.Credited::transfer).distinct()).hasSize(1);
        assertThat(world.balance(customer).posted()).isEqualTo(world.money("5"));
    }

    @Test
    void whoeverChangesAnOrganizationWaitsForTheOthersAndNobodyIsSentAway() {
        Customer customer = world.customer("changed");
        OrganizationId id = customer.organization().id();
        PostgresOwnLimits limits = new PostgresOwnLimits(world.jdbi);
        Together.run(
                12,
                thread ->
                        () -> {
                            for (int i = 0; i < 25; i++) {
                                switch (thread % 4) {
                                    case 0 ->
                                            world.wallets.credit(
                                                    id,
                                                    world.money("1"),
                                                    LotKind.PAID,
                                                    "top-up",
                                                    thread + "-" + i);
                                    case 1 -> world.organizations.changeZone(id, ZONES.get(i % 2));
                                    case 2 -> limits.giveTier(id, "tier-" + i);
                                    default ->
                                            limits.set(
                                                    id,
                                                    Subject.of(id),
                                                    Map.of(LimitKind.RPM, 100L + i));
                                }
                            }
                            return thread;
                        });
        assertThat(world.balance(customer).posted()).isEqualTo(world.money("75"));
    }

    @Test
    void b23OneWalletUnderManyNodesIsNeverSpentTwice() {
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
    void b7OneLotUnderManyNodesIsSpentOnce() {
        Customer customer = world.customer("one gift", "1");
        world.credit(customer, "0.5", LotKind.PROMOTIONAL);
        Together.run(
                8,
                thread ->
                        () -> {
                            NodeEpoch node = world.begin("giving-" + thread);
                            for (int i = 0; i < 20; i++) {
                                bookPatiently(
                                        List.of(world.record(customer, node, "0.005", 8_000)));
                            }
                            return thread;
                        });
        // 160 charges of 0.008: the gift first, all of it, and the rest from what was paid.
        assertThat(world.balance(customer).posted()).isEqualTo(world.money("0.22"));
        assertThat(world.balance(customer).promotional()).isEqualTo(world.money("0"));
    }

    /// Both come upon a locked wallet with enough money for one; whoever is second pays from what
    /// is there when its turn comes, not from what was there when it asked.
    @Test
    void b8WhoWaitsForAWalletPaysFromWhatIsLeftThen() {
        Customer customer = world.customer("waited for", "1");
        Outcome one = world.record(customer, world.noHold(customer), 700_000);
        Outcome other = world.record(customer, world.noHold(customer), 700_000);
        List<Future<List<Booking>>> waiting = new ArrayList<>();
        world.jdbi.useTransaction(
                handle -> {
                    handle.createQuery(
                                    "SELECT posted FROM wallet_balance WHERE wallet_id = :wallet"
                                            + " FOR UPDATE")
                            .bind("wallet", customer.principal().wallet().uuid())
                            .mapTo(Long.class)
                            .one();
                    for (Outcome outcome : List.of(one, other)) {
                        waiting.add(
                                world.virtualThreads.submit(() -> bookPatiently(List.of(outcome))));
                    }
                    Await.until("both wait", LedgerWorld.PATIENCE, () -> waitingForLocks() == 2);
                });

        List<Long> paid = waiting.stream().map(booked -> paid(result(booked))).sorted().toList();

        assertThat(paid).containsExactly(300_000_000L, 700_000_000L);
        assertThat(world.balance(customer).posted()).isEqualTo(world.money("0"));
    }

    /// Asked inside a transaction, which would otherwise see the same picture every time.
    private static long waitingForLocks() {
        return world.jdbi.withHandle(
                handle -> {
                    handle.execute("SELECT pg_stat_clear_snapshot()");
                    return handle.createQuery(
                                    """
                                    SELECT count(*) FROM pg_stat_activity
                                    WHERE datname = current_database()
                                        AND wait_event_type = 'Lock'
                                    """)
                            .mapTo(Long.class)
                            .one();
                });
    }

    private static <T> T result(Future<T> future) {
        try {
            return future.get(LedgerWorld.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void creditsVouchersChargeBacksExpiryAndUsageMeetOnTheSameWallets() {
        List<Customer> customers =
                IntStream.range(0, 5).mapToObj(i -> world.customer("busy " + i, "1")).toList();
        VoucherCode code =
                VoucherTerms.of(world, "0.01")
                        .times(20)
                        .oftenPerOrganization()
                        .make(world)
                        .getFirst();
        Together.run(
                8,
                thread ->
                        () -> {
                            Random random = new Random(thread);
                            for (int i = 0; i < 25; i++) {
                                step(customers, code, random);
                            }
                            return thread;
                        });
        assertThat(world.vouchers.list(null, 10).getFirst().redemptions()).isEqualTo(20);
        for (Customer customer : customers) {
            world.closeLease(world.node, customer.principal().wallet());
            assertThat(world.balance(customer).held()).isEqualTo(world.money("0"));
        }
    }

    private static void step(List<Customer> customers, VoucherCode code, Random random) {
        Customer customer = customers.get(random.nextInt(customers.size()));
        switch (random.nextInt(6)) {
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
            case 4 -> redeem(customer, code);
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

    private static void redeem(Customer customer, VoucherCode code) {
        patiently(
                () -> {
                    try {
                        world.vouchers.redeem(customer.organization().id(), code.reveal(), null);
                    } catch (ProblemException e) {
                        if (!(e.problem() instanceof Problem.Conflict)) {
                            throw e;
                        }
                    }
                });
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
