package mooring.ledger.lease;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.money.Money;

/// A request that waits for money to be leased. It gets one answer, from whoever claims it.
final class Waiter {

    private static final int OPEN = 0;
    private static final int CLAIMED = 1;

    /// What it has, 0 when it is new, and what it wants beside it.
    final Hold hold;

    final Money wants;
    final List<PurseLease> purses;

    /// Rises with each waiter: who came before a recall was sent, and who after.
    final long sequence;

    final long untilNanos;
    final CompletableFuture<HoldDecision> answer = new CompletableFuture<>();
    private final AtomicInteger state = new AtomicInteger(OPEN);

    Waiter(Hold hold, Money wants, List<PurseLease> purses, long sequence, long untilNanos) {
        this.hold = hold;
        this.wants = wants;
        this.purses = purses;
        this.sequence = sequence;
        this.untilNanos = untilNanos;
    }

    /// Whether the caller alone may answer now.
    boolean claim() {
        return state.compareAndSet(OPEN, CLAIMED);
    }

    /// Nothing came of it: others may try.
    void unclaim() {
        state.set(OPEN);
    }

    /// The wallet, where it is queued.
    PurseLease wallet() {
        return purses.getFirst();
    }
}
