package mooring.ledger.lease;

import static mooring.ledger.lease.MemoryLeaseStore.usd;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import mooring.ids.BudgetId;
import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.ledger.lease.MemoryLeaseStore.Fault;
import mooring.ledger.lease.MemoryLeaseStore.Pot;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Three nodes, two wallets and a budget under random hands and a moving clock: after every step
/// the books are right. Half of the runs are wild: the store fails, nodes stall, notices get lost,
/// money expires. In the other half every node does its work in time, and then nobody may be
/// refused while there was money all the time.
class LeaseModelTest {

    private static final int SEEDS = 300;
    private static final int STEPS = 600;

    @Test
    void whateverHappensNoMoneyIsLostOrSpentTwiceAndNobodyIsRefusedForNothing() { // G13 B33
        int refused = 0;
        int granted = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            Run run = new Run(seed);
            try {
                for (int step = 0; step < STEPS; step++) {
                    run.step();
                    run.check();
                }
                run.end();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
            refused += run.refused;
            granted += run.granted;
        }
        assertThat(refused).as("the model reaches refusals").isGreaterThan(SEEDS);
        assertThat(granted).as("the model reaches grants").isGreaterThan(SEEDS * 20);
    }

    /// A request that waits, and the least that was unused all the time.
    private static final class Pending {
        final int node;
        final @Nullable Hold before;
        final Hold wish;
        final CompletableFuture<HoldDecision> answer;
        long leastUnused = Long.MAX_VALUE;

        Pending(
                int node,
                @Nullable Hold before,
                Hold wish,
                CompletableFuture<HoldDecision> answer) {
            this.node = node;
            this.before = before;
            this.wish = wish;
            this.answer = answer;
        }
    }

    private record Running(int node, Hold hold) {}

    private record Charge(int node, Hold hold, long amount) {
        long drawn() {
            return Math.min(amount, hold.amount().nanos());
        }
    }

    private static final class Run {
        final Random random;
        final MovableClock clock = new MovableClock();
        final MemoryLeaseStore store = new MemoryLeaseStore(clock);
        final List<NodeEpoch> nodes = new ArrayList<>();
        final List<LeaseBook> books = new ArrayList<>();
        final List<LeaseKeeper> keepers = new ArrayList<>();
        final List<WalletId> wallets = List.of(wallet(1), wallet(2));
        final Purse.OfBudget budget =
                new Purse.OfBudget(new BudgetId(new UUID(0, 3)), LocalDate.of(2026, 3, 1));
        final List<Pending> waiting = new ArrayList<>();
        final List<Running> running = new ArrayList<>();
        final List<Charge> journal = new ArrayList<>();
        long ids;
        int refused;
        int granted;
        final boolean wild;
        boolean faulty;

        Run(int seed) {
            this.random = new Random(seed);
            this.wild = seed % 2 == 1;
            store.pot(new Purse.OfWallet(wallets.get(0)), 300);
            store.pot(new Purse.OfWallet(wallets.get(1)), 100_000);
            store.pot(budget, 2_000);
            for (int i = 0; i < 3; i++) {
                NodeEpoch node = new NodeEpoch("node-" + i, 1);
                LeaseBook book = new LeaseBook(clock, LeaseTimings.DEFAULT);
                nodes.add(node);
                books.add(book);
                store.begin(node);
                keepers.add(new LeaseKeeper(book, store, node));
            }
            store.notices =
                    purse -> {
                        // Notices are lost now and then; the heartbeat tells the same.
                        if (!wild || random.nextInt(4) > 0) {
                            books.forEach(book -> book.recalled(purse));
                        }
                    };
        }

        void step() {
            int node = random.nextInt(3);
            switch (random.nextInt(12)) {
                case 0, 1, 2 -> place(node);
                case 3 -> extend();
                case 4, 5 -> finish();
                case 6 -> book();
                case 7 -> clock.advance(Duration.ofMillis(random.nextInt(wild ? 60 : 6)));
                case 8 -> {
                    if (wild) {
                        rare();
                    } else {
                        clock.jump(Duration.ofDays(random.nextLong(-400, 400)));
                        clock.advance(Duration.ofMillis(random.nextInt(6)));
                        keepers.forEach(LeaseKeeper::step);
                    }
                }
                default -> keepers.get(node).step();
            }
            books.forEach(LeaseBook::tick);
            collect();
        }

        private void rare() {
            switch (random.nextInt(6)) {
                case 0 -> clock.advance(Duration.ofSeconds(random.nextLong(1, 26)));
                case 1 -> clock.jump(Duration.ofDays(random.nextLong(-400, 400)));
                case 2 -> fail(Fault.BEFORE);
                case 3 -> fail(Fault.AFTER);
                case 4 -> {
                    Pot pot = store.pot(new Purse.OfWallet(wallets.get(0)), 0);
                    pot.validFor =
                            pot.validFor == null
                                    ? Duration.ofMillis(random.nextLong(50, 2_050))
                                    : null;
                }
                default -> store.pot(new Purse.OfWallet(wallets.get(0)), random.nextInt(50));
            }
        }

        private void fail(Fault fault) {
            store.fault = store.fault == Fault.NONE ? fault : Fault.NONE;
            faulty |= store.fault != Fault.NONE;
        }

        private void place(int node) {
            WalletId wallet = wallets.get(random.nextInt(2));
            List<Purse.OfBudget> budgets = random.nextInt(3) == 0 ? List.of(budget) : List.of();
            Hold wish =
                    new Hold(
                            new RequestId(new UUID(1, ++ids)),
                            wallet,
                            budgets,
                            usd(random.nextLong(1, 41)));
            answer(
                    node,
                    null,
                    wish,
                    books.get(node).place(wish.request(), wallet, budgets, wish.amount()));
        }

        private void extend() {
            if (!running.isEmpty()) {
                Running one = running.get(random.nextInt(running.size()));
                long by = random.nextLong(1, 21);
                Hold wish = one.hold().withAmount(usd(one.hold().amount().nanos() + by));
                answer(
                        one.node(),
                        one.hold(),
                        wish,
                        books.get(one.node()).extend(one.hold(), usd(by)));
            }
        }

        private void answer(int node, @Nullable Hold before, Hold wish, HoldDecision decision) {
            switch (decision) {
                case HoldDecision.Waiting(var later) ->
                        waiting.add(new Pending(node, before, wish, later.toCompletableFuture()));
                default -> decided(node, before, wish, decision);
            }
        }

        private void decided(int node, @Nullable Hold before, Hold wish, HoldDecision decision) {
            if (decision instanceof HoldDecision.Granted(Hold hold)) {
                granted++;
                if (before == null) {
                    running.add(new Running(node, hold));
                } else {
                    // One that has ended meanwhile was not extended.
                    running.replaceAll(
                            one ->
                                    one.hold().request().equals(hold.request())
                                                    && one.hold().amount().compareTo(hold.amount())
                                                            < 0
                                            ? new Running(node, hold)
                                            : one);
                }
                assertThat(hold.amount()).isGreaterThanOrEqualTo(wish.amount());
            }
        }

        private void finish() {
            if (running.isEmpty()) {
                return;
            }
            Running one = running.remove(random.nextInt(running.size()));
            LeaseBook book = books.get(one.node());
            if (random.nextInt(4) == 0) {
                book.release(one.hold());
                book.release(one.hold());
            } else {
                long charge = random.nextLong(one.hold().amount().nanos() + 3);
                book.charged(one.hold(), usd(charge));
                book.release(one.hold());
                journal.add(new Charge(one.node(), one.hold(), charge));
            }
        }

        private void book() {
            if (journal.isEmpty()) {
                return;
            }
            Charge charge = journal.removeFirst();
            List<Purse> purses = new ArrayList<>(charge.hold().budgets());
            purses.add(new Purse.OfWallet(charge.hold().wallet()));
            for (Purse purse : purses) {
                store.draw(purse, nodes.get(charge.node()), charge.drawn());
                books.get(charge.node()).booked(purse, usd(charge.drawn()), usd(charge.drawn()));
            }
        }

        private void collect() {
            for (Pending one : List.copyOf(waiting)) {
                one.leastUnused = Math.min(one.leastUnused, leastUnused(one.wish));
                if (one.answer.isDone()) {
                    waiting.remove(one);
                    HoldDecision decision = one.answer.join();
                    if (decision instanceof HoldDecision.Refused(Purse purse, var _)) {
                        refused++;
                        long asked =
                                one.wish.amount().nanos()
                                        - (one.before == null ? 0 : one.before.amount().nanos());
                        if (!wild) {
                            assertThat(one.leastUnused)
                                    .as("unused of %s while a hold of %s waited", purse, asked)
                                    .isLessThan(asked);
                        }
                    }
                    decided(one.node, one.before, one.wish, decision);
                }
            }
        }

        private long leastUnused(Hold wish) {
            long least = unused(new Purse.OfWallet(wish.wallet()));
            for (Purse purse : wish.budgets()) {
                least = Math.min(least, unused(purse));
            }
            return least;
        }

        private long unused(Purse purse) {
            long sum = store.pot(purse, 0).left();
            for (LeaseBook book : books) {
                PurseLease lease = book.find(purse);
                sum += lease == null ? 0 : lease.free();
            }
            return sum;
        }

        void check() {
            store.pots.forEach(
                    (purse, pot) -> {
                        long leased = 0;
                        for (MemoryLeaseStore.Lease lease : pot.leases.values()) {
                            assertThat(lease.amount).isNotNegative();
                            leased += lease.amount;
                        }
                        assertThat(leased).isEqualTo(pot.held);
                        assertThat(pot.left()).as("never below the floor").isNotNegative();
                        for (int i = 0; i < books.size(); i++) {
                            checkNode(purse, pot, i);
                        }
                    });
        }

        private void checkNode(Purse purse, Pot pot, int i) {
            PurseLease lease = books.get(i).find(purse);
            MemoryLeaseStore.Lease stored = pot.leases.get(nodes.get(i));
            long holds =
                    running.stream()
                            .filter(one -> one.node() == i && uses(one.hold(), purse))
                            .mapToLong(one -> one.hold().amount().nanos())
                            .sum();
            long charges =
                    journal.stream()
                            .filter(one -> one.node() == i && uses(one.hold(), purse))
                            .mapToLong(Charge::drawn)
                            .sum();
            if (lease == null) {
                assertThat(holds + charges).isZero();
                return;
            }
            assertThat(lease.free()).isNotNegative();
            assertThat(lease.pending()).isEqualTo(charges);
            assertThat(lease.inUse()).isEqualTo(holds + charges);
            // What the store granted and we do not know yet can only make its lease larger.
            assertThat(stored == null ? 0 : stored.amount).isGreaterThanOrEqualTo(lease.leased());
            if (!faulty) {
                assertThat(stored == null ? 0 : stored.amount).isEqualTo(lease.leased());
            }
        }

        private static boolean uses(Hold hold, Purse purse) {
            return hold.budgets().contains(purse)
                    || purse.equals(new Purse.OfWallet(hold.wallet()));
        }

        void end() {
            store.fault = Fault.NONE;
            keepers.forEach(LeaseKeeper::close);
            collect();
            while (!running.isEmpty()) {
                finish();
            }
            while (!journal.isEmpty()) {
                book();
            }
            for (int i = 0; i < 20; i++) {
                keepers.forEach(LeaseKeeper::step);
                clock.advance(Duration.ofSeconds(1));
            }
            assertThat(waiting).allMatch(one -> one.answer.isDone());
            assertThat(books).allMatch(book -> book.runningRequests() == 0);
            assertThat(books).allMatch(book -> book.waitingRequests() == 0);
            for (LeaseBook book : books) {
                assertThat(book.all()).isEmpty();
            }
            assertThat(keepers).allMatch(LeaseKeeper::closed);
            store.pots.forEach(
                    (purse, pot) -> {
                        assertThat(pot.held).as("held of %s", purse).isZero();
                        assertThat(pot.leases).isEmpty();
                    });
        }

        private static WalletId wallet(long number) {
            return new WalletId(new UUID(0, number));
        }
    }
}
