package mooring.ledger.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import mooring.ids.OrganizationId;
import mooring.ids.WalletId;
import mooring.ledger.Funds;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.LotKind;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Statements;
import mooring.ledger.VoucherCode;
import mooring.ledger.Wallets;
import mooring.money.Money;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// A wallet's life on a real database, checked after each step.
class WalletJourneyTest {

    private static LedgerWorld world;

    @BeforeAll
    static void open() {
        world = new LedgerWorld();
    }

    @AfterAll
    static void close() {
        world.close();
    }

    private static void shows(
            Customer customer, String available, String voucher, String cash, String posted) {
        OrganizationId id = customer.organization().id();
        Funds funds = world.balances.of(id).orElseThrow();
        assertThat(funds.available()).isEqualTo(world.money(available));
        assertThat(funds.voucher()).isEqualTo(world.money(voucher));
        assertThat(funds.cash()).isEqualTo(world.money(cash));
        assertThat(funds.posted()).isEqualTo(world.money(posted));
        List<Statements.Entry> entries = world.statements.transfers(id, null, 1_000);
        assertThat(sum(entries.stream().map(Statements.Entry::change).toList()))
                .isEqualTo(funds.posted());
        Money lots =
                sum(
                        world.statements.lots(id, true, null, 1_000).stream()
                                .map(Statements.Lot::remaining)
                                .toList());
        assertThat(lots).isEqualTo(funds.posted().negative() ? world.money("0") : funds.posted());
        assertThat(world.findings()).isEmpty();
    }

    private static Money sum(List<Money> amounts) {
        return amounts.stream().reduce(world.money("0"), Money::plus);
    }

    private static List<String> kinds(Customer customer) {
        return world.statements.transfers(customer.organization().id(), null, 1_000).stream()
                .map(Statements.Entry::kind)
                .toList()
                .reversed();
    }

    private static List<Map<String, Object>> events(Customer customer, String topic) {
        return world.jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT payload->>'kind' AS kind,
                                            coalesce(payload->>'amount', payload->>'remaining')
                                                AS amount
                                        FROM outbox WHERE key = :wallet AND topic = :topic
                                        ORDER BY seq
                                        """)
                                .bind("wallet", customer.principal().wallet().toString())
                                .bind("topic", topic)
                                .mapToMap()
                                .list());
    }

    @Test
    void fromVoucherToSpendingToExpiryToDebtToRepayment() {
        Customer kea = world.customer("kea");
        OrganizationId id = kea.organization().id();
        WalletId wallet = kea.principal().wallet();
        Instant now = Instant.now();
        shows(kea, "0", "0", "0", "0");

        VoucherCode code = VoucherTerms.of(world, "5").creditDays(30).make(world).getFirst();
        world.vouchers.redeem(id, code.reveal(), null);
        shows(kea, "5", "5", "0", "5");
        world.wallets.credit(id, world.money("10"), LotKind.PAID, "bank transfer", null);
        shows(kea, "15", "5", "10", "15");

        // Leased money is available until requests use it, as far as the other node has said.
        NodeEpoch other = world.begin("node-b");
        world.lease(other, wallet, world.money("2"));
        shows(kea, "15", "5", "10", "15");
        world.jdbi.useHandle(
                handle ->
                        handle.execute(
                                "UPDATE lease SET in_use = ? WHERE wallet_id = ?",
                                world.money("1").nanos(),
                                wallet.uuid()));
        shows(kea, "14", "4", "10", "15");
        world.book(world.record(kea, other, "2", 2_000_000));
        shows(kea, "13", "3", "10", "13");

        // What expires soon is announced once.
        ExpiryWarnings warnings = new ExpiryWarnings(world.jdbi, Duration.ofDays(7));
        assertThat(warnings.run(now)).isZero();
        assertThat(warnings.run(now.plus(Duration.ofDays(24)))).isEqualTo(1);
        assertThat(warnings.run(now.plus(Duration.ofDays(25)))).isZero();
        assertThat(events(kea, "wallet.expiring"))
                .containsExactly(Map.of("kind", "promotional", "amount", "3.00"));

        // It expires, as far as no lease has it.
        LotExpiry expiry = new LotExpiry(world.jdbi, world.ids);
        assertThat(expiry.run(now)).isEmpty();
        expiry.run(now.plus(Duration.ofDays(31)));
        shows(kea, "10", "0", "10", "10");
        assertThat(events(kea, "wallet.expired"))
                .containsExactly(Map.of("kind", "promotion_expired", "amount", "3.00"));

        // The bank takes back more than is left.
        Wallets.ChargedBack taken =
                world.wallets.chargeBack(id, world.money("12.5"), "card reversed", "cb-1");
        assertThat(taken.owed()).isEqualTo(world.money("2.5"));
        shows(kea, "0", "0", "-2.5", "-2.5");
        assertThat(world.wallets.chargeBack(id, world.money("12.5"), "card reversed", "cb-1"))
                .isEqualTo(
                        new Wallets.ChargedBack(
                                taken.transfer(), world.money("12.5"), world.money("2.5"), true));
        assertThat(world.lease(world.node, wallet, world.money("0.1"))).isFalse();

        // Later credit pays the debt first.
        world.wallets.credit(id, world.money("2"), LotKind.PAID, "first part", null);
        shows(kea, "0", "0", "-0.5", "-0.5");
        assertThat(world.lease(world.node, wallet, world.money("0.1"))).isFalse();
        VoucherCode second = VoucherTerms.of(world, "3").make(world).getFirst();
        assertThat(world.vouchers.redeem(id, second.reveal(), null).debtPaid())
                .isEqualTo(world.money("0.5"));
        shows(kea, "2.5", "2.5", "0", "2.5");
        assertThat(kinds(kea))
                .containsExactly(
                        "promotion",
                        "top_up",
                        "usage",
                        "promotion_expired",
                        "charge_back",
                        "debt",
                        "top_up",
                        "debt_paid",
                        "promotion",
                        "debt_paid");
    }

    @Test
    void aWalletWhoseExpiryFailsStopsNoOther() {
        Instant end = Instant.now().plus(Duration.ofHours(1));
        List<Customer> three =
                IntStream.range(0, 3).mapToObj(i -> world.customer("ending " + i)).toList();
        three.forEach(
                customer ->
                        world.wallets.credit(
                                customer.organization().id(),
                                new Wallets.Credit(
                                        world.money("1"), LotKind.PAID, 100, end, "short", null)));
        List<Customer> byWallet =
                three.stream()
                        .sorted(Comparator.comparing(one -> one.principal().wallet().toString()))
                        .toList();
        String poison = byWallet.get(0).principal().wallet().uuid().toString();
        world.jdbi.useHandle(
                handle ->
                        handle.execute(
                                """
                                CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql
                                AS $$ BEGIN RAISE EXCEPTION 'on purpose'; END $$;
                                CREATE TRIGGER poison BEFORE UPDATE ON wallet_balance
                                FOR EACH ROW WHEN (OLD.wallet_id = '%s')
                                EXECUTE FUNCTION poison()
                                """
                                        .formatted(poison)));
        LotExpiry expiry = new LotExpiry(world.jdbi, world.ids, 2);
        assertThatThrownBy(() -> expiry.run(end))
                .hasMessageContaining(byWallet.get(0).principal().wallet().toString())
                .hasStackTraceContaining("on purpose");
        shows(byWallet.get(0), "1", "0", "1", "1");
        shows(byWallet.get(1), "0", "0", "0", "0");
        shows(byWallet.get(2), "0", "0", "0", "0");

        world.jdbi.useHandle(handle -> handle.execute("DROP TRIGGER poison ON wallet_balance"));
        assertThat(expiry.run(end)).isEqualTo(Map.of(LotKind.PAID, world.money("1").nanos()));
        shows(byWallet.get(0), "0", "0", "0", "0");
    }

    @Test
    void creditByHandHasTheKindPriorityAndEndThatItWasGiven() {
        Customer tui = world.customer("tui");
        OrganizationId id = tui.organization().id();
        Instant end = Instant.now().plus(Duration.ofDays(90)).truncatedTo(Instants.KEPT);
        Wallets.Credit credit =
                new Wallets.Credit(world.money("4"), LotKind.ALLOWANCE, 7, end, "plan", "k");
        world.wallets.credit(id, credit);
        assertThat(world.wallets.credit(id, credit).replayed()).isTrue();
        assertThat(world.statements.lots(id, true, null, 10))
                .singleElement()
                .satisfies(
                        lot -> {
                            assertThat(lot.kind()).isEqualTo(LotKind.ALLOWANCE);
                            assertThat(lot.priority()).isEqualTo(7);
                            assertThat(lot.expiresAt()).isEqualTo(end);
                            assertThat(lot.remaining()).isEqualTo(world.money("4"));
                        });
        shows(tui, "4", "4", "0", "4");
    }

    @Test
    void lotsAndTransfersArePagedThroughWithoutGapOrRepeat() {
        Customer weka = world.customer("weka");
        OrganizationId id = weka.organization().id();
        for (int i = 1; i <= 5; i++) {
            world.credit(weka, i + "", LotKind.PAID);
        }
        List<Statements.Lot> lots = world.statements.lots(id, false, null, 100);
        List<Statements.Entry> entries = world.statements.transfers(id, null, 100);
        assertThat(lots).hasSize(5);
        assertThat(world.statements.lots(id, false, lots.get(1).id(), 2))
                .isEqualTo(lots.subList(2, 4));
        assertThat(entries)
                .extracting(Statements.Entry::change)
                .first()
                .isEqualTo(world.money("5"));
        assertThat(world.statements.transfers(id, entries.get(1).id(), 2))
                .isEqualTo(entries.subList(2, 4));
    }
}
