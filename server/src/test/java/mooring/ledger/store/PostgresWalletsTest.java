package mooring.ledger.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import mooring.ids.OrganizationId;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.LotKind;
import mooring.ledger.Together;
import mooring.ledger.Wallets.ChargedBack;
import mooring.ledger.Wallets.Credited;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Credits that are refused, and what a transfer never allows.
class PostgresWalletsTest {

    private static LedgerWorld world;

    @BeforeAll
    static void open() {
        world = new LedgerWorld();
    }

    @AfterAll
    static void close() {
        world.close();
    }

    @Test
    void aCreditThatCannotBeBookedIsRefusedAndMovesNothing() {
        Customer customer = world.customer("refused", "1");
        OrganizationId id = customer.organization().id();
        Money five = world.money("5");
        refused(Problem.InvalidRequest.class, () -> credit(id, world.money("0"), "r", null));
        refused(Problem.InvalidRequest.class, () -> credit(id, world.money("-5"), "r", null));
        refused(Problem.InvalidRequest.class, () -> credit(id, five, "  ", null));
        refused(Problem.InvalidRequest.class, () -> credit(id, five, "r".repeat(501), null));
        refused(Problem.InvalidRequest.class, () -> credit(id, five, "r", ""));
        refused(
                Problem.InvalidRequest.class,
                () -> credit(id, Money.parse("5", new Currency("EUR")), "r", null));
        refused(
                Problem.InvalidRequest.class,
                () -> credit(id, new Money(Long.MAX_VALUE, Currency.USD), "r", null));
        refused(
                Problem.NotFound.class,
                () -> credit(new OrganizationId(world.ids.next()), five, "r", null));
        assertThat(world.balance(customer).posted()).isEqualTo(world.money("1"));
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void anIdempotencyKeyIsGoodForOneCreditOfItsWallet() {
        OrganizationId kea = world.customer("kea").organization().id();
        OrganizationId tui = world.customer("tui").organization().id();
        credit(kea, world.money("5"), "bank", "k1");
        assertThat(credit(kea, world.money("5"), "bank", "k1").replayed()).isTrue();
        refused(Problem.Conflict.class, () -> credit(kea, world.money("6"), "bank", "k1"));
        refused(Problem.Conflict.class, () -> credit(kea, world.money("5"), "other", "k1"));
        assertThat(credit(tui, world.money("6"), "bank", "k1").replayed()).isFalse();
        assertThat(world.wallets.balance(kea).orElseThrow().posted()).isEqualTo(world.money("5"));
    }

    @Test
    void b24APaymentReversedOnceIsTakenBackOnceHoweverOftenItIsTold() {
        Customer customer = world.customer("told often", "10");
        OrganizationId id = customer.organization().id();
        Money four = world.money("4");
        List<ChargedBack> taken =
                Together.run(
                        50, _ -> () -> world.wallets.chargeBack(id, four, "reversed", "case 9"));
        assertThat(taken).filteredOn(one -> !one.replayed()).hasSize(1);
        assertThat(taken.stream().map(ChargedBack::transfer).distinct()).hasSize(1);
        refused(
                Problem.Conflict.class,
                () -> world.wallets.chargeBack(id, world.money("5"), "reversed", "case 9"));
        refused(Problem.Conflict.class, () -> credit(id, four, "reversed", "case 9"));
        assertThat(world.balance(customer).posted()).isEqualTo(world.money("6"));
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void aChargeBackThatCannotBeBookedIsRefusedAndMovesNothing() {
        Customer customer = world.customer("not taken", "1");
        OrganizationId id = customer.organization().id();
        for (Money amount :
                List.of(
                        world.money("0"),
                        world.money("-5"),
                        Money.parse("5", new Currency("EUR")),
                        new Money(Long.MAX_VALUE, Currency.USD))) {
            refused(
                    Problem.InvalidRequest.class,
                    () -> {
                        world.wallets.chargeBack(id, amount, "r", null);
                        world.wallets.chargeBack(id, amount, "r", null);
                    });
        }
        refused(
                Problem.InvalidRequest.class,
                () -> world.wallets.chargeBack(id, world.money("1"), " ", null));
        refused(
                Problem.NotFound.class,
                () ->
                        world.wallets.chargeBack(
                                new OrganizationId(world.ids.next()), world.money("1"), "r", null));
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void b8TheDatabaseItselfRefusesAWalletBelowItsFloor() {
        Customer customer = world.customer("floored", "1");
        assertThatThrownBy(
                        () ->
                                world.jdbi.useHandle(
                                        handle ->
                                                handle.execute(
                                                        "UPDATE wallet_balance SET held = ?"
                                                                + " WHERE wallet_id = ?",
                                                        world.money("1").nanos() + 1,
                                                        customer.principal().wallet().uuid())))
                .hasMessageContaining("never_below_floor");
    }

    @Test
    void aTransferCanBeNeitherChangedNorDeleted() {
        world.customer("kept", "5");
        for (String statement :
                new String[] {
                    "UPDATE transfer SET amount = amount + 1",
                    "DELETE FROM transfer",
                    "TRUNCATE transfer",
                    "UPDATE settlement SET charge = 0",
                    "DELETE FROM settlement",
                    "UPDATE price_item SET nanos_per_million = 0",
                    "DELETE FROM price_item",
                    "UPDATE price_version SET effective_from = now()",
                    "DELETE FROM api_key"
                }) {
            assertThatThrownBy(() -> world.jdbi.useHandle(handle -> handle.execute(statement)))
                    .as(statement)
                    .hasMessageMatching("(?s).*(never change|published prices).*");
        }
    }

    private static Credited credit(
            OrganizationId organization, Money amount, String reason, @Nullable String key) {
        return world.wallets.credit(organization, amount, LotKind.PAID, reason, key);
    }

    private static void refused(Class<? extends Problem> problem, ThrowingCallable credit) {
        assertThatThrownBy(credit)
                .isInstanceOfSatisfying(
                        ProblemException.class, e -> assertThat(e.problem()).isInstanceOf(problem));
    }
}
