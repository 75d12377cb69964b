package mooring.crash;

import java.util.concurrent.CompletableFuture;
import mooring.ids.RequestId;
import mooring.inference.Usage;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.NodeEpoch;
import mooring.metering.Acceptance;
import mooring.metering.Metered;
import mooring.metering.Outcome;
import mooring.metering.Release;
import org.jspecify.annotations.Nullable;

/// One request: what the simulated gateway is at with it, what its caller saw, and what was written
/// down of it.
final class Story {

    enum State {
        ARRIVED,
        WAITING,
        /// Money was seen in the wallet and is not taken yet; only a planted mistake comes here.
        CHECKED,
        PLACED,
        RUNNING,
        EXTENDING,
        /// Progress is written, and the chunk is not sent.
        SENDING,
        /// The end is written, and the hold not yet told.
        CHARGING,
        /// The end waits for the disk.
        ENDING,
        OVER
    }

    /// How its life ended while it was open, or before its end was on the disk.
    enum Death {
        NONE,
        KILL,
        POWER
    }

    final RequestId id;
    final int number;
    final int wallet;
    final boolean streamed;
    final Machine machine;
    final Life life;

    State state = State.ARRIVED;
    Death death = Death.NONE;
    int index;

    // What will come of it, as the seed wants it.
    long promptBound;
    long heldOutput;
    long output;
    Usage prompt = Usage.NONE;
    int attemptsToFail;
    long leaveAt;
    long breakAt;

    // What the gateway knows.
    @Nullable Hold hold;
    long covered;
    int attempts;
    long chunk;
    @Nullable CompletableFuture<HoldDecision> decision;
    @Nullable Acceptance acceptance;
    @Nullable Metered metered;
    boolean acceptDurable;

    // What the caller saw.
    long delivered;
    boolean sawEnd;

    // What was written down.
    long written;
    long progressSynced;
    @Nullable Outcome end;
    long endPosition;
    boolean endDurable;
    boolean endFailed;

    Story(int number, RequestId id, int wallet, boolean streamed, Machine machine, Life life) {
        this.number = number;
        this.id = id;
        this.wallet = wallet;
        this.streamed = streamed;
        this.machine = machine;
        this.life = life;
    }

    /// Whether nothing that happens to its machine can change what comes of it.
    boolean decided() {
        return state == State.OVER
                && (acceptance == null
                        || endDurable
                        || (end instanceof Release
                                && life == machine.life
                                && life.journal.synced() >= endPosition));
    }

    NodeEpoch node() {
        return life.node;
    }

    long heldNanos() {
        return hold == null ? 0 : hold.amount().nanos();
    }

    @Override
    public String toString() {
        return "request %d (%s, %s, wallet %d, %s, %s, delivered %d, written %d, end %s)"
                .formatted(
                        number,
                        life.node,
                        streamed ? "streamed" : "whole",
                        wallet,
                        state,
                        death,
                        delivered,
                        written,
                        end == null ? "none" : end.getClass().getSimpleName());
    }
}
