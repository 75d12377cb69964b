package mooring.ledger.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import mooring.ids.OrganizationId;
import mooring.ids.TransferId;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.LotKind;
import mooring.ledger.Together;
import mooring.ledger.VoucherCode;
import mooring.ledger.Vouchers;
import mooring.ledger.Vouchers.Redeemed;
import mooring.ledger.Vouchers.State;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Vouchers on a real database: what they credit, how often, and what is refused.
class PostgresVouchersTest {

    private static LedgerWorld world;

    @BeforeAll
    static void open() {
        world = new LedgerWorld();
    }

    @AfterEach
    void theBooksAreSound() {
        assertThat(world.findings()).isEmpty();
    }

    @AfterAll
    static void close() {
        world.close();
    }

    /// Time that passes when the test says so.
    private static final class SteppedClock implements Clock {
        private Instant now = Instant.parse("2027-03-01T12:00:00Z");

        void advance(Duration by) {
            now = now.plus(by);
        }

        @Override
        public Instant now() {
            return now;
        }

        @Override
        public long monotonicNanos() {
            return 0;
        }
    }

    private static Redeemed redeem(Customer customer, VoucherCode code) {
        return redeem(customer, code, null);
    }

    private static Redeemed redeem(Customer customer, VoucherCode code, @Nullable String key) {
        return world.vouchers.redeem(customer.organization().id(), code.reveal(), key);
    }

    private static Callable<Boolean> attempt(Customer customer, VoucherCode code) {
        return () -> {
            try {
                redeem(customer, code);
                return true;
            } catch (ProblemException e) {
                assertThat(e.problem()).isInstanceOf(Problem.Conflict.class);
                return false;
            }
        };
    }

    private static void refused(
            Class<? extends Problem> problem, String message, Callable<?> call) {
        assertThatThrownBy(call::call)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> {
                            assertThat(e.problem()).isInstanceOf(problem);
                            assertThat(e.problem().message()).matches("(?s)" + message);
                        });
    }

    private static VoucherCode one(VoucherTerms terms) {
        return terms.make(world).getFirst();
    }

    private static Money posted(Customer customer) {
        return world.balance(customer).posted();
    }

    private static long won(List<Boolean> attempts) {
        return attempts.stream().filter(won -> won).count();
    }

    @Test
    void b37AVoucherOfOneUseRedeemedBy100ParallelCallsCreditsOnce() {
        List<Customer> customers =
                List.of(world.customer("a"), world.customer("b"), world.customer("c"));
        VoucherCode code = one(VoucherTerms.of(world, "5").oftenPerOrganization());
        assertThat(won(Together.run(100, i -> attempt(customers.get(i % 3), code)))).isEqualTo(1);
        Money all =
                customers.stream()
                        .map(PostgresVouchersTest::posted)
                        .reduce(world.money("0"), Money::plus);
        assertThat(all).isEqualTo(world.money("5"));
    }

    @Test
    void g33OneOrganizationRedeemsAVoucherOfManyUsesOnceIn100ParallelCalls() {
        Customer customer = world.customer("impatient");
        VoucherCode code = one(VoucherTerms.of(world, "5").times(1_000));
        assertThat(won(Together.run(100, _ -> attempt(customer, code)))).isEqualTo(1);
        assertThat(posted(customer)).isEqualTo(world.money("5"));
    }

    @Test
    void b37AVoucherOfSevenUsesIsRedeemedBySevenOfFortyOrganizations() {
        List<Customer> customers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            customers.add(world.customer("of forty " + i));
        }
        VoucherCode code = one(VoucherTerms.of(world, "1").times(7));
        assertThat(won(Together.run(40, i -> attempt(customers.get(i), code)))).isEqualTo(7);
        assertThat(customers.stream().filter(c -> posted(c).positive())).hasSize(7);
    }

    @Test
    void theSameCallRepeatedWithItsKeyCreditsOnceAndAnswersTheSame() {
        Customer customer = world.customer("repeated");
        VoucherCode code = one(VoucherTerms.of(world, "5").times(1_000).oftenPerOrganization());
        List<TransferId> transfers =
                Together.run(20, _ -> () -> redeem(customer, code, "mine").transfer());
        assertThat(transfers.stream().distinct()).hasSize(1);
        assertThat(posted(customer)).isEqualTo(world.money("5"));
        assertThat(redeem(customer, code, "mine").replayed()).isTrue();
        assertThat(redeem(customer, code, "another").replayed()).isFalse();
        VoucherCode other = one(VoucherTerms.of(world, "5"));
        refused(
                Problem.Conflict.class,
                "idempotency_key: \"mine\" was used for another voucher .*",
                () -> redeem(customer, other, "mine"));
        assertThat(posted(customer)).isEqualTo(world.money("10"));
    }

    @Test
    void theSameCallRepeatedAtOnceAnswersTheSameEvenWhereAnotherCallWouldBeRefused() {
        for (int round = 0; round < 10; round++) {
            Customer customer = world.customer("repeated once " + round);
            VoucherCode code = one(VoucherTerms.of(world, "5").times(1_000));
            List<TransferId> transfers =
                    Together.run(8, _ -> () -> redeem(customer, code, "mine").transfer());
            assertThat(transfers.stream().distinct()).hasSize(1);
            assertThat(posted(customer)).isEqualTo(world.money("5"));
            refused(
                    Problem.Conflict.class,
                    ".* redeemed by this organization before .*",
                    () -> redeem(customer, code, "another"));
        }
    }

    @Test
    void aLostAnswerIsRepeatedEvenWhenTheVoucherIsUsedUpByThen() {
        Customer customer = world.customer("lost answer");
        VoucherCode code = one(VoucherTerms.of(world, "5"));
        Redeemed first = redeem(customer, code, "k");
        assertThat(redeem(customer, code, "k").transfer()).isEqualTo(first.transfer());
        refused(Problem.Conflict.class, ".* is used up.*", () -> redeem(customer, code, "k2"));
    }

    @Test
    void anOperatorsKeysAndARedeemersKeysAreApart() {
        Customer customer = world.customer("keys apart");
        redeem(customer, one(VoucherTerms.of(world, "5")), "starting-credit");
        world.wallets.credit(
                customer.organization().id(),
                world.money("1"),
                LotKind.PROMOTIONAL,
                "starting credit",
                "starting-credit");
        assertThat(posted(customer)).isEqualTo(world.money("6"));
    }

    @Test
    void aRefusedRedemptionSaysWhyAndMovesNothing() {
        Customer customer = world.customer("refused");
        VoucherCode twice = one(VoucherTerms.of(world, "1").times(5));
        redeem(customer, twice);
        refused(
                Problem.Conflict.class,
                "code: voucher vch_\\w+ was redeemed by this organization before \\(expected: once"
                        + " per organization\\)",
                () -> redeem(customer, twice));
        VoucherCode gone = one(VoucherTerms.of(world, "1"));
        redeem(world.customer("faster"), gone);
        refused(
                Problem.Conflict.class,
                "code: voucher vch_\\w+ is used up: redeemed 1 of 1 times \\(expected: .*",
                () -> redeem(customer, gone));
        VoucherCode revoked = one(VoucherTerms.of(world, "1"));
        Vouchers.Voucher last = world.vouchers.list(null, 1_000).getLast();
        assertThat(world.vouchers.revoke(last.id()).orElseThrow().state()).isEqualTo(State.REVOKED);
        assertThat(world.vouchers.revoke(last.id())).isEqualTo(world.vouchers.revoke(last.id()));
        refused(
                Problem.Conflict.class,
                "code: voucher " + last.id() + " was revoked at 2.*",
                () -> redeem(customer, revoked));
        VoucherCode euro = one(VoucherTerms.of(Money.parse("1", new Currency("EUR"))));
        refused(
                Problem.InvalidRequest.class,
                "code: voucher vch_\\w+ of EUR \\(expected: one of USD, the organization's.*",
                () -> redeem(customer, euro));
        VoucherCode unknown = VoucherCode.generate(new SecureRandom());
        refused(
                Problem.NotFound.class,
                "code: \"" + unknown.hint() + "…\" is no voucher here .*",
                () -> redeem(customer, unknown));
        refused(
                Problem.InvalidRequest.class,
                "code: \"hunter2\" \\(expected: a code such as .*",
                () -> world.vouchers.redeem(customer.organization().id(), "hunter2", null));
        refused(
                Problem.NotFound.class,
                "no organization .*",
                () ->
                        world.vouchers.redeem(
                                new OrganizationId(world.ids.next()), euro.reveal(), null));
        assertThat(posted(customer)).isEqualTo(world.money("1"));
    }

    @Test
    void aVoucherIsGoodUntilItsLastInstantAndItsCreditAsLongAsPromised() {
        SteppedClock clock = new SteppedClock();
        Vouchers vouchers = new PostgresVouchers(world.jdbi, clock, world.ids, new SecureRandom());
        Customer early = world.customer("early");
        Customer late = world.customer("late");
        Instant end = clock.now().plus(Duration.ofDays(3));
        VoucherCode code =
                VoucherTerms.of(world, "1").times(9).validUntil(end).make(vouchers).getFirst();
        VoucherCode bound = VoucherTerms.of(world, "1").creditUntil(end).make(vouchers).getFirst();
        VoucherCode days = VoucherTerms.of(world, "1").creditDays(30).make(vouchers).getFirst();
        clock.advance(Duration.ofDays(3).minusNanos(1_000));
        assertThat(vouchers.redeem(early.organization().id(), code.reveal(), null).expiresAt())
                .isNull();
        assertThat(vouchers.redeem(early.organization().id(), days.reveal(), null).expiresAt())
                .isEqualTo(clock.now().plus(Duration.ofDays(30)));
        clock.advance(Duration.ofNanos(1_000));
        refused(
                Problem.Conflict.class,
                "code: voucher vch_\\w+ expired at " + end + " .*",
                () -> vouchers.redeem(late.organization().id(), code.reveal(), null));
        refused(
                Problem.Conflict.class,
                "code: voucher vch_\\w+ expired at " + end + " .*",
                () -> vouchers.redeem(late.organization().id(), bound.reveal(), null));
        assertThat(posted(late)).isEqualTo(world.money("0"));
    }

    @Test
    void aVoucherPaysADebtFirst() {
        Customer customer = world.customer("owing", "2");
        world.wallets.chargeBack(customer.organization().id(), world.money("5"), "reversed", null);
        VoucherCode code = one(VoucherTerms.of(world, "4"));
        for (boolean replayed : new boolean[] {false, true}) {
            Redeemed redeemed = redeem(customer, code, "once");
            assertThat(redeemed.replayed()).isEqualTo(replayed);
            assertThat(redeemed.debtPaid()).isEqualTo(world.money("3"));
        }
        assertThat(posted(customer)).isEqualTo(world.money("1"));
        assertThat(world.balances.of(customer.organization().id()).orElseThrow().voucher())
                .isEqualTo(world.money("1"));
    }

    @Test
    void termsThatCannotBeKeptAreRefused() {
        long before = world.count("voucher");
        Vouchers.Terms good = VoucherTerms.of(world, "1").terms();
        for (Money amount : List.of(world.money("0"), world.money("-1"))) {
            badTerms("amount", VoucherTerms.of(amount), 1);
        }
        badTerms("kind", VoucherTerms.of(world, "1").kind(LotKind.PAID), 1);
        badTerms("max_redemptions", VoucherTerms.of(world, "1").times(0), 1);
        badTerms("credit_days", VoucherTerms.of(world, "1").creditDays(0), 1);
        badTerms("valid_until", VoucherTerms.of(world, "1").validUntil(Instant.EPOCH), 1);
        badTerms("credit_expires_at", VoucherTerms.of(world, "1").creditUntil(Instant.EPOCH), 1);
        badTerms("count", new VoucherTerms(good), 0);
        badTerms("count", new VoucherTerms(good), 1_001);
        assertThat(world.count("voucher")).isEqualTo(before);
    }

    private static void badTerms(String param, VoucherTerms terms, int count) {
        refused(
                Problem.InvalidRequest.class,
                param + ": .* \\(expected: .*",
                () -> world.vouchers.create(terms.terms(), count));
    }

    @Test
    void aVouchersTermsAndRedemptionsNeverChangeAndItsCodeIsNotKept() {
        Customer customer = world.customer("kept");
        VoucherCode code = one(VoucherTerms.of(world, "1").times(2));
        redeem(customer, code);
        for (String statement :
                new String[] {
                    "UPDATE voucher SET amount = amount + 1",
                    "UPDATE voucher SET max_redemptions = 100",
                    "UPDATE voucher SET redemptions = 0",
                    "DELETE FROM voucher",
                    "UPDATE voucher_redemption SET number = number + 10",
                    "DELETE FROM voucher_redemption",
                }) {
            assertThatThrownBy(() -> world.jdbi.useHandle(handle -> handle.execute(statement)))
                    .as(statement)
                    .hasMessageContaining("refused (expected:");
        }
        String rows =
                world.jdbi.withHandle(
                        handle ->
                                handle.createQuery("SELECT string_agg(v::text, ' ') FROM voucher v")
                                        .mapTo(String.class)
                                        .one());
        assertThat(rows).contains(code.hint()).doesNotContain(code.reveal().substring(9, 14));
    }
}
