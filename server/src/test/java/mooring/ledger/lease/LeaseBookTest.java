package mooring.ledger.lease;

import static java.util.Objects.requireNonNull;
import static mooring.ledger.lease.MemoryLeaseStore.usd;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import mooring.ids.BudgetId;
import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.HoldDecision.Granted;
import mooring.ledger.HoldDecision.Refused;
import mooring.ledger.HoldDecision.Unavailable;
import mooring.ledger.HoldDecision.Waiting;
import mooring.ledger.NodeEpoch;
import mooring.ledger.OwnUse;
import mooring.ledger.Purse;
import mooring.ledger.lease.MemoryLeaseStore.Fault;
import mooring.testing.Await;
import org.junit.jupiter.api.Test;

/// What a request is told, and what a node does about it, on a clock that the test moves.
class LeaseBookTest {

    private static final WalletId WALLET = new WalletId(new UUID(0, 1));
    private static final Purse PURSE = new Purse.OfWallet(WALLET);
    private static final Purse.OfBudget BUDGET =
            new Purse.OfBudget(new BudgetId(new UUID(0, 2)), LocalDate.of(2026, 3, 1));

    /// From one refill of purses to the next.
    private static final Duration REFILL = Duration.ofMillis(25);

    private final MovableClock clock = new MovableClock();
    private final MemoryLeaseStore store = new MemoryLeaseStore(clock);
    private long ids;

    /// A node under the test's hands: nothing happens unless it is stepped.
    private final class Node {
        final NodeEpoch epoch;
        final LeaseBook book = new LeaseBook(clock, LeaseTimings.DEFAULT);
        final LeaseKeeper keeper;

        Node(String id) {
            this.epoch = new NodeEpoch(id, 1);
            store.begin(epoch);
            this.keeper = new LeaseKeeper(book, store, epoch);
            keeper.step();
        }

        HoldDecision place(long amount, Purse.OfBudget... budgets) {
            return book.place(
                    new RequestId(new UUID(1, ++ids)), WALLET, List.of(budgets), usd(amount));
        }

        /// The answer once the keeper has done its work; it may still be [Waiting].
        HoldDecision placed(long amount, Purse.OfBudget... budgets) {
            HoldDecision decision = place(amount, budgets);
            keeper.step();
            return now(decision);
        }

        Hold granted(long amount, Purse.OfBudget... budgets) {
            HoldDecision decision = placed(amount, budgets);
            assertThat(decision).isInstanceOf(Granted.class);
            return ((Granted) decision).hold();
        }

        PurseLease lease() {
            return requireNonNull(book.find(PURSE));
        }

        long available() {
            return requireNonNull(book.available(WALLET)).nanos();
        }

        long free() {
            PurseLease lease = book.find(PURSE);
            return lease == null ? 0 : lease.free();
        }

        void settle(Hold hold, long charge) {
            book.charged(hold, usd(charge));
            long drawn = Math.min(charge, hold.amount().nanos());
            store.draw(PURSE, epoch, drawn);
            book.booked(PURSE, usd(drawn), usd(drawn));
        }
    }

    private static HoldDecision now(HoldDecision decision) {
        if (decision instanceof Waiting(var later)) {
            CompletableFuture<HoldDecision> answer = later.toCompletableFuture();
            return answer.isDone() ? answer.join() : decision;
        }
        return decision;
    }

    @Test
    void theFirstRequestWaitsForOneRoundTripAndTheNextIsGrantedAtOnce() {
        store.pot(PURSE, 10_000);
        Node node = new Node("a");
        assertThat(node.place(10)).isInstanceOf(Waiting.class);
        node.keeper.step();
        assertThat(node.place(10)).isInstanceOf(Granted.class);
    }

    @Test
    void aHundredWaitingRequestsOfFiftyWalletsCostOneRoundTrip() {
        Node node = new Node("a");
        List<HoldDecision> decisions = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            WalletId wallet = new WalletId(new UUID(7, i % 50));
            store.pot(new Purse.OfWallet(wallet), i < 50 ? 1_000 : 0);
            decisions.add(
                    node.book.place(new RequestId(new UUID(1, ++ids)), wallet, List.of(), usd(5)));
        }
        int before = store.acquisitions;
        node.keeper.step();
        assertThat(store.acquisitions - before).isEqualTo(1);
        assertThat(decisions).map(LeaseBookTest::now).allMatch(Granted.class::isInstance);
    }

    @Test
    void refillsThatOneRoundTripDoesNotTakeAreMadeByTheNext() {
        Node node = new Node("a");
        List<WalletId> wallets = manyWallets(node);
        // Low is what falls below half of four holds.
        for (int i = 0; i < 3; i++) {
            wallets.forEach(wallet -> place(node, wallet, 10));
        }
        clock.advance(REFILL);
        settleDown(node);
        assertThat(wallets)
                .allSatisfy(wallet -> assertThat(lease(node, wallet).free()).isBetween(20L, 200L));
    }

    @Test
    void aPurseWithEnoughForWhoWaitsIsRefilledAllTheSame() {
        store.pot(PURSE, 10_000);
        store.pot(BUDGET, 50);
        Node other = new Node("b");
        other.granted(50, BUDGET);
        Node node = new Node("a");
        node.granted(10);
        clock.advance(Duration.ofSeconds(1));
        node.keeper.step();
        HoldDecision waits = node.placed(10, BUDGET);
        assertThat(waits).as("the other node is asked first").isInstanceOf(Waiting.class);

        while (node.lease().free() >= 20) {
            assertThat(node.place(5)).isInstanceOf(Granted.class);
        }
        clock.advance(REFILL);
        node.keeper.step();

        assertThat(node.lease().free()).isGreaterThanOrEqualTo(20);
    }

    @Test
    void whatIsInUseOfEachOfManyPursesIsToldInTurn() {
        Node node = new Node("a");
        List<WalletId> wallets = manyWallets(node);
        for (int i = 0; i < 2; i++) {
            wallets.forEach(wallet -> place(node, wallet, 1));
            clock.advance(LeaseTimings.DEFAULT.heartbeat());
            node.keeper.step();
        }
        assertThat(wallets).allSatisfy(wallet -> assertThat(told(node, wallet)).isGreaterThan(10));
    }

    @Test
    void whatAFailedHeartbeatShouldHaveToldIsToldByTheNext() {
        store.pot(PURSE, 10_000);
        Node node = new Node("a");
        node.granted(10);
        assertThat(node.place(1)).isInstanceOf(Granted.class);
        store.fault = Fault.BEFORE;
        clock.advance(LeaseTimings.DEFAULT.heartbeat());
        node.keeper.step();
        store.fault = Fault.NONE;
        clock.advance(LeaseTimings.DEFAULT.heartbeat());
        node.keeper.step();

        assertThat(told(node, WALLET)).isEqualTo(11);
    }

    /// More than a batch, each with 10 held and 40 more leased.
    private List<WalletId> manyWallets(Node node) {
        List<WalletId> wallets = new ArrayList<>();
        for (int i = 0; i < LeaseKeeper.MAX_BATCH + 100; i++) {
            WalletId wallet = new WalletId(new UUID(7, i));
            wallets.add(wallet);
            store.pot(new Purse.OfWallet(wallet), 10_000);
            place(node, wallet, 10);
        }
        settleDown(node);
        clock.advance(Duration.ofSeconds(1));
        settleDown(node);
        return wallets;
    }

    private static void settleDown(Node node) {
        for (int steps = 0; node.keeper.step() == 0; steps++) {
            assertThat(steps).as("steps without a rest").isLessThan(50);
        }
    }

    private HoldDecision place(Node node, WalletId wallet, long amount) {
        return node.book.place(new RequestId(new UUID(1, ++ids)), wallet, List.of(), usd(amount));
    }

    private static PurseLease lease(Node node, WalletId wallet) {
        return requireNonNull(node.book.find(new Purse.OfWallet(wallet)));
    }

    private long told(Node node, WalletId wallet) {
        return requireNonNull(
                        requireNonNull(store.pots.get(new Purse.OfWallet(wallet)))
                                .leases
                                .get(node.epoch))
                .inUse;
    }

    @Test
    void aSliceFollowsTheSpendOfTheLastSeconds() {
        store.pot(PURSE, 20_000);
        Node node = new Node("a");
        spendAThousandASecond(node);
        // Two seconds of it, and never above five.
        assertThat(node.free()).isBetween(900L, 5_000L);
    }

    @Test
    void ofAPurseWithPlentyLeftASliceLastsLonger() {
        store.pot(PURSE, 10_000_000);
        Node node = new Node("a");
        spendAThousandASecond(node);
        assertThat(node.free()).isBetween(8_000L, 40_000L);
    }

    private void spendAThousandASecond(Node node) {
        for (int i = 0; i < 400; i++) {
            Hold hold = node.granted(10);
            node.settle(hold, 10);
            clock.advance(Duration.ofMillis(10));
            node.keeper.step();
        }
    }

    @Test
    void aVanishedNodeFreezesAtMostAQuarterOfWhatAnAmplePurseHasLeft() {
        assertThat(mostHeldOf(100_000)).isLessThan(100_000 / 4);
    }

    @Test
    void aVanishedNodeFreezesAtMostFiveSecondsOfSpend() {
        // 200 requests a second at 10.5 on average.
        assertThat(mostHeldOf(40_000)).isLessThan(5 * 2_100);
    }

    private long mostHeldOf(long money) {
        store.pot(PURSE, money);
        Node node = new Node("a");
        long most = 0;
        for (int i = 0; i < 1_000; i++) {
            Hold hold = node.granted(20);
            node.settle(hold, 2 + i % 18);
            clock.advance(Duration.ofMillis(5));
            node.keeper.step();
            if (i > 400) {
                most = Math.max(most, store.pot(PURSE, 0).held);
            }
        }
        return most;
    }

    @Test
    void whatIsIdleGoesBackAndTheRowWithIt() {
        store.pot(PURSE, 10_000);
        Node node = new Node("a");
        node.settle(node.granted(10), 4);
        assertThat(store.pot(PURSE, 0).held).isPositive();
        clock.advance(LeaseTimings.DEFAULT.idle());
        node.keeper.step();
        assertThat(store.pot(PURSE, 0).held).isZero();
        assertThat(store.pot(PURSE, 0).leases).isEmpty();
        assertThat(store.pot(PURSE, 0).posted).isEqualTo(9_996);
    }

    @Test
    void anOversizedHoldTakesWhatItNeedsAtOnce() {
        store.pot(PURSE, 10_000);
        Node node = new Node("a");
        node.granted(10);
        assertThat(node.granted(9_000).amount()).isEqualTo(usd(9_000));
    }

    @Test
    void twoHundredAtOnceOnMoneyForThreeGetThree() { // G8 B34
        store.pot(PURSE, 35);
        Node node = new Node("a");
        List<HoldDecision> decisions = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            decisions.add(node.place(10));
        }
        node.keeper.step();
        assertThat(decisions)
                .map(LeaseBookTest::now)
                .filteredOn(Granted.class::isInstance)
                .hasSize(3);
        assertThat(decisions)
                .map(LeaseBookTest::now)
                .filteredOn(Refused.class::isInstance)
                .hasSize(197);
    }

    @Test
    void theSixthHoldOfAThousandOnFiveThousandIsRefused() { // B23
        store.pot(PURSE, 5_000);
        Node node = new Node("a");
        for (int i = 0; i < 5; i++) {
            node.granted(1_000);
        }
        assertThat(node.placed(1_000)).isEqualTo(new Refused(PURSE, usd(0)));
    }

    @Test
    void threeNodesShareOneCap() { // G10
        store.pot(PURSE, 50);
        List<Node> nodes = List.of(new Node("a"), new Node("b"), new Node("c"));
        store.notices = purse -> nodes.forEach(node -> node.book.recalled(purse));
        List<HoldDecision> decisions = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            decisions.add(nodes.get(i % 3).place(10));
        }
        for (int i = 0; i < 100; i++) {
            nodes.forEach(node -> node.keeper.step());
            clock.advance(Duration.ofMillis(4));
        }
        assertThat(decisions)
                .map(LeaseBookTest::now)
                .filteredOn(Granted.class::isInstance)
                .hasSize(5);
    }

    @Test
    void beforeARefusalTheOtherNodesAreAskedForWhatTheyHaveFree() {
        store.pot(PURSE, 100);
        Node rich = new Node("rich");
        Node poor = new Node("poor");
        Hold hold = rich.granted(90);
        rich.settle(hold, 10);
        assertThat(rich.free()).isGreaterThanOrEqualTo(80);
        store.notices = rich.book::recalled;
        HoldDecision decision = poor.place(85);
        poor.keeper.step();
        assertThat(now(decision)).isInstanceOf(Waiting.class);
        rich.keeper.step();
        assertThat(rich.free()).isZero();
        clock.advance(Duration.ofMillis(5));
        poor.keeper.step();
        assertThat(now(decision)).isInstanceOf(Granted.class);
    }

    @Test
    void aLostNoticeIsToldByTheHeartbeat() {
        store.pot(PURSE, 100);
        Node rich = new Node("rich");
        Node poor = new Node("poor");
        rich.settle(rich.granted(90), 10);
        assertThat(poor.placed(85)).isInstanceOf(Waiting.class);
        clock.advance(Duration.ofMillis(1_600));
        rich.keeper.step();
        assertThat(rich.free()).isZero();
    }

    @Test
    void aNodeThatDoesNotAnswerIsWaitedForTwoHundredMilliseconds() {
        store.pot(PURSE, 100);
        Node mute = new Node("mute");
        Node poor = new Node("poor");
        mute.settle(mute.granted(90), 10);
        HoldDecision decision = poor.placed(85);
        clock.advance(Duration.ofMillis(190));
        poor.keeper.step();
        assertThat(now(decision)).isInstanceOf(Waiting.class);
        clock.advance(Duration.ofMillis(40));
        poor.keeper.step();
        assertThat(now(decision)).isInstanceOf(Refused.class);
    }

    @Test
    void aVanishedNodeIsNotWaitedForOnceItsLeasesAreOver() {
        store.pot(PURSE, 100);
        new Node("gone").granted(90);
        clock.advance(Duration.ofSeconds(31));
        Node poor = new Node("poor");
        assertThat(poor.placed(85)).isInstanceOf(Refused.class);
    }

    @Test
    void withoutTheStoreARequestWaitsTwoSecondsAndIsNotAdmitted() { // B35
        store.pot(PURSE, 100);
        Node node = new Node("a");
        store.fault = Fault.BEFORE;
        HoldDecision decision = node.placed(10);
        assertThat(decision).isInstanceOf(Waiting.class);
        clock.advance(Duration.ofSeconds(2));
        node.book.tick();
        assertThat(now(decision)).isInstanceOf(Unavailable.class);
        node.keeper.step();
        assertThat(node.place(10))
                .as("nobody waits for a store known to be away")
                .isInstanceOf(Unavailable.class);
        store.fault = Fault.NONE;
        clock.advance(Duration.ofSeconds(2));
        node.keeper.step();
        node.granted(10);
    }

    @Test
    void withoutTheStoreLeasesServeUntilTenSecondsBeforeTheirEnd() { // B35
        store.pot(PURSE, 100_000);
        Node node = new Node("a");
        for (int i = 0; i < 20; i++) {
            node.granted(100);
        }
        store.fault = Fault.BEFORE;
        clock.advance(Duration.ofMillis(19_900));
        node.keeper.step();
        assertThat(node.place(1)).isInstanceOf(Granted.class);
        clock.advance(Duration.ofMillis(200));
        node.keeper.step();
        assertThat(node.place(1)).isNotInstanceOf(Granted.class);
        assertThat(node.book.admitting()).isFalse();
    }

    @Test
    void jumpsOfTheWallClockChangeNothing() {
        store.pot(PURSE, 100_000);
        Node node = new Node("a");
        node.granted(100);
        clock.jump(Duration.ofDays(-4_000));
        assertThat(node.place(50)).isInstanceOf(Granted.class);
        clock.jump(Duration.ofDays(8_000));
        assertThat(node.place(1)).isInstanceOf(Granted.class);
        node.keeper.step();
        assertThat(node.book.admitting()).isTrue();
    }

    @Test
    void anAnswerThatWasLostIsAskedForAgainAndNothingMovesTwice() { // G13
        store.pot(PURSE, 1_000);
        Node node = new Node("a");
        store.fault = Fault.AFTER;
        HoldDecision decision = node.placed(100);
        assertThat(now(decision)).isInstanceOf(Waiting.class);
        long held = store.pot(PURSE, 0).held;
        assertThat(held).isPositive();
        store.fault = Fault.NONE;
        clock.advance(Duration.ofMillis(100));
        node.keeper.step();
        assertThat(now(decision)).isInstanceOf(Granted.class);
        assertThat(store.pot(PURSE, 0).held).isEqualTo(held);
        assertThat(node.lease().leased()).isEqualTo(held);
    }

    @Test
    void aRequestThatEndsTwiceEndsOnce() { // B24 B33
        store.pot(PURSE, 1_000);
        Node node = new Node("a");
        Hold hold = node.granted(100);
        long leased = node.lease().leased();
        node.book.release(hold);
        node.book.release(hold);
        node.book.charged(hold, usd(50));
        assertThat(node.free()).isEqualTo(leased);
        assertThat(node.book.runningRequests()).isZero();
    }

    @Test
    void anExtensionThatComesAfterTheEndHoldsNothing() { // B33
        store.pot(PURSE, 1_000);
        Node node = new Node("a");
        Hold hold = node.granted(100);
        HoldDecision extension = node.book.extend(hold, usd(700));
        assertThat(extension).isInstanceOf(Waiting.class);
        node.book.release(hold);
        node.keeper.step();
        assertThat(now(extension)).isInstanceOf(Unavailable.class);
        assertThat(node.lease().inUse()).isZero();
    }

    @Test
    void aRefusedExtensionLeavesTheHoldAsItWas() { // B24
        store.pot(PURSE, 120);
        Node node = new Node("a");
        Hold hold = node.granted(100);
        HoldDecision extension = node.book.extend(hold, usd(700));
        node.keeper.step();
        assertThat(now(extension)).isInstanceOf(Refused.class);
        assertThat(node.lease().inUse()).isEqualTo(100);
    }

    @Test
    void aBudgetUsedUpRefusesByItsNameAndHoldsNothingInTheWallet() {
        store.pot(PURSE, 1_000);
        store.pot(BUDGET, 50);
        Node node = new Node("a");
        Hold hold = node.granted(40, BUDGET);
        HoldDecision refused = node.placed(40, BUDGET);
        assertThat(refused).isEqualTo(new Refused(BUDGET, usd(10)));
        assertThat(node.lease().inUse()).isEqualTo(40);
        node.book.release(hold);
        node.granted(40, BUDGET);
    }

    @Test
    void theShownBalanceHasOnesOwnLastChargeInIt() {
        store.pot(PURSE, 1_000);
        Node node = new Node("a");
        assertThat(node.book.available(WALLET)).isNull();
        Hold hold = node.granted(100);
        assertThat(node.book.available(WALLET)).isEqualTo(usd(900));
        node.book.charged(hold, usd(30));
        assertThat(node.book.available(WALLET)).as("charged, not booked").isEqualTo(usd(970));
        store.draw(PURSE, node.epoch, 30);
        node.book.booked(PURSE, usd(30), usd(30));
        assertThat(node.book.available(WALLET)).isEqualTo(usd(970));
    }

    @Test
    void unusedMoneyOfOtherNodesCountsAsAvailable() {
        store.pot(PURSE, 1_000);
        Node other = new Node("other");
        other.settle(other.granted(100), 10);
        Node node = new Node("a");
        node.granted(1);
        assertThat(node.available()).isBetween(889L, 989L);
        clock.advance(Duration.ofSeconds(2));
        other.keeper.step();
        node.place(1);
        node.keeper.step();
        assertThat(node.book.available(WALLET)).isEqualTo(usd(988));
    }

    @Test
    void moneyThatExpiresIsGivenBackThenAndLeasedAnew() {
        store.pot(PURSE, 10_000).validFor = Duration.ofSeconds(1);
        Node node = new Node("a");
        node.granted(100);
        assertThat(node.place(50)).isInstanceOf(Granted.class);
        clock.advance(Duration.ofMillis(1_100));
        store.pot(PURSE, 0).validFor = null;
        assertThat(node.place(1)).isInstanceOf(Waiting.class);
        node.keeper.step();
        assertThat(node.place(1)).isInstanceOf(Granted.class);
    }

    @Test
    void aNodeGivenUpWhileItLivesAdmitsNothingMore() {
        store.pot(PURSE, 1_000);
        Node node = new Node("a");
        Hold hold = node.granted(100);
        store.end(node.epoch);
        clock.advance(Duration.ofSeconds(2));
        node.keeper.step();
        assertThat(node.book.lost()).isTrue();
        assertThat(node.place(1)).isInstanceOf(Unavailable.class);
        // As the store has it: balances are shown by both at once.
        assertThat(node.book.share(WALLET)).isEqualTo(new OwnUse.Share(0, 100, 0));
        node.book.charged(hold, usd(100));
        node.book.booked(PURSE, usd(100), usd(0));
        assertThat(node.book.runningRequests()).isZero();
    }

    @Test
    void aPlannedStopGivesEverythingBackOnceTheLastChargeIsBooked() {
        store.pot(PURSE, 1_000);
        Node node = new Node("a");
        Hold hold = node.granted(100);
        node.keeper.close();
        assertThat(node.place(1)).isInstanceOf(Unavailable.class);
        node.keeper.step();
        assertThat(store.pot(PURSE, 0).held).isEqualTo(100);
        node.book.charged(hold, usd(40));
        node.keeper.step();
        assertThat(store.pot(PURSE, 0).held).isEqualTo(40);
        assertThat(node.keeper.closed()).isFalse();
        store.draw(PURSE, node.epoch, 40);
        node.book.booked(PURSE, usd(40), usd(40));
        node.keeper.step();
        assertThat(node.keeper.closed()).isTrue();
        assertThat(store.pot(PURSE, 0).leases).isEmpty();
    }

    @Test
    void oneWalletTakesNoMoreThanAThousandPlacesInTheQueue() {
        Node node = new Node("a");
        store.fault = Fault.BEFORE;
        for (int i = 0; i < 1_000; i++) {
            assertThat(node.place(1)).isInstanceOf(Waiting.class);
        }
        assertThat(node.place(1)).isInstanceOf(Unavailable.class);
        assertThat(node.book.waitingRequests()).isEqualTo(1_000);
    }

    @Test
    void aFreeRequestHoldsNothingAndNeedsNoStore() {
        Node node = new Node("a");
        int before = store.calls;
        assertThat(node.place(0)).isInstanceOf(Granted.class);
        assertThat(node.book.runningRequests()).isZero();
        assertThat(store.calls).isEqualTo(before);
    }

    @Test
    void aPurseGivesBackOnceInACallThoughMoneyBecomesFreeMeanwhile() throws Exception {
        store.pot(PURSE, 100);
        Node node = new Node("a");
        Hold hold = node.granted(90);
        WalletId other = new WalletId(new UUID(0, 3));
        node.book.place(new RequestId(new UUID(1, ++ids)), other, List.of(), usd(5));
        PurseLease thirsty = requireNonNull(node.book.find(new Purse.OfWallet(other)));
        // The next step answers the recall, looks who waits, and then sweeps.
        clock.advance(Duration.ofMillis(300));
        node.book.recalled(PURSE);
        Thread step = new Thread(node.keeper::step);
        synchronized (thirsty) {
            step.start();
            Await.until(
                    "the keeper has answered the recall",
                    Duration.ofSeconds(30),
                    () -> step.getState() == Thread.State.BLOCKED);
            node.book.release(hold);
        }
        step.join(Duration.ofSeconds(30));
        node.keeper.step();
        assertThat(node.free()).isEqualTo(requireNonNull(store.pots.get(PURSE)).held);
        clock.advance(Duration.ofMillis(300));
        node.keeper.step();
        assertThat(node.free()).isZero();
        assertThat(requireNonNull(store.pots.get(PURSE)).held).isZero();
    }

    @Test
    void aNodeThatWaitsForOneOfTwoPursesRestsMeanwhile() {
        store.pot(PURSE, 10_000);
        store.pot(BUDGET, 100);
        Node mute = new Node("mute");
        mute.granted(60, BUDGET);
        Node poor = new Node("poor");
        assertThat(poor.place(100, BUDGET)).isInstanceOf(Waiting.class);
        assertThat(poor.keeper.step()).isPositive();
    }
}
